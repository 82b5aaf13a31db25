//go:build linux || darwin

package firmware_test

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"mpctl/internal/mdnstest"
	"mpctl/sim"
)

// counting.py tells how many sockets are open.
const counting = `
import socket
count = 0
class Socket(socket.socket):
    def __init__(self, *args):
        global count
        count += 1
        super().__init__(*args)
    def close(self):
        global count
        count -= 1
        super().close()
socket.socket = Socket
`

func TestHTTPGet(t *testing.T) {
	b := blank(t, sim.Config{})
	b.install(nil, map[string]string{"/counting.py": counting})
	if printed, traceback := b.run("import counting; from mpctl import http_get"); printed+traceback != "" {
		t.Fatal(printed, traceback)
	}
	// get also looks after the sockets: they are scarce on a board.
	get := func(t *testing.T, url string) (printed, traceback string) {
		t.Helper()
		printed, traceback = b.run(fmt.Sprintf("http_get(%s)", strconv.Quote(url)))
		if open, _ := b.run("print(counting.count)"); open != "0\r\n" {
			t.Errorf("open sockets: %q", open)
		}
		return printed, traceback
	}

	t.Run("whole characters", func(t *testing.T) {
		text := strings.Repeat("aé汉😀", 60)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, strings.Repeat("x", len(r.URL.Path)), "\n", text)
		}))
		defer server.Close()
		for shift := range 4 { // so that a block's end meets every byte of the long ones
			printed, traceback := get(t, server.URL+"/"+strings.Repeat("x", shift))
			if traceback != "" || !strings.HasPrefix(printed, "HTTP/1.0 200 OK\r\r\n") || !strings.HasSuffix(printed, "x\r\n"+text) {
				t.Errorf("%q, %s", printed, traceback)
			}
		}
	})

	t.Run("no UTF-8", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "caf\xe9 é\x80\xff汉\xc3(\xe6\xb1")
		}))
		defer server.Close()
		printed, traceback := get(t, server.URL)
		if want := "caf? é??汉?(?"; traceback != "" || !strings.HasSuffix(printed, "\r\n"+want) {
			t.Errorf("%q, %s, want %q at the end", printed, traceback, want)
		}
	})

	t.Run("request", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<%s %s %s>", r.Method, r.Host, r.RequestURI)
		}))
		defer server.Close()
		host := server.Listener.Addr().String()
		for path, want := range map[string]string{"": "/", "/": "/", "/a/b?c=d": "/a/b?c=d", "/a#b": "/a"} {
			printed, traceback := get(t, server.URL+path)
			if want := "<GET " + host + " " + want + ">"; traceback != "" || !strings.HasSuffix(printed, want) {
				t.Errorf("%q: %q, %s, want %q", path, printed, traceback, want)
			}
		}
	})

	t.Run("address", func(t *testing.T) {
		for url, says := range map[string]string{
			"ftp://127.0.0.1/x":       "not an http:// or https:// address: ftp://127.0.0.1/x",
			"127.0.0.1/x":             "not an http:// or https:// address: 127.0.0.1/x",
			"":                        "not an http:// or https:// address: ",
			"http://":                 "no host in the address: http://",
			"http://:80/":             "no host in the address: http://:80/",
			"http://127.0.0.1:x/":     "the port is not a number from 1 to 65535: http://127.0.0.1:x/",
			"http://127.0.0.1:0/":     "the port is not a number from 1 to 65535: http://127.0.0.1:0/",
			"http://127.0.0.1:65536/": "the port is not a number from 1 to 65535: http://127.0.0.1:65536/",
		} {
			if printed, traceback := get(t, url); printed != "" || !strings.HasSuffix(traceback, "\r\nValueError: "+says+"\r\n") {
				t.Errorf("%q: %q, %q, want %q", url, printed, traceback, says)
			}
		}
	})

	t.Run("refused", func(t *testing.T) {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		l.Close()
		says := fmt.Sprintf("\r\nOSError: http_get: cannot connect to 127.0.0.1 port %d: [Errno 111] ECONNREFUSED\r\n", port)
		for range 30 {
			if _, traceback := get(t, fmt.Sprintf("http://127.0.0.1:%d/", port)); !strings.HasSuffix(traceback, says) {
				t.Fatalf("%q, want %q", traceback, says)
			}
		}
	})

	t.Run("server leaves", func(t *testing.T) {
		for name, c := range map[string]struct {
			answer string
			linger int // 0: a reset instead of an orderly end
			says   string
		}{
			"at once":                  {"", -1, "no answer from 127.0.0.1 port %d: it closed the connection"},
			"at once, with a reset":    {"", 0, "no answer from 127.0.0.1 port %d: [Errno 104] ECONNRESET"},
			"with less than it should": {"HTTP/1.0 200 OK\r\n", -1, ""},
		} {
			t.Run(name, func(t *testing.T) {
				l, err := net.Listen("tcp4", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				go func() {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					// Read first: else the system makes a reset of every end.
					_, _ = conn.Read(make([]byte, 1000))
					_, _ = conn.Write([]byte(c.answer))
					_ = conn.(*net.TCPConn).SetLinger(c.linger)
					conn.Close()
				}()
				printed, traceback := get(t, "http://"+l.Addr().String()+"/")
				says := c.says
				if says != "" {
					says = "\r\nOSError: http_get: " + fmt.Sprintf(says, l.Addr().(*net.TCPAddr).Port) + "\r\n"
				}
				if printed != strings.ReplaceAll(c.answer, "\n", "\r\n") || !strings.HasSuffix(traceback, says) || says == "" && traceback != "" {
					t.Errorf("%q, %q, want %q", printed, traceback, says)
				}
			})
		}
	})
}

// As in the tutorial: main() says where it listens and who comes, Ctrl-C gives the prompt back.
func TestMainAtThePrompt(t *testing.T) {
	b := serving(t, nil, nil)
	b.get(t, "/")
	if said := b.interrupt(); !strings.Contains(said, "mpctl: stopped") || strings.Contains(said, "Client") || strings.Contains(said, "Traceback") {
		t.Errorf("after Ctrl-C to what started at boot: %q", said)
	}
	ip := b.Addr().String()
	b.send("from mpctl import main\r")
	b.expect(">>> ")
	for range 3 {
		if conn, err := net.Dial("tcp4", ip+":80"); err == nil {
			conn.Close()
			t.Error("after Ctrl-C port 80 is still open")
		}
		b.send("main()\r")
		b.expect("Bind address info: [(")
		b.expect("('" + ip + "', 80))]\r\n")
		b.expect("Listening, connect your browser to http://" + ip + "/\r\n")
		if a := b.get(t, "/"); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
		b.expect("Client address: ('127.0.0.1', ")
		b.expect("Client socket: <")
		if said := b.interrupt(); !strings.Contains(said, "mpctl: stopped\r\n") || strings.Contains(said, "Traceback") {
			t.Errorf("after Ctrl-C: %q", said)
		}
	}
}

func TestPortTaken(t *testing.T) {
	b := blank(t, sim.Config{})
	ip := b.Addr().String()
	for _, port := range []string{":80", ":8080"} {
		l, err := net.Listen("tcp4", ip+port)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	b.install(nil, nil)
	b.reset()
	b.expect("Listening, connect your browser to http://" + ip + ":8081/\r\n")
	h := resolver(t).Legacy(mdnstest.Question(instance, dns.TypeSRV))
	if srv, ok := h.Answer[0].(*dns.SRV); !ok || srv.Port != 8081 {
		t.Errorf("announced %v, want port 8081", h.Answer)
	}
}

func TestNoWiFiConfigured(t *testing.T) {
	b := blank(t, sim.Config{})
	b.install(map[string]any{"wifi": []any{}}, nil)
	b.reset()
	b.expect("mpctl: no WiFi is configured: run 'mpctl provision' on the computer\r\n")
	b.expect(">>> ")
}
