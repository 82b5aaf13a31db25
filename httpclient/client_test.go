package httpclient

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/netns"
)

func TestMain(m *testing.M) {
	netns.Enter()
	os.Exit(m.Run())
}

// serveText starts a server that reads a request, answers with text and closes the connection. It returns its
// address.
func serveText(t *testing.T, text string) string {
	t.Helper()
	return serve(t, func(conn net.Conn) { io.WriteString(conn, text) })
}

func serve(t *testing.T, handle func(net.Conn)) string {
	t.Helper()
	return serveRequest(t, func(conn net.Conn, _ *http.Request) { handle(conn) })
}

func serveRequest(t *testing.T, handle func(net.Conn, *http.Request)) string {
	t.Helper()
	netns.Require(t)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					handle(conn, r)
				}
			}()
		}
	}()
	return listener.Addr().String()
}

func get(t *testing.T, c *Client, target string, o GetOptions) (*Response, string, error) {
	t.Helper()
	resp, err := c.Get(t.Context(), target, o)
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp, string(text), err
}

func TestTutorialServers(t *testing.T) {
	for _, c := range []struct{ name, answer, status, body string }{
		{"1.0 without a length", "HTTP/1.0 200 OK\r\n\r\nhello", "200 OK", "hello"},
		{"LF line ends", "HTTP/1.0 200 OK\nContent-Type: text/html\n\nhello", "200 OK", "hello"},
		{"no reason", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", "200", "hello"},
		{"odd reason", "HTTP/1.1 400 N/A\r\nContent-Length: 5\r\n\r\nhello", "400 N/A", "hello"},
		{"longer than announced", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello and more", "200 OK", "hello"},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "200 OK", "hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, body, err := get(t, New(Options{}), "http://"+serveText(t, c.answer), GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if resp.Status != c.status || body != c.body {
				t.Errorf("got %q %q, want %q %q", resp.Status, body, c.status, c.body)
			}
		})
	}
}

func TestIncomplete(t *testing.T) {
	for _, c := range []struct {
		name, answer string
		want         IncompleteError
		text         string
	}{
		{"length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", IncompleteError{5, 10}, "incomplete: 5 of 10 bytes"},
		{"chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", IncompleteError{5, -1}, "incomplete: broken off after 5 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, body, err := get(t, New(Options{}), "http://"+serveText(t, c.answer), GetOptions{})
			var incomplete *IncompleteError
			if !errors.As(err, &incomplete) || *incomplete != c.want || err.Error() != c.text || body != "hello" {
				t.Errorf("got %q, %v, want the bytes received and %q", body, err, c.text)
			}
		})
	}
}

func TestNotHTTP(t *testing.T) {
	for _, answer := range []string{"<html>0.9</html>", "ICY 200 OK\r\n\r\nmusic", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"} {
		_, _, err := get(t, New(Options{}), "http://"+serveText(t, answer), GetOptions{})
		var protocol *ProtocolError
		if !errors.As(err, &protocol) {
			t.Errorf("%q: %v (%T), want a ProtocolError", answer, err, err)
		}
	}
}

func TestEndlessHead(t *testing.T) {
	addr := serve(t, func(conn net.Conn) {
		_, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for i := 0; err == nil; i++ {
			_, err = fmt.Fprintf(conn, "X-%d: %s\r\n", i, strings.Repeat("x", 1000))
		}
	})
	_, _, err := get(t, New(Options{}), "http://"+addr, GetOptions{})
	var protocol *ProtocolError
	if !errors.As(err, &protocol) {
		t.Fatalf("%v (%T), want a ProtocolError", err, err)
	}
}

func TestClosedWithoutAnswer(t *testing.T) {
	_, _, err := get(t, New(Options{}), "http://"+serveText(t, ""), GetOptions{})
	var connect *ConnectError
	if !errors.As(err, &connect) || !strings.Contains(err.Error(), "closed without an answer") {
		t.Fatalf("%v (%T), want a ConnectError", err, err)
	}
}

func TestStalls(t *testing.T) {
	for name, start := range map[string]string{"head": "HTTP/1.1 200", "body": "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, func(conn net.Conn) {
				io.WriteString(conn, start)
				io.Copy(io.Discard, conn) // returns when the client closes the connection
			})
			_, _, err := get(t, New(Options{Idle: 50 * time.Millisecond}), "http://"+addr, GetOptions{})
			var timeout *TimeoutError
			if !errors.As(err, &timeout) {
				t.Fatalf("%v (%T), want a TimeoutError", err, err)
			}
		})
	}
}

func TestCallersDeadline(t *testing.T) {
	addr := serve(t, func(conn net.Conn) {
		io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\nhello")
		io.Copy(io.Discard, conn)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	resp, err := New(Options{}).Get(ctx, "http://"+addr, GetOptions{})
	if err == nil {
		defer resp.Body.Close()
		_, err = io.ReadAll(resp.Body)
	}
	var timeout *TimeoutError
	if !errors.As(err, &timeout) {
		t.Fatalf("%v (%T), want a TimeoutError", err, err)
	}
}

func TestCancelled(t *testing.T) {
	netns.Require(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Options{}).Get(ctx, "http://127.0.0.1:9", GetOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want %v", err, context.Canceled)
	}
}

func TestRefused(t *testing.T) {
	netns.Require(t)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().String()
	listener.Close()
	_, _, err = get(t, New(Options{}), "http://"+addr, GetOptions{})
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Addr != addr {
		t.Fatalf("%v (%T), want a RefusedError for %s", err, err, addr)
	}
}

func TestUnreachable(t *testing.T) {
	netns.Require(t)
	_, _, err := get(t, New(Options{}), "http://192.0.2.1/", GetOptions{})
	var connect *ConnectError
	if !errors.As(err, &connect) {
		t.Fatalf("%v (%T), want a ConnectError", err, err)
	}
}

func TestRedirects(t *testing.T) {
	netns.Require(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "the end") })
	mux.Handle("/one", http.RedirectHandler("/end", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/odd", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "http://me:hunter2@desk/%zz")
		w.WriteHeader(http.StatusFound)
	}))
	mux.Handle("/file", http.RedirectHandler("file:///etc/passwd", http.StatusFound))
	mux.HandleFunc("/n/{n}", func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscan(r.PathValue("n"), &n)
		if n == 0 {
			io.WriteString(w, "down")
			return
		}
		http.Redirect(w, r, fmt.Sprintf("/n/%d", n-1), http.StatusFound)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	c := New(Options{})

	var hops []string
	resp, body, err := get(t, c, server.URL+"/one", GetOptions{OnRedirect: func(status string, to url.URL) { hops = append(hops, status+" "+to.Path) }})
	if err != nil || body != "the end" || resp.URL.Path != "/end" || len(hops) != 1 || hops[0] != "302 Found /end" {
		t.Errorf("one redirect: %q, %v, %v", body, hops, err)
	}
	if _, body, err := get(t, c, server.URL+"/n/10", GetOptions{}); err != nil || body != "down" {
		t.Errorf("ten redirects: %q, %v", body, err)
	}
	for _, path := range []string{"/loop", "/file", "/odd", "/n/11"} {
		_, _, err := get(t, c, server.URL+path, GetOptions{})
		var redirect *RedirectError
		if !errors.As(err, &redirect) {
			t.Errorf("%s: %v (%T), want a RedirectError", path, err, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the password is in %v", path, err)
		}
	}
	if resp, _, err := get(t, c, server.URL+"/one", GetOptions{NoFollow: true}); err != nil || resp.Code != http.StatusFound {
		t.Errorf("not followed: %v, %v", resp, err)
	}
}

func TestBadURL(t *testing.T) {
	for _, target := range []string{"ftp://desk/", "http://", "http://desk:port/", "http://me:hunter2@desk:port/", "http://[::1", "http://desk:0/", "http://desk:65536/", "desk", ""} {
		_, err := New(Options{}).Get(t.Context(), target, GetOptions{})
		var bad *URLError
		if !errors.As(err, &bad) {
			t.Errorf("%q: %v (%T), want a URLError", target, err, err)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: the password is in %v", target, err)
		}
	}
}

func TestLocalNames(t *testing.T) {
	addr := netip.MustParseAddrPort(serveText(t, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"))
	c := New(Options{Resolve: func(_ context.Context, host string) ([]netip.Addr, error) {
		if !strings.EqualFold(host, "desk.local") {
			return nil, errors.New("nobody")
		}
		return []netip.Addr{netip.MustParseAddr("192.0.2.1"), addr.Addr()}, nil // the first cannot be reached
	}})
	t.Setenv("HTTP_PROXY", "http://192.0.2.2:3128")
	if _, body, err := get(t, c, fmt.Sprintf("http://Desk.local:%d/", addr.Port()), GetOptions{}); err != nil || body != "hello" {
		t.Errorf("desk.local: %q, %v", body, err)
	}
	_, _, err := get(t, c, "http://nobody.local/", GetOptions{})
	var name *NameError
	if !errors.As(err, &name) || name.Host != "nobody.local" || name.Hint() == "" {
		t.Errorf("nobody.local: %v (%T), want a NameError", err, err)
	}
}

func TestNoDNS(t *testing.T) {
	netns.Require(t)
	before := net.DefaultResolver
	t.Cleanup(func() { net.DefaultResolver = before })
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, "192.0.2.1:53") // cannot be reached
	}}
	_, _, err := get(t, New(Options{}), "http://nosuch.example/", GetOptions{})
	var name *NameError
	if !errors.As(err, &name) || err.Error() != `finding "nosuch.example": no DNS` || name.Hint() != "is this computer online?" {
		t.Errorf("%v (%T), hint %q, want a NameError", err, err, hintOf(err))
	}
}
