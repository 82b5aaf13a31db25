package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"mpctl/httpclient"
)

func TestSplitTarget(t *testing.T) {
	for target, want := range map[string]struct {
		host, path string
		isBoard    bool
	}{
		"desk":              {"desk", "/", true},
		"desk/api/info":     {"desk", "/api/info", true},
		"desk?x=1":          {"desk", "/?x=1", true},
		"a1b2c3d4":          {"a1b2c3d4", "/", true},
		"localhost/x":       {"localhost", "/x", false},
		"LocalHost":         {"LocalHost", "/", false},
		"desk.local/x":      {"desk.local", "/x", false},
		"example.com":       {"example.com", "/", false},
		"desk:8080":         {"desk:8080", "/", false},
		"[::1]/":            {"[::1]", "/", false},
		"/api":              {"", "/api", false},
		"desk/http://x.org": {"desk", "/http://x.org", true},
	} {
		host, path, isBoard := splitTarget(target)
		if host != want.host || path != want.path || isBoard != want.isBoard {
			t.Errorf("splitTarget(%q) = %q, %q, %t, want %+v", target, host, path, isBoard, want)
		}
	}
}

// response is one as httpclient gives it.
func response(contentType, body string) *httpclient.Response {
	return &httpclient.Response{
		Proto: "HTTP/1.1", Status: "200 OK", Code: 200, Header: http.Header{"Content-Type": {contentType}},
		Length: int64(len(body)), Body: io.NopCloser(strings.NewReader(body)),
	}
}

func TestExitCodesOfGet(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{&httpclient.BrokenError{Err: io.ErrUnexpectedEOF}, exitNetwork},
		{&httpclient.ProxyError{Err: &httpclient.NameError{}}, exitNetwork},
		{&httpclient.ProxyError{Err: &httpclient.StatusError{}}, exitNetwork},
		{&saveError{"x", io.ErrShortWrite}, exitFailure},
		{errPart, exitFailure},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exit code of %T = %d, want %d", c.err, got, c.want)
		}
	}
}
