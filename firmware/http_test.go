//go:build linux || darwin

package firmware_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/firmware"
	"mpctl/internal/test/need"
)

// answer is the answer to one request.
type answer struct {
	status int
	header http.Header
	body   string
}

func readAnswer(t *testing.T, conn net.Conn, method string) answer {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatalf("reading the answer: %v", err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body: %v", err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// ask sends raw bytes over a new connection and reads the answer.
func (b *board) ask(t *testing.T, request string) answer {
	t.Helper()
	conn := b.dial()
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	return readAnswer(t, conn, method)
}

func (b *board) get(t *testing.T, path string) answer {
	t.Helper()
	return b.ask(t, "GET "+path+" HTTP/1.1\r\nHost: desk\r\n\r\n")
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("not JSON: %v: %s", err, text)
	}
	return v
}

const tooLong = "request is over 1024 bytes"

func TestHTTP(t *testing.T) {
	b := serving(t, nil, nil)

	t.Run("page", func(t *testing.T) {
		a := b.get(t, "/")
		if !strings.Contains(a.body, "Welcome to MicroPython! Your light sensor value is: 1234") {
			t.Errorf("the page lacks the tutorial's sentence: %s", a.body)
		}
		if got := a.header.Get("Content-Type"); a.status != 200 || got != "text/html; charset=utf-8" {
			t.Errorf("status %d, type %s", a.status, got)
		}
	})

	t.Run("info", func(t *testing.T) {
		got := decode(t, b.get(t, "/api/info").body)
		for _, changing := range []string{"uptime_s", "heap_free"} {
			if n, ok := got[changing].(float64); !ok || n < 0 || n != float64(int(n)) {
				t.Errorf("%s = %v, want a whole number", changing, got[changing])
			}
			delete(got, changing)
		}
		want := map[string]any{
			"api": 1.0, "name": "desk", "id": b.ID(), "board": "mpython", "fw": firmware.Version(), "micropython": "1.12.0",
			"ip": b.Addr().String(), "port": 80.0, "wifi": map[string]any{"ssid": "classroom", "rssi": -48.0},
			"sensors": []any{
				map[string]any{"name": "button_a", "unit": "", "min": 0.0, "max": 1.0},
				map[string]any{"name": "button_b", "unit": "", "min": 0.0, "max": 1.0},
				map[string]any{"name": "light", "unit": "raw", "min": 0.0, "max": 4095.0},
				map[string]any{"name": "sound", "unit": "raw", "min": 0.0, "max": 4095.0},
			},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})

	light := map[string]any{"sensor": "light", "value": 1234.0, "unit": "raw", "min": 0.0, "max": 4095.0}
	t.Run("readings", func(t *testing.T) {
		got := decode(t, b.get(t, "/api/read").body)
		if _, ok := got["uptime_ms"].(float64); !ok {
			t.Errorf("uptime_ms = %v, want a number", got["uptime_ms"])
		}
		readings := got["readings"].([]any)
		if len(readings) != 4 {
			t.Fatalf("readings = %v, want four", readings)
		}
		if diff := cmp.Diff(light, readings[2]); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("reading", func(t *testing.T) {
		got := decode(t, b.get(t, "/api/read/light?x=1").body)
		if _, ok := got["uptime_ms"].(float64); !ok {
			t.Errorf("uptime_ms = %v, want a number", got["uptime_ms"])
		}
		delete(got, "uptime_ms")
		if diff := cmp.Diff(light, got); diff != "" {
			t.Error(diff)
		}
	})

	t.Run("HEAD", func(t *testing.T) {
		got := b.ask(t, "HEAD /api/read/light HTTP/1.1\r\n\r\n")
		if length := len(b.get(t, "/api/read/light").body); got.header.Get("Content-Length") != fmt.Sprint(length) {
			t.Errorf("Content-Length %s, want %d as of a GET", got.header.Get("Content-Length"), length)
		}
		for request, want := range map[string]string{"HEAD / HTTP/1.1\r\n\r\n": "200", "HEAD /none HTTP/1.1\r\n\r\n": "404", "HEAD / HTTP/2.0\r\n\r\n": "505"} {
			conn := b.dial()
			if _, err := io.WriteString(conn, request); err != nil {
				t.Fatal(err)
			}
			all, err := io.ReadAll(conn)
			if err != nil {
				t.Fatal(err)
			}
			if head, body, _ := strings.Cut(string(all), "\r\n\r\n"); !strings.HasPrefix(head, "HTTP/1.1 "+want+" ") || body != "" {
				t.Errorf("%q: %q, want %s and no body", request, all, want)
			}
		}
	})

	t.Run("refused", func(t *testing.T) {
		long := strings.Repeat("x", 1100)
		for name, c := range map[string]struct {
			request string
			status  int
			message string
		}{
			"no such path":      {"GET /none HTTP/1.1\r\n\r\n", 404, "/api/info"},
			"no such sensor":    {"GET /api/read/smell HTTP/1.1\r\n\r\n", 404, "this board has: button_a, button_b, light, sound"},
			"quotes in path":    {"GET /\"\\\x01 HTTP/1.1\r\n\r\n", 404, "nothing at /\"\\\x01"},
			"POST":              {"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405, "only GET and HEAD"},
			"chunked":           {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, "no body"},
			"length no number":  {"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "content-length"},
			"length empty":      {"GET / HTTP/1.1\r\ncontent-length:\r\n\r\n", 400, "content-length"},
			"body too large":    {"GET / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413, "body"},
			"body huge":         {"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413, "body"},
			"garbage":           {"\x16\x03\x01\x02\x00\xff\r\n\r\n", 400, "not an HTTP request"},
			"empty line":        {"\r\n\r\n", 400, "not an HTTP request"},
			"no version":        {"GET /\r\n\r\n", 400, "not an HTTP request"},
			"space in path":     {"GET /a b HTTP/1.1\r\n\r\n", 400, "not an HTTP request"},
			"HTTP/2":            {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1"},
			"path lacks slash":  {"GET x HTTP/1.1\r\n\r\n", 400, "does not start with /"},
			"path not UTF-8":    {"GET /\xff HTTP/1.1\r\n\r\n", 400, "UTF-8"},
			"long request line": {"GET /" + long, 414, tooLong},
			"long head":         {"GET / HTTP/1.1\r\nX: " + long + "\r\n\r\n", 431, tooLong},
			"head in two":       {"GET / HTTP/1.1\r\nX: " + long[:1000] + "\r\nY: " + long[:500], 431, tooLong},
		} {
			t.Run(name, func(t *testing.T) {
				a := b.ask(t, c.request)
				message, _ := decode(t, a.body)["error"].(string)
				if a.status != c.status || !strings.Contains(message, c.message) || a.header.Get("Content-Type") != "application/json" {
					t.Errorf("%d %v: %q, want %d with %q", a.status, a.header, a.body, c.status, c.message)
				}
				if allow := a.header.Get("Allow"); (allow == "GET, HEAD") != (c.status == 405) {
					t.Errorf("Allow: %q with status %d", allow, a.status)
				}
			})
		}
	})

	t.Run("accepted", func(t *testing.T) {
		for name, request := range map[string]string{
			"HTTP/1.0":        "GET / HTTP/1.0\r\n\r\n",
			"absolute form":   "GET http://desk.local/ HTTP/1.1\r\nHost: desk.local\r\n\r\n",
			"no path in it":   "GET http://desk.local HTTP/1.1\r\nHost: desk.local\r\n\r\n",
			"query":           "GET /?a=%zz&b HTTP/1.1\r\n\r\n",
			"head of a 1 KB":  "GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 900) + "\r\n\r\n",
			"body with a GET": "GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
		} {
			t.Run(name, func(t *testing.T) {
				if a := b.ask(t, request); a.status != 200 || !strings.Contains(a.body, "1234") {
					t.Errorf("%d: %s", a.status, a.body)
				}
			})
		}
	})

	t.Run("body swallowed", func(t *testing.T) {
		// The body arrives after the answer. If the board closed early, it would reset the connection.
		for _, method := range []string{"GET", "POST"} {
			conn := b.dial()
			if _, err := io.WriteString(conn, method+" / HTTP/1.1\r\nContent-Length: 60000\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			one := make([]byte, 1)
			if _, err := io.ReadFull(conn, one); err != nil {
				t.Fatal(err)
			}
			if _, err := io.WriteString(conn, strings.Repeat("x", 60000)); err != nil {
				t.Fatal(err)
			}
			if all, err := io.ReadAll(conn); err != nil || !strings.Contains(string(all), "Connection: close") {
				t.Errorf("%s: %v after %q", method, err, all)
			}
		}
	})

	t.Run("byte by byte", func(t *testing.T) {
		conn := b.dial()
		for _, c := range []byte("GET /api/read/light HTTP/1.1\r\nHost: desk\r\n\r\n") {
			if _, err := conn.Write([]byte{c}); err != nil {
				t.Fatal(err)
			}
		}
		if a := readAnswer(t, conn, "GET"); a.status != 200 || decode(t, a.body)["value"] != 1234.0 {
			t.Errorf("%d: %s", a.status, a.body)
		}
	})

	t.Run("clients that leave", func(t *testing.T) {
		for i := range 20 {
			conn := b.dial()
			if i%2 == 0 {
				// Close resets the connection.
				if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: de"); err != nil {
				t.Fatal(err)
			}
			conn.Close()
		}
		if a := b.get(t, "/"); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
	})

	t.Run("idle connections", func(t *testing.T) {
		var idle []net.Conn
		for range 10 {
			idle = append(idle, b.dial())
		}
		if a := b.get(t, "/"); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
		// The oldest connection was closed to make room, the youngest is still open.
		if _, err := idle[0].Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the oldest idle connection: %v, want EOF", err)
		}
		if _, err := io.WriteString(idle[9], "GET / HTTP/1.1\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if a := readAnswer(t, idle[9], "GET"); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
	})

	t.Run("curl", func(t *testing.T) {
		curl := need.Program(t, "curl", "curl")
		out, err := exec.CommandContext(t.Context(), curl, "-q", "-sS", "--noproxy", "*", "--max-time", "20", "http://"+b.Addr().String()+"/").CombinedOutput()
		if err != nil || !strings.Contains(string(out), "1234") {
			t.Errorf("%v: %s", err, out)
		}
	})
}
