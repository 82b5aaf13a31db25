package httpclient

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, text)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGzip(t *testing.T) {
	text := strings.Repeat("hello ", 1000)
	z := gzipped(t, text)
	head := func(status string, length int) string {
		return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n", status, length)
	}
	broken := []byte(z)
	broken[len(broken)/2] ^= 0xff
	for _, c := range []struct{ name, answer, body, err string }{
		{"whole", head("200 OK", len(z)) + z, text, ""},
		{"error page", head("404 Not Found", len(z)) + z, text, ""},
		{"part", head("206 Partial Content", 5) + z[:5], z[:5], ""}, // a range of the compressed body
		{"truncated", head("200 OK", len(z)) + z[:20], "", fmt.Sprintf("incomplete: 20 of %d bytes", len(z))},
		{"truncated without a length", "HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + z[:20], "", "incomplete: broken off after 20 bytes"},
		{"empty", head("200 OK", 0), "", ""},
		{"not gzip", head("200 OK", 5) + "hello", "", "broken after 5 bytes"},
		{"flipped", head("200 OK", len(z)) + string(broken), "", "broken after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, body, err := get(t, New(Options{}), "http://"+serveText(t, c.answer), GetOptions{})
			if c.err == "" && (err != nil || body != c.body) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Errorf("%q, %v, want %q, %q", body, err, c.body, c.err)
			}
			var typed Error
			if err != nil && !errors.As(err, &typed) {
				t.Errorf("%T is no Error", err)
			}
		})
	}
}

func TestAcceptEncoding(t *testing.T) {
	for want, o := range map[string]GetOptions{
		"gzip":     {},
		"identity": {Header: http.Header{"Accept-Encoding": {"identity"}}},
	} {
		addr := serveRequest(t, func(conn net.Conn, r *http.Request) {
			io.WriteString(conn, jsonAnswer("200 OK", r.Header.Get("Accept-Encoding")))
		})
		if _, body, err := get(t, New(Options{}), "http://"+addr, o); body != want || err != nil {
			t.Errorf("asked for %q, %v, want %q", body, err, want)
		}
	}
}

func TestBrokenChunks(t *testing.T) {
	_, body, err := get(t, New(Options{}), "http://"+serveText(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nzz\r\n"), GetOptions{})
	var broken *BrokenError
	if !errors.As(err, &broken) || broken.Got != 5 || body != "hello" {
		t.Errorf("%q, %v (%T), want the bytes received and a BrokenError", body, err, err)
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"http://desk/", "http://me:hunter2@desk/", "http://me:hunter2@[::1", "https://me:hun\x1bter2@desk:99999/%zz", "ftp://me:hunter2@desk"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := parseURL(s)
		switch {
		case err == nil && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https"):
			t.Errorf("parseURL(%q) = %v", s, u)
		case err != nil && strings.Contains(s, ":hunter2@") && strings.Contains(err.Error(), "hunter2"):
			t.Errorf("parseURL(%q) shows the password: %v", s, err)
		}
	})
}
