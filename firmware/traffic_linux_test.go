package firmware_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// The firmware's limits.
const maxClients, maxStreams = 6, 3

// crowd is the number of clients at a time. The other places are for clients that have left without the firmware's
// knowledge: at most one for each present client. A visit that exceeds the limits on purpose counts as a whole crowd.
const crowd = maxClients / 2

// page is a path and a part of its body.
type page struct{ path, part string }

var pages = []page{
	{"/", "Your light sensor value is: 1234"},
	{"/metrics", "mpboard_light_raw 1234"},
	{"/api/info", `"api": 1`},
	{"/api/read", `"sensor": "light", "value": 1234`},
	{"/api/read/light", `"value": 1234`},
	{"/api/read/broken", `"value": null`},
}

func (p page) check(c *client) error {
	a, err := c.get(p.path)
	if err != nil {
		return fmt.Errorf("GET %s: %w", p.path, err)
	}
	if a.status != 200 || !strings.Contains(a.body, p.part) ||
		a.header.Get("Content-Type") == "application/json" && !json.Valid([]byte(a.body)) {
		return fmt.Errorf("GET %s: %d %v %q, want 200 with %s", p.path, a.status, a.header, a.body, p.part)
	}
	return nil
}

// refusal is a request that is answered with an error.
type refusal struct {
	request string
	status  int
}

var refusals = []refusal{
	{"GET /none HTTP/1.1\r\n\r\n", 404},
	{"GET /api/read/smell HTTP/1.1\r\n\r\n", 404},
	{"GET /api/stream?interval=5 HTTP/1.1\r\n\r\n", 400},
	{"GET /api/stream?sensor=smell HTTP/1.1\r\n\r\n", 404},
	{"DELETE / HTTP/1.1\r\n\r\n", 405},
	{"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
	{"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413},
	{"GET / HTTP/2.0\r\n\r\n", 505},
	{"\x16\x03\x01\x02\x00\xff\r\n\r\n", 400},
	{"GET /" + strings.Repeat("x", 3000), 414},
	{"GET / HTTP/1.1\r\nX: " + strings.Repeat("x", 3000) + "\r\n\r\n", 431},
}

func (r refusal) check(c *client) error {
	a, err := c.ask(r.request)
	if err != nil {
		return fmt.Errorf("%.40q: %w", r.request, err)
	}
	var says struct{ Error string }
	if err := json.Unmarshal([]byte(a.body), &says); err != nil || a.status != r.status || says.Error == "" {
		return fmt.Errorf("%.40q: %d %q, want %d with an error", r.request, a.status, a.body, r.status)
	}
	return nil
}

// visit is a kind of client. The firmware must serve each, except those that exceed its limits on purpose.
type visit struct {
	name  string
	share int                                 // of all visits, relative to the other shares
	part  int                                 // of the crowd
	run   func(c *client, r *rand.Rand) error // returns an error if the firmware does something wrong
}

var visits = []visit{
	{"page", 5000, 1, func(c *client, r *rand.Rand) error { return pages[r.IntN(len(pages))].check(c) }},
	{"HEAD", 700, 1, headOnly},
	{"refused", 1500, 1, func(c *client, r *rand.Rand) error { return refusals[r.IntN(len(refusals))].check(c) }},
	{"head in pieces", 500, 2, inPieces},
	{"head without end", 2, 1, withoutEnd},
	{"body after the answer", 300, 1, lateBody},
	{"leaves early", 1500, 1, leavesEarly},
	{"stream", 600, 1, reader},
	{"too many streams", 20, crowd, tooManyStreams},
	{"burst", 20, crowd, func(c *client, r *rand.Rand) error { return burst(c, maxClients+2+r.IntN(30), r.IntN(8)) }},
}

// headOnly checks that nothing follows the head.
func headOnly(c *client, r *rand.Rand) error {
	path := pages[r.IntN(len(pages))].path
	conn, err := c.send("HEAD " + path + " HTTP/1.1\r\n\r\n")
	if err != nil {
		return err
	}
	defer conn.Close()
	got, err := io.ReadAll(conn)
	if err != nil {
		return err
	}
	if _, body, found := strings.Cut(string(got), "\r\n\r\n"); !found || body != "" || !bytes.HasPrefix(got, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("HEAD %s: %q", path, got)
	}
	return nil
}

// inPieces is a slow client: between the pieces of its head, other clients are served.
func inPieces(c *client, r *rand.Rand) error {
	request := "GET /api/read/light HTTP/1.1\r\nHost: desk\r\nUser-Agent: slow\r\n\r\n"
	conn, err := c.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	for request != "" {
		n := min(len(request), 1+r.IntN(30))
		if _, err := io.WriteString(conn, request[:n]); err != nil {
			return err
		}
		request = request[n:]
		if err := c.checkServed(); err != nil {
			return err
		}
	}
	a, err := c.read(conn, "GET")
	if err == nil && a.status != 200 {
		err = fmt.Errorf("status %d: %s", a.status, a.body)
	}
	return err
}

// withoutEnd never completes its head, and waits until the firmware closes the connection.
func withoutEnd(c *client, _ *rand.Rand) error {
	conn, err := c.send("GET / HTTP/1.1\r\nHost: de")
	if err != nil {
		return err
	}
	defer conn.Close()
	if got, err := io.ReadAll(conn); err != nil || len(got) > 0 {
		return fmt.Errorf("got %q, %v; want the end", got, err)
	}
	return nil
}

// lateBody sends its body after the answer. The firmware discards the body, and does not reset the connection.
func lateBody(c *client, r *rand.Rand) error {
	size := 1 + r.IntN(20_000)
	conn, err := c.send(fmt.Sprintf("GET / HTTP/1.1\r\nContent-Length: %d\r\n\r\n", size))
	if err != nil {
		return err
	}
	defer conn.Close()
	a, err := c.read(conn, "GET")
	if err != nil || a.status != 200 {
		return fmt.Errorf("status %d, %v; want 200", a.status, err)
	}
	if _, err := conn.Write(make([]byte, size)); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, conn)
	return err
}

// leavesEarly closes the connection at once, within the head, before the answer, or within the answer.
func leavesEarly(c *client, r *rand.Rand) error {
	request := "GET / HTTP/1.1\r\nHost: desk\r\n\r\n"
	conn, err := c.send(request[:r.IntN(len(request)+1)])
	if err != nil {
		return err
	}
	return leave(conn, r)
}

func leave(conn *net.TCPConn, r *rand.Rand) error {
	if r.IntN(2) == 0 {
		return reset(conn)
	}
	return conn.Close()
}

// openStream opens a stream and reads the head of the answer.
func openStream(c *client) (*net.TCPConn, *bufio.Reader, error) {
	conn, err := c.send("GET /api/stream?sensor=light&interval=100 HTTP/1.1\r\n\r\n")
	if err != nil {
		return nil, nil, err
	}
	resp, err := c.head(conn, "GET")
	if err == nil && resp.StatusCode != 200 {
		err = fmt.Errorf("a stream: status %d", resp.StatusCode)
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, bufio.NewReader(resp.Body), nil
}

func reader(c *client, r *rand.Rand) error {
	conn, events, err := openStream(c)
	if err != nil {
		return err
	}
	defer conn.Close()
	for range r.IntN(3) {
		for line := "\n"; !strings.HasPrefix(line, "data: "); {
			if line, err = events.ReadString('\n'); err != nil {
				return fmt.Errorf("waiting for an event: %w", err)
			}
			if data, found := strings.CutPrefix(line, "data: "); found && !strings.Contains(data, `"value": 1234`) {
				return fmt.Errorf("event %q", data)
			}
		}
	}
	return leave(conn, r)
}

func tooManyStreams(c *client, _ *rand.Rand) error {
	for range maxStreams {
		conn, _, err := openStream(c)
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	a, err := c.get("/api/stream")
	if err == nil && (a.status != 503 || a.header.Get("Retry-After") == "") {
		err = fmt.Errorf("one stream too many: %d %v, want 503 and Retry-After", a.status, a.header)
	}
	return err
}

// burst requests the page over more connections at once than the firmware accepts, beside some idle connections. At
// least maxClients requests must get the page. The others are answered with 503, or closed before they have asked.
func burst(c *client, asking, idle int) error {
	for range idle {
		conn, err := c.dial()
		if err != nil {
			return err
		}
		defer conn.Close()
	}
	var clients sync.WaitGroup
	results := make(chan error, asking)
	for range asking {
		clients.Go(func() { results <- oneOfMany(c) })
	}
	clients.Wait()
	close(results)
	whole := 0
	var failed error
	for err := range results {
		switch {
		case err == nil:
			whole++
		case !errors.Is(err, errTurnedAway):
			failed = errors.Join(failed, err)
		}
	}
	if whole < maxClients {
		failed = errors.Join(failed, fmt.Errorf("%d of %d requests got the page, want %d at least", whole, asking, maxClients))
	}
	return failed
}

var errTurnedAway = errors.New("turned away")

func oneOfMany(c *client) error {
	conn, err := c.dial()
	if err != nil {
		return err
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\n\r\n")
	got, _ := io.ReadAll(conn)
	switch {
	case bytes.HasPrefix(got, []byte("HTTP/1.1 200 ")) && bytes.HasSuffix(got, []byte("</script>\n")):
		return nil
	case len(got) == 0, bytes.HasPrefix(got, []byte("HTTP/1.1 503 ")) && bytes.Contains(got, []byte("Retry-After: ")):
		return errTurnedAway
	}
	return fmt.Errorf("neither the page nor a request to come back: %q", got)
}

// traffic returns a function that chooses the next visit: first every kind once, then at random by their shares.
func traffic(r *rand.Rand) func() visit {
	total := 0
	for _, v := range visits {
		total += v.share
	}
	first := r.Perm(len(visits))
	return func() visit {
		if len(first) > 0 {
			v := visits[first[0]]
			first = first[1:]
			return v
		}
		n := r.IntN(total)
		for _, v := range visits {
			if n -= v.share; n < 0 {
				return v
			}
		}
		panic("the shares do not add up")
	}
}

// TestTraffic sends clients of all kinds, a crowd at a time. Each must be answered as it should, and no heap may leak.
// MPCTL_SOAK=1 makes it 100,000 answers.
func TestTraffic(t *testing.T) {
	answers, limit, seed := 3000, 2*time.Minute, uint64(1)
	if os.Getenv("MPCTL_SOAK") != "" {
		answers, limit, seed = 100_000, 20*time.Minute, uint64(time.Now().UnixNano()%1_000_000)
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	b := startWired(t)

	const samples = 20
	var heap []int // the free heap at each sample
	next, began, clients := traffic(r), time.Now(), sync.WaitGroup{}
	room := make(chan struct{}, crowd)
	for len(heap) <= samples && !t.Failed() {
		if b.answered() >= answers*len(heap)/samples {
			clients.Wait()
			heap = append(heap, b.heapFree(t))
			t.Logf("%v: %d answers, %d bytes of heap free", time.Since(began).Round(time.Second), b.answered(), heap[len(heap)-1])
		}
		if time.Since(began) > limit {
			t.Errorf("only %d of %d answers in %v", b.answered(), answers, limit)
		}
		v, random := next(), rand.New(rand.NewPCG(r.Uint64(), 0))
		for range v.part {
			room <- struct{}{}
		}
		clients.Go(func() {
			if err := v.run(b.client, random); err != nil {
				t.Errorf("%s: %v", v.name, err)
			}
			for range v.part {
				<-room
			}
		})
	}
	clients.Wait()
	if t.Failed() {
		return
	}
	t.Logf("answers by status: %v", b.answers)
	eventually(t, "the board closes what its clients left", func() bool { return b.sockets(t) == b.idleSockets })
	if err := b.checkServed(); err != nil {
		t.Error(err)
	}
	tenth := samples / 10
	if first, last := max(heap[1], heap[tenth]), max(heap[samples-tenth+1], heap[samples]); first-last > 1024 {
		t.Errorf("%d bytes of heap are free in the last tenth, %d were in the first", last, first)
	}
}
