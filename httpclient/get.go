package httpclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const maxRedirects = 10

// GetOptions configure one Get. The zero value is valid.
type GetOptions struct {
	NoFollow   bool                            // return the first redirect instead of following it
	OnRedirect func(status string, to url.URL) // called before a redirect is followed
	Direct     bool                            // the URL is a board's: its host is reached without a proxy
	Header     http.Header                     // additional fields; Accept-Encoding replaces the default, gzip
}

// Response is an answer of any status. The caller has to close Body.
type Response struct {
	Proto  string // HTTP/1.1
	Status string // 200 OK
	Code   int
	Header http.Header
	URL    *url.URL // after redirects
	Length int64    // of Body in bytes; -1 if unknown
	Body   io.ReadCloser
}

// Get fetches an http or https URL. ctx also limits the reading of Body, whose Read returns an IncompleteError if the
// body ends before its announced length, and a TimeoutError if nothing comes for Options.Idle. A body sent with gzip
// is decompressed.
func (c *Client) Get(ctx context.Context, rawURL string, o GetOptions) (*Response, error) {
	u, err := parseURL(rawURL)
	if err != nil {
		return nil, err
	}
	request, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(request, http.MethodGet, u.String(), nil)
	if err != nil {
		cancel(nil)
		return nil, &URLError{withoutUser(rawURL), err.Error()}
	}
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("User-Agent", c.options.UserAgent)
	for name, values := range o.Header {
		req.Header[name] = values
	}
	last := u
	client := &http.Client{
		Transport: &boardTransport{c, u.Host, o.Direct},
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if o.NoFollow {
				return http.ErrUseLastResponse
			}
			if err := checkRedirect(req.URL, len(via)); err != nil {
				return err
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
	b := &checkedBody{ReadCloser: resp.Body, parent: ctx, request: request, cancel: cancel, host: last.Host, idle: c.options.Idle, want: resp.ContentLength}
	response := &Response{
		Proto: resp.Proto, Status: resp.Status, Code: resp.StatusCode,
		Header: resp.Header, URL: last, Length: resp.ContentLength, Body: b,
	}
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") && resp.StatusCode != http.StatusPartialContent {
		response.Body, response.Length = &gzipBody{checkedBody: b}, -1
	}
	return response, nil
}

// boardTransport sends requests for a board's own host directly, and all others through the proxy, if there is one.
type boardTransport struct {
	client *Client
	host   string
	direct bool // host is a board's
}

func (b *boardTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	var transport http.RoundTripper = b.client.pages
	if b.direct && req.URL.Host == b.host {
		transport = b.client.boards.Transport
	}
	resp, err := transport.RoundTrip(req)
	if err != nil || resp.StatusCode/100 != 3 {
		return resp, err
	}
	to := resp.Header.Get("Location")
	if _, err := req.URL.Parse(to); err != nil {
		resp.Body.Close()
		return nil, &RedirectError{withoutUser(to), "that is no URL"}
	}
	return resp, nil
}

// checkRedirect returns a RedirectError if a redirect must not be followed. It need not care for the user and
// password of a URL: net/http sends them to no other host.
func checkRedirect(to *url.URL, followed int) error {
	switch {
	case to.Scheme != "http" && to.Scheme != "https":
		return &RedirectError{to.Redacted(), "only http and https are followed"}
	case followed > maxRedirects:
		return &RedirectError{to.Redacted(), "too many redirects"}
	}
	return nil
}

func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		// The error must not quote the URL, whose password cannot be recognised.
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return nil, &URLError{withoutUser(raw), withoutUser(err.Error())}
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, &URLError{withoutUser(raw), "only http and https can be fetched"}
	case u.Hostname() == "":
		return nil, &URLError{withoutUser(raw), "it names no host"}
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, &URLError{withoutUser(raw), "its port is not from 1 to 65535"}
		}
	}
	return u, nil
}

// withoutUser returns a URL, valid or not, without what may be a user and password.
func withoutUser(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		return "…" + raw[i:]
	}
	return raw
}
