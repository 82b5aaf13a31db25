//go:build linux || darwin

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"mpctl/internal/test/netns"
	"mpctl/internal/test/wired"
)

// neighbours are the other clients that are connected while one is measured.
var neighbours = []struct {
	name    string
	count   int
	request string
	settle  time.Duration // until its effect is greatest
}{
	{"nobody", 0, "", 0},
	{"5 half-requests", 5, "GET / HTTP/1.1\r\nHost: de", 0},
	// Its buffers of 4 KB are full after four events. Ten are sent each second.
	{"a stream that is not read", 1, "GET /api/stream?sensor=long&interval=100 HTTP/1.1\r\n\r\n", time.Second},
}

// maxRound is the limit for a round: the firmware closes a connection that has stalled for five seconds.
const maxRound = 3 * time.Second

// latencies measures how long a client waits for its answers while neighbours are connected. The best round counts: a
// neighbour's effect is in every round, that of other programs is not.
func latencies(ctx context.Context, length time.Duration) error {
	restore, err := netns.SmallBuffers()
	if err != nil {
		fmt.Printf("latency beside others that stall: not measured: %v\n", err)
		return nil
	}
	defer restore()
	b, err := wired.New(map[string]string{"/sensors.py": sensors + `SENSORS["long"] = {"read": lambda: 1, "unit": "x" * 1000}`})
	if err != nil {
		return err
	}
	defer b.Remove()
	s, err := b.Serve(ctx, b.Heap())
	if err != nil {
		return err
	}
	defer s.Stop()
	results := make([]result, len(neighbours))
	for range rounds {
		for i, n := range neighbours {
			var conns []net.Conn
			for range n.count {
				conn, err := net.Dial("tcp4", s.Address)
				if err != nil {
					return err
				}
				defer conn.Close()
				if _, err := io.WriteString(conn, n.request); err != nil {
					return err
				}
				conns = append(conns, conn)
			}
			time.Sleep(n.settle)
			r, err := wrk(ctx, 1, s.Address, "/api/read/light", min(length/rounds, maxRound))
			if err != nil {
				return fmt.Errorf("measuring beside %s: %w", n.name, err)
			}
			for _, conn := range conns {
				if err := checkConnected(conn); err != nil {
					return fmt.Errorf("measuring beside %s: it did not stay: %w", n.name, err)
				}
				conn.Close()
			}
			if results[i].p99 == 0 || r.p99 < results[i].p99 {
				results[i] = r
			}
		}
	}
	w := table("one client beside", "p50", "p99", "failed")
	for i, n := range neighbours {
		fmt.Fprintf(w, "%s\t%v\t%v\t%d\t\n", n.name, results[i].p50, results[i].p99, results[i].failed)
	}
	return w.Flush()
}

// checkConnected returns an error if the other end has closed the connection.
func checkConnected(conn net.Conn) error {
	if err := conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, conn)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil
	}
	return cmp.Or(err, io.EOF)
}
