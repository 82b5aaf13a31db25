// Package httpclient fetches URLs and talks to mpctl boards.
//
// Get streams a page: it follows redirects, tells a page that was cut short from one that has ended, and never
// waits for ever. Board reads a board's HTTP API, version 1. Host names under .local are resolved by a
// function that the caller supplies.
//
// Whatever an answer holds, error texts included, is from outside: make it harmless before printing it.
package httpclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/netip"
	"time"
)

const (
	defaultConnect = 5 * time.Second
	defaultIdle    = 30 * time.Second
	maxHead        = 256 << 10 // bytes of a response's head
)

// Options configure a Client. The zero value will do.
type Options struct {
	// Resolve finds the addresses of a host under .local. The system is asked where it fails.
	Resolve   func(ctx context.Context, host string) ([]netip.Addr, error)
	Connect   time.Duration  // limit for making a connection; 0: 5 s
	Idle      time.Duration  // limit for the head, and for each further piece of the body; 0: 30 s
	RootCAs   *x509.CertPool // whose certificates are trusted; nil: the system's, or $SSL_CERT_FILE's
	UserAgent string
}

// Client fetches URLs. It is safe for concurrent use.
type Client struct {
	options Options
	pages   *http.Transport
	boards  *http.Client
}

// New returns a Client. Proxies are those in the environment now.
func New(o Options) *Client {
	if o.Connect <= 0 {
		o.Connect = defaultConnect
	}
	if o.Idle <= 0 {
		o.Idle = defaultIdle
	}
	c := &Client{options: o}
	c.pages = c.transport()
	c.pages.Proxy = proxies()
	c.pages.OnProxyConnectResponse = checkTunnel
	direct := c.transport()
	direct.MaxConnsPerHost = 2
	c.boards = &http.Client{
		Transport:     direct,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// transport is one without a proxy.
func (c *Client) transport() *http.Transport {
	t := &http.Transport{
		DialContext:            c.dial,
		TLSHandshakeTimeout:    c.options.Connect,
		ResponseHeaderTimeout:  c.options.Idle,
		MaxResponseHeaderBytes: maxHead,
		DisableKeepAlives:      true, // a board has six connections, and a command fetches one page
		DisableCompression:     true, // done in Get, which can also leave it
		ForceAttemptHTTP2:      true,
	}
	if c.options.RootCAs != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: c.options.RootCAs}
	}
	return t
}
