package main

import (
	"errors"
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

func TestShow(t *testing.T) {
	for _, c := range []struct{ name, contentType, body, want string }{
		{"text", "text/plain", "a\r\nb\x1b[2J\n", "a\nb^[[2J\n"},
		{"JSON", "application/json; charset=utf-8", `{"a":[1]}`, "{\n  \"a\": [\n    1\n  ]\n}\n"},
		{"not JSON after all", "application/json", "oops\n", "oops\n"},
		{"Latin-1", "text/plain; charset=iso-8859-1", "caf\xe9\n", "café\n"},
		{"UTF-16 by its mark", "text/plain", "\xff\xfeh\x00i\x00", "hi"},
		{"no charset", "text/plain", "caf\xe9\n", `caf\xe9` + "\n"},
		{"unknown charset", "text/plain; charset=klingon", "hi\n", "hi\n"},
		{"short", "", "x", "x"},
		{"NUL far down", "text/plain", strings.Repeat("x", binaryProbe) + "\x00", strings.Repeat("x", binaryProbe) + "^@"},
	} {
		a, stdout, _ := testApp()
		a.NoColor = true
		if err := a.show(response(c.contentType, c.body)); err != nil || stdout.String() != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, stdout, err, c.want)
		}
	}
	a, stdout, _ := testApp()
	if err := a.show(response("image/png", "\x89PNG\r\n\x1a\n\x00\x00")); !errors.Is(err, binaryError{}) || stdout.Len() != 0 {
		t.Errorf("a picture: %q, %v, want it refused", stdout, err)
	}
}

func TestShowJSONThatBreaksOff(t *testing.T) {
	a, stdout, _ := testApp()
	resp := response("application/json", "")
	cut := &httpclient.IncompleteError{Got: 4, Want: 9}
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"a"`), failing{cut}))
	if err := a.show(resp); !errors.Is(err, cut) || stdout.String() != `{"a"` {
		t.Errorf("%q, %v, want what came and %v", stdout, err, cut)
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
