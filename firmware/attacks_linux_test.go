package firmware_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"mpctl/internal/test/netns"
)

// attacks are hostile clients that a board must survive without a leak.
var attacks = []struct {
	name string
	run  func(t *testing.T, b *wiredBoard) error
}{
	{"idle half-requests", func(t *testing.T, b *wiredBoard) error {
		for range 20 {
			conn, err := b.send("GET / HTTP/1.1\r\nHost: de")
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := b.checkServed(); err != nil {
				return err
			}
		}
		return nil
	}},
	{"long request line", func(t *testing.T, b *wiredBoard) error {
		conn, err := b.dial()
		if err != nil {
			return err
		}
		defer conn.Close()
		go func() { _, _ = io.WriteString(conn, "GET /"+strings.Repeat("x", 300<<10)) }()
		a, err := b.read(conn, "GET")
		if err == nil && a.status != 414 {
			err = fmt.Errorf("status %d, want 414", a.status)
		}
		return err
	}},
	{"resets", func(t *testing.T, b *wiredBoard) error {
		for i := range 200 {
			// At once, in the middle of the head, and with the answer on its way.
			conn, err := b.send([]string{"", "GET /", "GET / HTTP/1.1\r\n\r\n"}[i%3])
			if err != nil {
				return err
			}
			if err := reset(conn); err != nil {
				return err
			}
			// A SYN that finds the queue full is repeated only after seconds, so wait until the board has
			// accepted these.
			if i%3 == 2 {
				if err := b.checkServed(); err != nil {
					return err
				}
			}
		}
		return nil
	}},
	{"garbage", func(t *testing.T, b *wiredBoard) error {
		for _, head := range []string{
			"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "\x00\x00\x00\x00", "\r\n\r\n\r\n\r\n", "   \r\n\r\n", "GET\r\n\r\n",
			"GET / HTTP/1.1\n\n", "GET / HTTP/9.9\r\n\r\n", "GET /%zz%%%ff HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
			"\xff\xff \xff \xff\r\n\r\n", "SSTP_DUPLEX_POST / HTTP/1.1\r\n\r\n", strings.Repeat("\r\n", 700), strings.Repeat("\x80", 3000),
		} {
			conn, err := b.send(head)
			if err != nil {
				return err
			}
			_ = conn.CloseWrite() // fails if the board has closed the connection
			got, _ := io.ReadAll(conn)
			conn.Close()
			if len(got) > 0 && !bytes.HasPrefix(got, []byte("HTTP/1.1 4")) && !bytes.HasPrefix(got, []byte("HTTP/1.1 505 ")) {
				return fmt.Errorf("head %q: %q", head, got)
			}
		}
		return nil
	}},
	{"body that never comes", func(t *testing.T, b *wiredBoard) error {
		for range 10 {
			conn, err := b.send("POST / HTTP/1.1\r\nContent-Length: 60000\r\n\r\nonly this")
			if err != nil {
				return err
			}
			defer conn.Close()
		}
		return b.checkServed()
	}},
	{"stream that nobody reads", func(t *testing.T, b *wiredBoard) error {
		conn, err := b.send("GET /api/stream?sensor=long&interval=100 HTTP/1.1\r\n\r\n")
		if err != nil {
			return err
		}
		defer conn.Close()
		if _, err := io.ReadFull(conn, make([]byte, 10)); err != nil {
			return err
		}
		// The buffers of both ends fill. Five seconds later the board closes the connection.
		before := b.sockets(t)
		eventually(t, "the board drops the reader", func() bool { return b.sockets(t) < before })
		return nil
	}},
	{"fifty at once", func(t *testing.T, b *wiredBoard) error { return burst(b.client, 50, 0) }},
	{"client that leaves mid-answer", func(t *testing.T, b *wiredBoard) error {
		for range 20 {
			conn, err := b.send("GET / HTTP/1.1\r\n\r\n")
			if err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, make([]byte, 10)); err != nil {
				return err
			}
			if err := reset(conn); err != nil {
				return err
			}
		}
		return nil
	}},
}

func TestAttacks(t *testing.T) {
	netns.Require(t)
	restore, err := netns.SmallBuffers()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(restore)
	b := startWired(t)
	for _, attack := range attacks {
		t.Run(attack.name, func(t *testing.T) {
			heap := b.heapFree(t)
			if err := attack.run(t, b); err != nil {
				t.Fatal(err)
			}
			eventually(t, "the board closes what the attack opened", func() bool { return b.sockets(t) == b.idleSockets })
			if err := b.checkServed(); err != nil {
				t.Error(err)
			}
			if after := b.heapFree(t); heap-after > 1024 {
				t.Errorf("%d bytes of heap are free, %d were before", after, heap)
			}
		})
	}
}
