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
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	defaultConnect = 5 * time.Second
	defaultIdle    = 30 * time.Second
	maxRedirects   = 10
	maxHead        = 256 << 10 // bytes of a response's head
)

// Options configure a Client. The zero value will do.
type Options struct {
	// Resolve finds the addresses of a host under .local. The system is asked where it fails.
	Resolve   func(ctx context.Context, host string) ([]netip.Addr, error)
	Connect   time.Duration // limit for making a connection; 0: 5 s
	Idle      time.Duration // limit for the head, and for each further piece of the body; 0: 30 s
	UserAgent string
}

// Client fetches URLs. It is safe for concurrent use.
type Client struct {
	options Options
	pages   *http.Transport
	boards  *http.Client
}

// New returns a Client.
func New(o Options) *Client {
	if o.Connect <= 0 {
		o.Connect = defaultConnect
	}
	if o.Idle <= 0 {
		o.Idle = defaultIdle
	}
	c := &Client{options: o}
	c.pages = &http.Transport{
		Proxy:                  proxyFor,
		DialContext:            c.dial,
		TLSHandshakeTimeout:    o.Connect,
		ResponseHeaderTimeout:  o.Idle,
		MaxResponseHeaderBytes: maxHead,
		DisableKeepAlives:      true, // a board has six connections, and a command fetches one page
		ForceAttemptHTTP2:      true,
	}
	c.boards = &http.Client{
		Transport: &http.Transport{ // no proxy: a board is in this network
			DialContext:            c.dial,
			ResponseHeaderTimeout:  o.Idle,
			MaxResponseHeaderBytes: maxHead,
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxConnsPerHost:        2,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// GetOptions are what can differ from one Get to the next.
type GetOptions struct {
	NoFollow   bool                            // hand back a redirect instead of following it
	OnRedirect func(status string, to url.URL) // called before a redirect is followed
}

// Response is an answer of whatever status. Close Body.
type Response struct {
	Proto  string // HTTP/1.1
	Status string // 200 OK
	Code   int
	Header http.Header
	URL    *url.URL // the one that answered, after redirects
	Length int64    // of Body in bytes; -1 if the server does not say
	Body   io.ReadCloser
}

// Get fetches an http or https URL. ctx also bounds the reading of the body. A body that ends before its
// announced length gives an IncompleteError, one that stalls for longer than Options.Idle a TimeoutError.
func (c *Client) Get(ctx context.Context, rawURL string, o GetOptions) (*Response, error) {
	u, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	request, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(request, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, &URLError{u.Redacted(), err.Error()}
	}
	req.Header.Set("User-Agent", c.options.UserAgent) // empty sends none
	last := u
	client := &http.Client{
		Transport: c.pages,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if o.NoFollow {
				return http.ErrUseLastResponse
			}
			switch {
			case req.URL.Scheme != "http" && req.URL.Scheme != "https":
				return &RedirectError{req.URL.Redacted(), "only http and https are followed"}
			case len(via) > maxRedirects:
				return &RedirectError{req.URL.Redacted(), "too many redirects"}
			}
			last = req.URL
			if o.OnRedirect != nil {
				o.OnRedirect(req.Response.Status, *req.URL)
			}
			return nil
		},
	}
	resp, err := client.Do(req)
	if err != nil {
		defer cancel(nil)
		return nil, explain(ctx, last, err)
	}
	b := &body{ReadCloser: resp.Body, parent: ctx, request: request, cancel: cancel, host: last.Host, idle: c.options.Idle, want: resp.ContentLength}
	return &Response{
		Proto: resp.Proto, Status: resp.Status, Code: resp.StatusCode,
		Header: resp.Header, URL: last, Length: resp.ContentLength, Body: b,
	}, nil
}

func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// Not the URL as given: it may hold a password that could not be told apart.
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return nil, &URLError{withoutUser(raw), err.Error()}
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &URLError{u.Redacted(), "only http and https can be fetched"}
	case u.Hostname() == "":
		return nil, &URLError{u.Redacted(), "it names no host"}
	}
	return u, nil
}

func withoutUser(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		return "…" + raw[i:]
	}
	return raw
}

// body watches over the reading of a body.
type body struct {
	io.ReadCloser
	parent, request context.Context
	cancel          context.CancelCauseFunc
	host            string
	idle            time.Duration
	got, want       int64
}

func (b *body) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.idle, func() { b.cancel(errIdle) })
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	b.got += int64(n)
	if err == nil || err == io.EOF {
		return n, err
	}
	doing := "reading from " + b.host
	switch {
	case errors.Is(context.Cause(b.request), errIdle):
		return n, &TimeoutError{Doing: doing, After: b.idle}
	case errors.Is(b.parent.Err(), context.DeadlineExceeded):
		return n, &TimeoutError{Doing: doing}
	case b.parent.Err() != nil:
		return n, b.parent.Err()
	}
	return n, &IncompleteError{Got: b.got, Want: b.want}
}

func (b *body) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
