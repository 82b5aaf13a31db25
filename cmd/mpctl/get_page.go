package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"mpctl/httpclient"
)

// page is what to fetch.
type page struct {
	url     string
	isBoard bool
}

// findPage turns what the user wrote into a URL.
func (c getCommand) findPage(ctx context.Context, client *httpclient.Client, target string) (page, error) {
	ref, path, isBoard := splitTarget(target)
	switch {
	case strings.Contains(target, "://"):
		return page{url: target}, nil
	case !isBoard:
		return page{url: "http://" + target}, nil
	}
	b, err := c.finder().Find(ctx, ref)
	if err != nil {
		return page{}, err
	}
	return page{client.Board(b.Addr).URL(path), true}, nil
}

// splitTarget splits a target without a scheme into host and path, and reports whether the host is a board's name.
func splitTarget(target string) (host, path string, isBoard bool) {
	host, path = target, "/"
	if i := strings.IndexAny(target, "/?#"); i >= 0 {
		host, path = target[:i], "/"+strings.TrimPrefix(target[i:], "/")
	}
	isBoard = host != "" && !strings.ContainsAny(host, ".:[]@") && !strings.EqualFold(host, "localhost")
	return host, path, isBoard
}

// client returns what get fetches with.
func (c getCommand) client() (*httpclient.Client, error) {
	options := c.finder().ClientOptions()
	if c.o.caFile != "" {
		text, err := os.ReadFile(c.o.caFile)
		if err != nil {
			return nil, usageError{msg: fmt.Sprintf("--cacert: %v", err)}
		}
		options.RootCAs = x509.NewCertPool()
		if !options.RootCAs.AppendCertsFromPEM(text) {
			return nil, usageError{msg: fmt.Sprintf("--cacert: there is no certificate in %s", c.o.caFile), hint: "it looks like -----BEGIN CERTIFICATE-----"}
		}
	}
	return httpclient.New(options), nil
}
