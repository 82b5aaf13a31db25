// Package httpclient fetches URLs and talks to mpctl boards.
//
// Get streams a page: it follows redirects, distinguishes a truncated page from a complete one, and limits every
// wait. Board reads a board's HTTP API, version 1. Host names under .local are resolved by a function that the caller
// supplies.
//
// Answers, and the errors that quote them, are not trusted: sanitise them before printing.
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
	maxHead        = 256 << 10 // bytes of a status line and header
)

// Options configure a Client. The zero value is valid.
type Options struct {
	// Resolve returns the addresses of a host under .local. If it is nil or fails, the system is asked.
	Resolve   func(ctx context.Context, host string) ([]netip.Addr, error)
	Connect   time.Duration  // limit for resolving a name, for connecting, and for the TLS handshake; 0: 5 s
	Idle      time.Duration  // limit for the header, and for each further piece of the body; 0: 30 s
	RootCAs   *x509.CertPool // trusted certificate authorities; nil: the system's, or those in $SSL_CERT_FILE
	UserAgent string         // empty: none is sent
}

// Client fetches URLs. It is safe for concurrent use.
type Client struct {
	options Options
	pages   *http.Transport // by way of a proxy, if the environment names one
	boards  *http.Client    // without proxies and redirects
}

// New returns a Client. It uses the proxies that the environment names when New is called.
func New(o Options) *Client {
	if o.Connect <= 0 {
		o.Connect = defaultConnect
	}
	if o.Idle <= 0 {
		o.Idle = defaultIdle
	}
	c := &Client{options: o}
	c.pages = c.transport()
	c.pages.Proxy = environmentProxy()
	c.pages.OnProxyConnectResponse = checkTunnel
	direct := c.transport()
	direct.MaxConnsPerHost = 2
	c.boards = &http.Client{
		Transport:     direct,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// transport returns a transport without a proxy.
func (c *Client) transport() *http.Transport {
	t := &http.Transport{
		DialContext:            c.dial,
		TLSHandshakeTimeout:    c.options.Connect,
		ResponseHeaderTimeout:  c.options.Idle,
		MaxResponseHeaderBytes: maxHead,
		DisableKeepAlives:      true, // a board has only six connections, and a command fetches one page
		DisableCompression:     true, // Get decompresses, and can also leave the body as it is
		ForceAttemptHTTP2:      true,
	}
	if c.options.RootCAs != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: c.options.RootCAs}
	}
	return t
}
