package firmware_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mpctl/internal/test/netns"
	"mpctl/internal/test/wired"
)

// wiredSensors are the sensors of a wired board: "broken" always fails; the events of "long" fill the buffers of a
// connection within seconds.
const wiredSensors = `
def broken():
    raise OSError(5)

SENSORS = {
    "light": {"read": lambda: 1234, "unit": "raw", "min": 0, "max": 4095},
    "broken": {"read": broken},
    "long": {"read": lambda: 1, "unit": "x" * 1000},
}
`

// wiredBoard is the firmware in a board's heap, without a simulated board, and a client for it.
type wiredBoard struct {
	*wired.Server
	*client
	idleSockets int // open sockets without a client
}

func startWired(t *testing.T) *wiredBoard {
	t.Helper()
	netns.Require(t)
	b, err := wired.New(map[string]string{"/sensors.py": wiredSensors})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Remove)
	t.Logf("%d-bit MicroPython with %d KB of heap", b.Bits, b.Heap()>>10)
	s, err := b.Serve(t.Context(), b.Heap())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop()
		// The firmware prints each exception that it survives, such as a MemoryError.
		if output := s.Said(); output != "" {
			t.Errorf("the firmware prints: %s", output)
		}
	})
	wb := &wiredBoard{Server: s, client: &client{address: s.Address, answers: map[int]int{}}}
	wb.idleSockets = wb.sockets(t)
	if err := wb.warmUp(); err != nil {
		t.Fatal(err)
	}
	return wb
}

// warmUp requests everything once, for first requests take memory that is no leak: they import modules, and the first
// answer with a status begins its counter.
func (b *wiredBoard) warmUp() error {
	for _, page := range pages {
		if err := page.check(b.client); err != nil {
			return err
		}
	}
	for _, r := range refusals {
		if err := r.check(b.client); err != nil {
			return err
		}
	}
	return tooManyStreams(b.client, nil)
}

// sockets counts the open sockets of the firmware.
func (b *wiredBoard) sockets(t *testing.T) int {
	t.Helper()
	open, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", b.Pid()))
	if err != nil || len(open) == 0 {
		t.Fatalf("the firmware's process is not there: %v", err)
	}
	n := 0
	for _, fd := range open {
		if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// heapFree is the free heap after a collection: the best of three, since what the loop needs for the moment is no leak.
func (b *wiredBoard) heapFree(t *testing.T) int {
	t.Helper()
	best := 0
	for range 3 {
		a, err := b.get("/api/info")
		if err != nil {
			t.Fatal(err)
		}
		best = max(best, int(decode(t, a.body)["heap_free"].(float64)))
	}
	return best
}

// client is used by many goroutines, so its methods return errors instead of ending the test.
type client struct {
	address string
	mu      sync.Mutex
	answers map[int]int // the number by status
}

// dial opens a connection on which reads and writes time out.
func (c *client) dial() (*net.TCPConn, error) {
	conn, err := net.DialTimeout("tcp4", c.address, patience)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), conn.SetDeadline(time.Now().Add(patience))
}

// send opens a connection and writes text.
func (c *client) send(text string) (*net.TCPConn, error) {
	conn, err := c.dial()
	if err != nil {
		return nil, err
	}
	if _, err := io.WriteString(conn, text); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// head reads the head of an answer, but not its body.
func (c *client) head(conn net.Conn, method string) (*http.Response, error) {
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[resp.StatusCode]++
	return resp, nil
}

func (c *client) answered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, count := range c.answers {
		n += count
	}
	return n
}

func (c *client) read(conn net.Conn, method string) (answer, error) {
	resp, err := c.head(conn, method)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		err = fmt.Errorf("reading the body: %w", err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

// ask sends raw bytes over a new connection and reads the answer.
func (c *client) ask(request string) (answer, error) {
	conn, err := c.send(request)
	if err != nil {
		return answer{}, err
	}
	defer conn.Close()
	method, _, _ := strings.Cut(request, " ")
	return c.read(conn, method)
}

func (c *client) get(path string) (answer, error) {
	return c.ask("GET " + path + " HTTP/1.1\r\nHost: desk\r\n\r\n")
}

// checkServed returns an error if the board does not answer another client.
func (c *client) checkServed() error {
	a, err := c.get("/api/read/light")
	if err == nil && a.status != 200 {
		err = fmt.Errorf("status %d: %s", a.status, a.body)
	}
	if err != nil {
		return fmt.Errorf("another client: %w", err)
	}
	return nil
}

// reset closes a connection with an RST.
func reset(conn *net.TCPConn) error {
	if err := conn.SetLinger(0); err != nil {
		return err
	}
	return conn.Close()
}
