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

// GetOptions are what can differ from one Get to the next.
type GetOptions struct {
	NoFollow   bool                            // hand back a redirect instead of following it
	OnRedirect func(status string, to url.URL) // called before a redirect is followed
	Direct     bool                            // the URL is a board's: no proxy on the way to its host
	Header     http.Header                     // sent besides; with Accept-Encoding in it nothing else is accepted
}

// Response is an answer of whatever status. Close Body.
type Response struct {
	Proto  string // HTTP/1.1
	Status string // 200 OK
	Code   int
	Header http.Header
	URL    *url.URL // the one that answered, after redirects
	Length int64    // of Body in bytes; -1 if that cannot be told before
	Body   io.ReadCloser
}

// Get fetches an http or https URL. ctx also bounds the reading of the body. A body that ends before its
// announced length gives an IncompleteError, one that stalls for longer than Options.Idle a TimeoutError. A body
// that was sent compressed by gzip comes out as it was before.
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
	req.Header.Set("User-Agent", c.options.UserAgent) // empty sends none
	for name, values := range o.Header {
		req.Header[name] = values
	}
	last := u
	client := &http.Client{
		Transport: &way{c, u.Host, o.Direct},
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
	b := &body{ReadCloser: resp.Body, parent: ctx, request: request, cancel: cancel, host: last.Host, idle: c.options.Idle, want: resp.ContentLength}
	answer := &Response{
		Proto: resp.Proto, Status: resp.Status, Code: resp.StatusCode,
		Header: resp.Header, URL: last, Length: resp.ContentLength, Body: b,
	}
	if strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") && resp.StatusCode != http.StatusPartialContent {
		answer.Body, answer.Length = &unzipped{body: b}, -1
	}
	return answer, nil
}

// way sends what is for a board's own host directly, and everything else the way that proxies are set.
type way struct {
	client *Client
	host   string
	direct bool
}

func (w *way) RoundTrip(req *http.Request) (*http.Response, error) {
	var transport http.RoundTripper = w.client.pages
	if w.direct && req.URL.Host == w.host {
		transport = w.client.boards.Transport
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

// checkRedirect refuses what is not HTTP, and one redirect too many. What a URL's user and password are for is its
// own host: net/http sends them nowhere else.
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
		// Not the URL as given: it may hold a password that could not be told apart.
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

func withoutUser(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		return "…" + raw[i:]
	}
	return raw
}
