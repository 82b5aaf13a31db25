package firmware_test

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mpctl/internal/netns"
)

// sockets counts what the board's MicroPython has open.
func (b *board) sockets() int {
	b.t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, process := range processes {
		line, err := os.ReadFile(filepath.Join(process, "cmdline"))
		if err != nil || !bytes.Contains(line, []byte(filepath.Dir(b.Flash())+"\x00hard")) {
			continue
		}
		open, err := filepath.Glob(filepath.Join(process, "fd", "*"))
		if err != nil {
			b.t.Fatal(err)
		}
		n := 0
		for _, fd := range open {
			if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:") {
				n++
			}
		}
		return n
	}
	b.t.Fatal("the board's process is not there")
	return 0
}

// heapFree is the free heap after a collection. Of a few looks the best: what the loop just does is no leak.
func (b *board) heapFree(t *testing.T) int {
	t.Helper()
	most := 0
	for range 3 {
		most = max(most, int(decode(t, b.get(t, "/api/info").body)["heap_free"].(float64)))
	}
	return most
}

// warmUp asks for everything once: what a route imports at its first use is no leak.
func (b *board) warmUp(t *testing.T) {
	t.Helper()
	for _, path := range []string{"/", "/metrics", "/api/info", "/api/read", "/api/read/light", "/none", "/api/stream?interval=1"} {
		b.get(t, path)
	}
	conn, _ := b.stream(t, "")
	conn.Close()
	b.ask(t, "\r\n\r\n")
}

// reset makes closing a connection an RST.
func reset(t *testing.T, conn net.Conn) {
	t.Helper()
	if err := conn.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

// attacks are what a board must live through; each leaves nothing behind.
var attacks = []struct {
	name string
	run  func(t *testing.T, b *board)
}{
	{"idle half-requests", func(t *testing.T, b *board) {
		for range 20 {
			conn := b.dial()
			defer conn.Close()
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: de"); err != nil {
				t.Fatal(err)
			}
			if a := b.get(t, "/api/read/light"); a.status != 200 {
				t.Errorf("another client: %d", a.status)
			}
		}
	}},
	{"long request line", func(t *testing.T, b *board) {
		conn := b.dial()
		defer conn.Close()
		go func() { _, _ = io.WriteString(conn, "GET /"+strings.Repeat("x", 300<<10)) }()
		if a := readAnswer(t, conn, "GET"); a.status != 414 {
			t.Errorf("status %d, want 414", a.status)
		}
	}},
	{"resets", func(t *testing.T, b *board) {
		for i := range 200 {
			conn := b.dial()
			// At once, in the middle of the head, and with the answer on its way.
			if _, err := io.WriteString(conn, []string{"", "GET /", "GET / HTTP/1.1\r\n\r\n"}[i%3]); err != nil {
				t.Fatal(err)
			}
			reset(t, conn)
		}
	}},
	{"garbage", func(t *testing.T, b *board) {
		for i, head := range []string{
			"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x00\x00\x00\x00", "\r\n\r\n\r\n\r\n", "   \r\n\r\n", "GET\r\n\r\n",
			"GET / HTTP/1.1\n\n", "GET / HTTP/9.9\r\n\r\n", "GET /%zz%%%ff HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
			"\xff\xff \xff \xff\r\n\r\n", "SSTP_DUPLEX_POST / HTTP/1.1\r\n\r\n", strings.Repeat("\r\n", 700), strings.Repeat("\x80", 3000),
		} {
			conn := b.dial()
			if _, err := io.WriteString(conn, head); err != nil {
				t.Fatal(err)
			}
			if err := conn.(*net.TCPConn).CloseWrite(); err != nil && !strings.Contains(err.Error(), "not connected") {
				t.Fatal(err)
			}
			got, _ := io.ReadAll(conn)
			conn.Close()
			if len(got) > 0 && (!bytes.HasPrefix(got, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(got, []byte("HTTP/1.1 505 "))) {
				t.Errorf("head %d: %q", i, got)
			}
		}
	}},
	{"body that never comes", func(t *testing.T, b *board) {
		for range 10 {
			conn := b.dial()
			defer conn.Close()
			if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\nContent-Length: 60000\r\n\r\nonly this"); err != nil {
				t.Fatal(err)
			}
		}
		if a := b.get(t, "/"); a.status != 200 {
			t.Errorf("another client: %d", a.status)
		}
	}},
	{"stream that nobody reads", func(t *testing.T, b *board) {
		conn, _ := b.stream(t, "?sensor=long&interval=100")
		defer conn.Close()
		// Both computers' buffers fill; five seconds later the board has closed its end.
		before := b.sockets()
		eventually(t, "the board drops the reader", func() bool { return b.sockets() < before })
	}},
	{"fifty at once", func(t *testing.T, b *board) {
		var all sync.WaitGroup
		whole := make(chan bool, 50)
		for range 50 {
			all.Go(func() {
				conn, err := net.DialTimeout("tcp4", b.Addr().String()+":80", patience)
				if err != nil {
					return
				}
				defer conn.Close()
				_ = conn.SetDeadline(time.Now().Add(patience))
				_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n")
				got, _ := io.ReadAll(conn)
				switch {
				case bytes.HasPrefix(got, []byte("HTTP/1.1 200 ")) && bytes.HasSuffix(got, []byte("</script>\n")):
					whole <- true
				case len(got) > 0 && !(bytes.HasPrefix(got, []byte("HTTP/1.1 503 ")) && bytes.Contains(got, []byte("Retry-After: "))):
					t.Errorf("neither the page nor a request to come back: %q", got)
				}
			})
		}
		all.Wait()
		if len(whole) < 6 {
			t.Errorf("%d of 50 have the page, want as many as there are slots at least", len(whole))
		}
	}},
	{"client that leaves mid-answer", func(t *testing.T, b *board) {
		for range 20 {
			conn := b.dial()
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, make([]byte, 10)); err != nil {
				t.Fatal(err)
			}
			reset(t, conn)
		}
	}},
}

// longReading makes each event of its stream so long that the buffers on its way are full in seconds.
const longReading = `SENSORS = {"long": {"read": lambda: 1, "unit": "x" * 1000}}`

func TestAttacks(t *testing.T) {
	netns.Require(t)
	for _, buffer := range []string{"tcp_rmem", "tcp_wmem"} {
		path := "/proc/sys/net/ipv4/" + buffer
		before, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte("4096 4096 4096"), 0)
		}
		if err != nil {
			t.Fatalf("making the namespace's buffers small: %v", err)
		}
		t.Cleanup(func() { _ = os.WriteFile(path, before, 0) })
	}
	b := serving(t, nil, map[string]string{"/sensors.py": longReading})
	resting := b.sockets()
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			b.warmUp(t)
			heap := b.heapFree(t)
			eventually(t, "the board is at rest", func() bool { return b.sockets() == resting })
			attack.run(t, b)
			eventually(t, "the board closes what the attack opened", func() bool { return b.sockets() == resting })
			if a := b.get(t, "/api/read/light"); a.status != 200 {
				t.Errorf("the next request: %d", a.status)
			}
			if after := b.heapFree(t); heap-after > 1024 {
				t.Errorf("%d bytes of heap are free, %d were before", after, heap)
			}
		})
	}
}
