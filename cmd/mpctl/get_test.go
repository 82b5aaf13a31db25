package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpctl/httpclient"
	"mpctl/internal/netns"
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

func testServer(t *testing.T) string {
	t.Helper()
	netns.Require(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/page", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Test", "yes")
		io.WriteString(w, "hello\r\n\x1b[2J")
	})
	mux.HandleFunc("/missing", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not here", http.StatusNotFound) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "hello")
	})
	mux.Handle("/moved", http.RedirectHandler("/page", http.StatusFound))
	server := httptest.NewServer(mux)
	server.Config.ErrorLog = nil
	t.Cleanup(server.Close)
	return server.URL
}

func TestGet(t *testing.T) {
	url := testServer(t)
	for _, c := range []struct {
		target string
		o      getOptions
		stdout string // its beginning
		code   int
	}{
		{url + "/page", getOptions{}, "hello\r\n\x1b[2J", 0},
		{strings.TrimPrefix(url, "http://") + "/moved", getOptions{}, "hello\r\n\x1b[2J", 0},
		{url + "/moved", getOptions{noFollow: true}, "<a href", 0},
		{url + "/page", getOptions{headers: true}, "HTTP/1.1 200 OK\n", 0},
		{url + "/missing", getOptions{}, "not here\n", exitHTTPStatus},
		{url + "/short", getOptions{}, "hello", exitNetwork},
		{"ftp://desk/", getOptions{}, "", exitUsage},
	} {
		a, stdout, _ := testApp()
		code := 0
		if err := a.get(t.Context(), c.target, c.o); err != nil {
			code = exitCode(err)
		}
		if !strings.HasPrefix(stdout.String(), c.stdout) || code != c.code {
			t.Errorf("get %s: %q, exit %d, want %q and exit %d", c.target, stdout, code, c.stdout, c.code)
		}
	}
}

func TestGetIntoFile(t *testing.T) {
	url := testServer(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "page")
	a, stdout, _ := testApp()
	for _, broken := range []string{"/short", "/missing"} {
		if err := a.get(t.Context(), url+broken, getOptions{output: path}); err == nil {
			t.Errorf("get %s succeeded", broken)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
			t.Errorf("get %s left %v behind, %v", broken, entries, err)
		}
	}
	if err := a.get(t.Context(), url+"/page", getOptions{output: path}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "hello\r\n\x1b[2J" || stdout.Len() != 0 {
		t.Errorf("the file holds %q, %v, stdout %q", got, err, stdout)
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
		a.noColor = true
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
