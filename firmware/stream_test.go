//go:build linux || darwin

package firmware_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/sim"
)

// stream opens /api/stream with a query, and reads the head of the answer.
func (b *board) stream(t *testing.T, query string) (net.Conn, *http.Response) {
	t.Helper()
	conn := b.dial()
	if _, err := io.WriteString(conn, "GET /api/stream"+query+" HTTP/1.1\r\nHost: desk\r\nAccept: text/event-stream\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, resp
}

// event reads the next event, which is a single line.
func event(t *testing.T, r *bufio.Reader) string {
	t.Helper()
	line, err := r.ReadString('\n')
	if err != nil {
		t.Fatalf("waiting for an event: %v", err)
	}
	if end, err := r.ReadString('\n'); err != nil || end != "\n" {
		t.Fatalf("%q is followed by %q, %v, want an empty line", line, end, err)
	}
	return strings.TrimSuffix(line, "\n")
}

func TestStream(t *testing.T) {
	b := serving(t, nil, nil)

	t.Run("one sensor", func(t *testing.T) {
		conn, resp := b.stream(t, "?sensor=light&interval=100")
		defer conn.Close()
		if got := resp.Header.Get("Content-Type"); resp.StatusCode != 200 || got != "text/event-stream" {
			t.Errorf("status %d, type %s", resp.StatusCode, got)
		}
		if got := resp.Header.Get("Cache-Control"); got != "no-cache" || resp.ContentLength != -1 {
			t.Errorf("Cache-Control %q, length %d, want no-cache and none", got, resp.ContentLength)
		}
		events := bufio.NewReader(resp.Body)
		if got := event(t, events); got != "retry: 2000" {
			t.Errorf("the first event is %q, want the time to wait before another try", got)
		}
		uptime := -1.0
		for range 4 {
			text, isData := strings.CutPrefix(event(t, events), "data: ")
			if !isData {
				t.Fatalf("an event without data: %q", text)
			}
			got := decode(t, text)
			if now := got["uptime_ms"].(float64); now <= uptime {
				t.Errorf("a reading at %v ms follows one at %v ms", now, uptime)
			} else {
				uptime = now
			}
			delete(got, "uptime_ms")
			want := map[string]any{"sensor": "light", "value": 1234.0, "unit": "raw", "min": 0.0, "max": 4095.0}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		}
	})

	t.Run("all sensors", func(t *testing.T) {
		conn, resp := b.stream(t, "")
		defer conn.Close()
		events := bufio.NewReader(resp.Body)
		event(t, events)
		got := decode(t, strings.TrimPrefix(event(t, events), "data: "))
		all := decode(t, b.get(t, "/api/read").body)
		if len(got["readings"].([]any)) != len(all["readings"].([]any)) || got["uptime_ms"] == nil {
			t.Errorf("got %v, want as much as %v", got, all)
		}
	})

	t.Run("refused", func(t *testing.T) {
		for query, want := range map[string]int{
			"?interval=99": 400, "?interval=60001": 400, "?interval=": 400, "?interval=-500": 400, "?interval=1e3": 400,
			"?interval=500.5": 400, "?interval=99999999999999": 400, "?sensor=smell": 404, "?sensor=%ff": 400, "?sensor": 404,
		} {
			a := b.get(t, "/api/stream"+query)
			if text, _ := decode(t, a.body)["error"].(string); a.status != want || text == "" {
				t.Errorf("%s: %d %s, want %d with an error", query, a.status, a.body, want)
			}
		}
	})

	t.Run("escaped query", func(t *testing.T) {
		conn, resp := b.stream(t, "?x=%zz&interval=60000&sensor=%6cigh%74&interval=5")
		defer conn.Close()
		if resp.StatusCode != 200 {
			t.Errorf("status %d", resp.StatusCode)
		}
	})

	t.Run("at most three", func(t *testing.T) {
		var open []net.Conn
		for range 3 {
			conn, resp := b.stream(t, "?interval=60000")
			if resp.StatusCode != 200 {
				t.Fatalf("status %d", resp.StatusCode)
			}
			open = append(open, conn)
		}
		fourth := b.get(t, "/api/stream")
		if fourth.status != 503 || fourth.header.Get("Retry-After") != "1" || decode(t, fourth.body)["error"] == nil {
			t.Errorf("the fourth stream: %d %v %s", fourth.status, fourth.header, fourth.body)
		}
		if a := b.ask(t, "HEAD /api/stream HTTP/1.1\r\n\r\n"); a.status != 200 || a.header.Get("Content-Type") != "text/event-stream" {
			t.Errorf("HEAD: %d %v", a.status, a.header)
		}
		if a := b.get(t, "/"); a.status != 200 {
			t.Errorf("the page beside three streams: %d", a.status)
		}
		for _, conn := range open {
			conn.Close()
		}
		// The board polls those sockets before it serves the next client, and so learns that they are closed.
		conn, resp := b.stream(t, "")
		defer conn.Close()
		if resp.StatusCode != 200 {
			t.Errorf("a stream after others have gone: %d", resp.StatusCode)
		}
	})
}

// heartbeat sets the time of a stream, so that no test waits fifteen seconds.
const heartbeat = `
import time
from mpctl import stream
clock = 0
class Time:
    ticks_ms = lambda: clock
    ticks_add, ticks_diff = time.ticks_add, time.ticks_diff
stream.time = Time
s = stream.Stream(40000, lambda: b"{}\n")
for clock in (0, 1, 14999, 15000, 15001, 30000, 40000, 200000, 200001):
    print(clock, s.piece(), s.wait)
`

func TestHeartbeat(t *testing.T) {
	b := blank(t, sim.Config{})
	b.install(nil, map[string]string{"/heartbeat.py": heartbeat})
	printed, traceback := b.run("import heartbeat")
	want := strings.Join([]string{
		`0 b'retry: 2000\n\ndata: {}\n\n' 0`,
		`1 b'' 14999`,
		`14999 b'' 1`,
		`15000 b':\n\n' 1`,
		`15001 b'' 14999`,
		`30000 b':\n\n' 14999`,
		`40000 b'data: {}\n\n' 14999`,
		`200000 b'data: {}\n\n' 14999`,
		`200001 b'' 14999`,
		"",
	}, "\r\n")
	if diff := cmp.Diff(want, printed); diff != "" || traceback != "" {
		t.Errorf("%s%s", diff, traceback)
	}
}
