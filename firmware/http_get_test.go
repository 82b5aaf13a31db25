//go:build linux || darwin

package firmware_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"mpctl/internal/test/pyunit"
	"mpctl/sim"
)

// sockets is a module that counts open sockets, and makes their timeouts ten times as short.
const sockets = `
import socket
opened = set()
timeouts = set()
class Socket(socket.socket):
    def __init__(self, *args):
        super().__init__(*args)
        opened.add(id(self))
    def settimeout(self, s):
        timeouts.add(s)
        super().settimeout(s / 10)
    def close(self):
        opened.discard(id(self))
        super().close()
socket.socket = Socket
`

// getter is a board at its prompt, with http_get imported.
type getter struct{ *board }

// forEachModel runs a test on the two models that differ most: in language, library and error numbers.
func forEachModel(t *testing.T, test func(*testing.T, getter)) {
	for _, model := range []string{sim.MPython, sim.ESP32} {
		t.Run(model, func(t *testing.T) {
			b := blank(t, sim.Config{Model: model})
			b.install(nil, map[string]string{"/sockets.py": sockets})
			if printed, traceback := b.run("import sockets; from mpctl import http_get"); printed+traceback != "" {
				t.Fatal(printed, traceback)
			}
			test(t, getter{b})
		})
	}
}

// get calls http_get, and returns what it printed and the last line of its traceback. Sockets are scarce on a board, so
// get also checks that none stays open.
func (g getter) get(t *testing.T, url string) (printed, fault string) {
	t.Helper()
	printed, traceback := g.run(fmt.Sprintf("http_get(%s)", strconv.Quote(url)))
	g.checkClosed(t)
	lines := strings.Split(strings.TrimSuffix(traceback, "\r\n"), "\r\n")
	return plain(printed), lines[len(lines)-1]
}

func (g getter) checkClosed(t *testing.T) {
	t.Helper()
	if open, _ := g.run("print(len(sockets.opened))"); open != "0\r\n" {
		t.Errorf("open sockets: %q", open)
	}
}

// wantPrinted calls http_get, which must print exactly want.
func (g getter) wantPrinted(t *testing.T, url, want string) {
	t.Helper()
	if printed, fault := g.get(t, url); printed != want || fault != "" {
		t.Errorf("printed %q, %s, want %q", printed, fault, want)
	}
}

// wantFault calls http_get, which must print wantPrinted and raise want, in which HOST stands for the host of url.
func (g getter) wantFault(t *testing.T, url, wantPrinted, want string) {
	t.Helper()
	printed, fault := g.get(t, url)
	want = strings.ReplaceAll(want, "HOST", strings.TrimSuffix(strings.SplitN(url, "://", 2)[1], "/"))
	if printed != wantPrinted || fault != want {
		t.Errorf("printed %q, ended with %q; want %q and %q", printed, fault, wantPrinted, want)
	}
}

// serveRaw starts a server that calls answer for each request, and then closes the connection.
func serveRaw(t *testing.T, answer func(net.Conn)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			// Closing a socket with unread input would reset the connection.
			_, _ = conn.Read(make([]byte, 1000))
			answer(conn)
			conn.Close()
		}
	}()
	return "http://" + l.Addr().String() + "/"
}

// serveText starts a server that answers each request with the bytes of a string.
func serveText(t *testing.T, answer string) (url string) {
	t.Helper()
	return serveRaw(t, func(conn net.Conn) { _, _ = io.WriteString(conn, answer) })
}

// serveAndHang starts a server that sends the bytes of a string, and keeps the connection open until the test ends.
func serveAndHang(t *testing.T, answer string) (url string) {
	t.Helper()
	ended := make(chan struct{})
	t.Cleanup(func() { close(ended) })
	return serveRaw(t, func(conn net.Conn) {
		_, _ = io.WriteString(conn, answer)
		<-ended
	})
}

func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

// Beginnings of most answers here.
const (
	head    = "HTTP/1.1 200 OK\r\n"
	chunked = head + "Transfer-Encoding: chunked\r\n"
)

// plain is a text as http_get prints it.
func plain(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func TestHTTPGetPrints(t *testing.T) {
	forEachModel(t, func(t *testing.T, g getter) {
		for name, c := range map[string]struct{ head, body, want string }{
			"until it closes":            {head, "whole\n", "whole\n"},
			"with an error":              {"HTTP/1.1 404 Not Found\r\n", "no", "no"},
			"no reason":                  {"HTTP/1.1 200\r\n", "x", "x"},
			"no body":                    {head + "Content-Length: 0\r\n", "", ""},
			"more than it announces":     {head + "content-length:3\r\n", "abcd", "abc"},
			"after early hints":          {"HTTP/1.1 103 Early Hints\r\nLocation: /x\r\n\r\n" + head, "x", "x"},
			"a long header":              {head + "X: " + strings.Repeat("y", 2000) + "\r\nContent-Length: 1\r\n", "x-", "x"},
			"chunked":                    {chunked, "5\r\nwhole\r\n1\r\n\n\r\n0\r\n\r\n", "whole\n"},
			"chunked, answered by 1.0":   {"HTTP/1.0 200 OK\r\ntransfer-encoding:CHUNKED\r\n", "1\r\nx\r\n0\r\n\r\n", "x"},
			"chunked, with extensions":   {chunked, "00A;a=\"1\"\r\n0123456789\r\n0;b\r\nTrailer: x\r\n\r\n", "0123456789"},
			"chunked, whatever length":   {chunked + "Content-Length: 3\r\n", "5\r\nwhole\r\n0\r\n\r\n", "whole"},
			"chunks around a character":  {chunked, "1\r\n\xf0\r\n1\r\n\x9f\r\n1\r\n\x98\r\n2\r\n\x80\xe6\r\n2\r\n\xb1\x89\r\n0\r\n", "😀汉"},
			"chunks around a line's end": {chunked, "2\r\na\r\r\n2\r\n\nb\r\n0\r\n\r\n", "a\nb"},
			"lines as ever":              {head, "\r\na\r\nb\n\tc\r\n", "\na\nb\n\tc\n"},
			"no text":                    {head, "caf\xe9 é\x80\xff汉\xc3(\xe6\xb1", `caf\xe9 é\x80\xff汉\xc3(\xe6\xb1`},
			"controls":                   {head, "\x1b[31m\x00\x07\x7f\u009b\rx\r", `\x1b[31m\x00\x07\x7f\xc2\x9b\x0dx\x0d`},
		} {
			t.Run(name, func(t *testing.T) {
				g.wantPrinted(t, serveText(t, c.head+"\r\n"+c.body), plain(c.head)+"\n"+c.want)
			})
		}

		t.Run("as the tutorial's server answers", func(t *testing.T) {
			const answer = "HTTP/1.0 200 OK\n\n<meta charset=\"utf-8\">\n17\n"
			g.wantPrinted(t, serveText(t, answer), answer)
		})

		t.Run("controls in the head", func(t *testing.T) {
			g.wantPrinted(t, serveText(t, head+"X: \x1b[2J\xff\r\n\r\n"), plain(head)+"X: \\x1b[2J\\xff\n\n")
		})

		t.Run("without waiting for the end", func(t *testing.T) {
			g.wantPrinted(t, serveAndHang(t, head+"Content-Length: 1\r\n\r\nx"), plain(head)+"Content-Length: 1\n\nx")
			g.wantPrinted(t, serveAndHang(t, chunked+"\r\n1\r\nx\r\n0\r\n"), plain(chunked)+"\nx")
		})

		t.Run("as it comes", func(t *testing.T) {
			more := make(chan string)
			url := serveRaw(t, func(conn net.Conn) {
				for text := range more {
					_, _ = io.WriteString(conn, text)
				}
			})
			g.send(fmt.Sprintf("http_get(%q)\r", url))
			for _, text := range []string{"HTTP/1.1 200 OK\r\n", "\r\nfirst", "then 汉", "last"} {
				more <- text
				g.expect(strings.TrimSpace(text))
			}
			close(more)
			g.expect(">>> ")
			g.checkClosed(t)
		})
	})
}

func TestHTTPGetAsks(t *testing.T) {
	forEachModel(t, func(t *testing.T, g getter) {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<%s %s %s %s %v>", r.Method, r.RequestURI, r.Proto, r.Host, r.Close)
		})
		host := server.Listener.Addr().String()
		for path, want := range map[string]string{
			"": "/", "/": "/", "/a/b?c=d": "/a/b?c=d", "/a#b": "/a", "?c": "/?c", "/a%20b": "/a%20b",
			"/汉 b\r\nX: y": "/%E6%B1%89%20b%0D%0AX:%20y",
		} {
			printed, fault := g.get(t, server.URL+path)
			if want := "\n<GET " + want + " HTTP/1.1 " + host + " true>"; fault != "" || !strings.HasSuffix(printed, want) {
				t.Errorf("%q: %q, %s, want %q", path, printed, fault, want)
			}
		}
		if timeouts, _ := g.run("print(sockets.timeouts)"); timeouts != "{10}\r\n" {
			t.Errorf("timeouts in seconds: %q", timeouts)
		}
		for _, url := range []string{
			"ftp://127.0.0.1/x", "127.0.0.1/x", "", "http://", "http://:80/", "http://127.0.0.1:x/", "http://127.0.0.1:0/",
			"http://127.0.0.1:65536/", "http://[::1]/",
		} {
			if printed, fault := g.get(t, url); printed != "" || fault != "ValueError: not an address like http://host:80/page: "+url {
				t.Errorf("%q: %q, %q", url, printed, fault)
			}
		}
	})
}

func TestHTTPGetFollows(t *testing.T) {
	forEachModel(t, func(t *testing.T, g getter) {
		mux := http.NewServeMux()
		open, secure := serve(t, mux.ServeHTTP), httptest.NewTLSServer(mux)
		t.Cleanup(secure.Close)
		mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "<%s %v>", r.RequestURI, r.TLS != nil)
		})
		// http.Redirect would make the Location absolute.
		mux.HandleFunc("/to/", func(w http.ResponseWriter, r *http.Request) {
			if !r.URL.Query().Has("to") {
				fmt.Fprintf(w, "<%s %v>", r.RequestURI, r.TLS != nil)
				return
			}
			w.Header().Set("Location", r.URL.Query().Get("to"))
			w.WriteHeader(http.StatusFound)
			fmt.Fprint(w, "moved")
		})
		mux.HandleFunc("/left/{n}", func(w http.ResponseWriter, r *http.Request) {
			if n, _ := strconv.Atoi(r.PathValue("n")); n > 0 {
				http.Redirect(w, r, fmt.Sprint("/left/", n-1), http.StatusPermanentRedirect)
				return
			}
			fmt.Fprint(w, "<arrived>")
		})
		query := strings.NewReplacer(":", "%3A", "/", "%2F", "?", "%3F", "=", "%3D", "#", "%23")
		for from, c := range map[string]struct{ to, want string }{
			open.URL + "/to/a":   {"/x?y=http://z", "</x?y=http://z false>"},
			open.URL + "/to/b":   {"x", "</to/x false>"},
			open.URL + "/to/c":   {"../x/./y#z", "</x/y false>"},
			open.URL + "/to/d":   {strings.TrimPrefix(open.URL, "http:") + "/x", "</x false>"},
			open.URL + "/to/e":   {secure.URL + "/x", "</x true>"},
			secure.URL + "/to/f": {open.URL + "/x", "</x false>"},
			secure.URL + "/to/g": {"/x", "</x true>"},
		} {
			printed, fault := g.get(t, from+"?to="+query.Replace(c.to))
			if !strings.HasPrefix(printed, "HTTP/1.1 302 Found\n") || !strings.HasSuffix(printed, "\n\n"+c.want) ||
				strings.Contains(printed, "moved") || fault != "" {
				t.Errorf("%s to %s: %q, %s, want %q", from, c.to, printed, fault, c.want)
			}
		}
		if printed, fault := g.get(t, open.URL+"/left/5"); !strings.HasSuffix(printed, "<arrived>") || fault != "" {
			t.Errorf("five redirects: %q, %s", printed, fault)
		}
		want := "OSError: http_get: more than 5 redirects: " + open.URL + "/left/0"
		if printed, fault := g.get(t, open.URL+"/left/6"); strings.Count(printed, "HTTP/1.1 308 ") != 6 || fault != want {
			t.Errorf("six redirects: %q, %q, want %q", printed, fault, want)
		}
		want = "ValueError: not an address like http://host:80/page: ftp://127.0.0.1/"
		if _, fault := g.get(t, open.URL+"/to/?to=ftp%3A%2F%2F127.0.0.1%2F"); fault != want {
			t.Errorf("to ftp: %q, want %q", fault, want)
		}
		g.wantPrinted(t, serveText(t, "HTTP/1.1 302 Found\r\n\r\nto nowhere"), "HTTP/1.1 302 Found\n\nto nowhere")
		g.wantPrinted(t, serveText(t, "HTTP/1.1 201 Created\r\nLocation: /x\r\n\r\nhere"), "HTTP/1.1 201 Created\nLocation: /x\n\nhere")
	})
}

func TestHTTPGetOverTLS(t *testing.T) {
	forEachModel(t, func(t *testing.T, g getter) {
		text := strings.Repeat("aé汉😀", 200)
		s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, r.Host, "\n", text)
		}))
		t.Cleanup(s.Close)
		printed, fault := g.get(t, s.URL+"/")
		if _, body, _ := strings.Cut(printed, "\n\n"); body != s.Listener.Addr().String()+"\n"+text || fault != "" {
			t.Errorf("%q, %s", printed, fault)
		}
		url := serveText(t, "HTTP/1.0 200 OK\r\n\r\n")
		want := "OSError: http_get: no HTTP answer from " + url[len("http://"):len(url)-1] + ": "
		if printed, fault := g.get(t, "https"+url[len("http"):]); printed != "" || !strings.HasPrefix(fault, want) {
			t.Errorf("a server without TLS: %q, %q, want %q", printed, fault, want)
		}
		if _, traceback := g.run("import sys; del sys.modules['ssl'], sys.modules['ussl']"); traceback != "" {
			t.Fatal(traceback)
		}
		g.wantFault(t, s.URL, "", "OSError: http_get: this board has no TLS for HOST: no module named 'ussl'")
	})
}

func TestHTTPGetFails(t *testing.T) {
	const (
		long   = head + "Content-Length: 600\r\n\r\n"
		chunks = chunked + "\r\n2\r\nab\r\n"
	)
	almost := strings.Repeat("x", 599)
	forEachModel(t, func(t *testing.T, g getter) {
		for name, c := range map[string]struct{ answer, printed, fault string }{
			"at once":          {"", "", "no HTTP answer from HOST: it closed the connection"},
			"in the head":      {head + "X: y\r\n", plain(head) + "X: y\n", "no HTTP answer from HOST: it closed the connection"},
			"with a byte less": {long + almost, plain(long) + almost, "incomplete: 599 of 600 bytes from HOST: it closed the connection"},
			"with nothing":     {long, plain(long), "incomplete: 0 of 600 bytes from HOST: it closed the connection"},
			"within a chunk":   {chunks + "3\r\nc", plain(chunked) + "\nabc", "incomplete: 3 of ? bytes from HOST: it closed the connection"},
			"between chunks":   {chunks, plain(chunked) + "\nab", "incomplete: 2 of ? bytes from HOST: no chunk follows"},
			"by a wrong chunk": {chunks + "<p>\r\n", plain(chunked) + "\nab", "incomplete: 2 of ? bytes from HOST: no chunk follows"},
			"not by HTTP":      {"\x1b220 mail\r\n", "\\x1b220 mail\n", "no HTTP answer from HOST: it speaks otherwise"},
		} {
			t.Run(name, func(t *testing.T) { g.wantFault(t, serveText(t, c.answer), c.printed, "OSError: http_get: "+c.fault) })
		}

		t.Run("reset", func(t *testing.T) {
			url := serveRaw(t, func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) })
			g.wantFault(t, url, "", "OSError: http_get: no HTTP answer from HOST: [Errno 104] ECONNRESET")
		})

		t.Run("refused", func(t *testing.T) {
			l, err := net.Listen("tcp4", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			l.Close()
			for range 30 { // more than a board has sockets
				g.wantFault(t, "http://"+l.Addr().String()+"/", "", "OSError: http_get: cannot connect to HOST: [Errno 111] ECONNREFUSED")
			}
		})

		t.Run("unknown host", func(t *testing.T) {
			printed, fault := g.get(t, "http://nowhere.invalid/x")
			if !strings.HasPrefix(fault, "OSError: http_get: no address for nowhere.invalid: ") || printed != "" {
				t.Errorf("%q, %q", printed, fault)
			}
		})

		t.Run("time is up", func(t *testing.T) {
			for answer, want := range map[string]string{
				"":                                  "no HTTP answer from HOST",
				"HTTP":                              "no HTTP answer from HOST",
				head + "Content-Length: 2\r\n\r\nx": "incomplete: 1 of 2 bytes from HOST",
				head + "\r\nx":                      "incomplete: 1 of ? bytes from HOST",
				head + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n": "incomplete: 1 of ? bytes from HOST",
			} {
				url := serveAndHang(t, answer)
				_, fault := g.get(t, url)
				want = "OSError: http_get: " + strings.Replace(want, "HOST", url[len("http://"):len(url)-1], 1) + ": nothing came for 10 s"
				if fault != want {
					t.Errorf("after %q: %q, want %q", answer, fault, want)
				}
			}
		})

		t.Run("interrupted", func(t *testing.T) {
			for answer, shown := range map[string]string{
				head + "\r\nbody": "body", head + "X: y\r\n": "X: y\r\n",
			} {
				g.send(fmt.Sprintf("http_get(%q)\r", serveAndHang(t, answer)))
				g.expect("HTTP/1.1 200 OK\r\n")
				g.expect(shown)
				if output := g.interrupt(); !strings.Contains(output, "KeyboardInterrupt") {
					t.Errorf("after Ctrl-C: %q", output)
				}
				g.checkClosed(t)
			}
		})
	})
}

// http_get prints a page that is many times as large as the board's heap.
func TestHTTPGetOfAnySize(t *testing.T) {
	const size = 3 << 20
	line := "0123456789 aé汉😀 \xff\r\n"
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/length" {
			w.Header().Set("Content-Length", fmt.Sprint(size/len(line)*len(line)))
		}
		_, _ = io.WriteString(w, strings.Repeat(line, size/len(line)))
	})
	want := strings.Repeat(strings.NewReplacer("\xff", "\\xff", "\r", "").Replace(line), size/len(line))
	for _, path := range []string{"/length", "/chunks"} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*patience)
		defer cancel()
		const code = "import sys; sys.path[:] = ['%s']; from mpctl import http_get; http_get('%s')"
		cmd := exec.CommandContext(ctx, pyunit.MicroPython(t), "-X", "heapsize=32k", "-c", fmt.Sprintf(code, library(t), server.URL+path))
		out, err := cmd.CombinedOutput()
		head, body, _ := strings.Cut(string(out), "\n\n")
		if err != nil || !strings.HasPrefix(head, "HTTP/1.1 200 OK\n") || body != want || !utf8.ValidString(body) {
			t.Errorf("%s: %v, %d bytes that end with %q, want %d", path, err, len(body), body[max(0, len(body)-100):], len(want))
		}
	}
}
