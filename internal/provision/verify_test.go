package provision

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/test/netns"
)

// serve answers every request for a reading, and returns where.
func serve(t *testing.T, status int, body string) netip.AddrPort {
	t.Helper()
	netns.Require(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/read/light" {
			t.Errorf("a request for %s", r.URL)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

// awaitNothing is Await when the board does not appear.
func awaitNothing(ctx context.Context, _ string) (boards.Board, error) {
	<-ctx.Done()
	return boards.Board{}, errors.New("no board")
}

func awaitBoard(b boards.Board) func(context.Context, string) (boards.Board, error) {
	return func(_ context.Context, id string) (boards.Board, error) {
		if id != b.ID {
			return boards.Board{}, errors.New("another board is awaited: " + id)
		}
		return b, nil
	}
}

func TestVerifyWithoutCable(t *testing.T) {
	value := 12.5
	for name, tt := range map[string]struct {
		status int
		body   string
		want   *httpclient.Reading
		text   string
	}{
		"reading":       {200, `{"sensor":"light","value":12.5,"unit":"lx"}`, &httpclient.Reading{Sensor: "light", Value: &value, Unit: "lx"}, "light 12.5 lx"},
		"failed sensor": {200, `{"sensor":"light","value":null,"error":"no answer"}`, &httpclient.Reading{Sensor: "light", Error: "no answer"}, "light cannot be read: no answer"},
		"no sensor":     {404, `{"error":"no such sensor"}`, nil, "no light sensor"},
	} {
		t.Run(name, func(t *testing.T) {
			b := boards.Board{ID: "a0b1c2", Name: "desk", Addr: serve(t, tt.status, tt.body)}
			network := &fakeNetwork{await: awaitBoard(b)}
			reporter := &journal{t: t}
			p := &Provisioner{Network: network, Reporter: reporter}
			r, err := p.Verify(t.Context(), Started{ID: "a0b1c2"})
			if err != nil || reporter.names() != "found reading" {
				t.Fatalf("%v, steps %s", err, reporter.names())
			}
			if !cmp.Equal(r.Board, b, cmpopts.EquateComparable(netip.AddrPort{})) || (r.Reading == nil) != (tt.want == nil) || !strings.Contains(reporter.step(StepReading).Text, tt.text) {
				t.Errorf("result = %+v, %q", r, reporter.step(StepReading).Text)
			}
			if tt.want != nil && (r.Reading.Error != tt.want.Error || r.Reading.Unit != tt.want.Unit || (r.Reading.Value == nil) != (tt.want.Value == nil)) {
				t.Errorf("reading = %+v, want %+v", r.Reading, tt.want)
			}
			if want := "desk at " + b.Addr.String(); reporter.step(StepFound).Text != want {
				t.Errorf("found: %q, want %q", reporter.step(StepFound).Text, want)
			}
			if len(network.remembered) > 0 {
				t.Errorf("%v is remembered of a board that is on no cable", network.remembered)
			}
		})
	}
}

func TestVerifyWaitsForTheServer(t *testing.T) {
	netns.Require(t)
	requests := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if requests++; requests == 1 { // The first answer is cut short.
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
			return
		}
		_, _ = io.WriteString(w, `{"sensor":"light","value":1,"unit":"raw"}`)
	}))
	defer server.Close()
	b := boards.Board{ID: "a0b1c2", Name: "desk", Addr: netip.MustParseAddrPort(server.Listener.Addr().String())}
	p := &Provisioner{Network: &fakeNetwork{await: awaitBoard(b)}, Reporter: &journal{t: t}}
	if r, err := p.Verify(t.Context(), Started{ID: b.ID}); err != nil || r.Reading == nil {
		t.Fatalf("result = %+v, %v", r, err)
	}
}

// A board whose name does not get here is asked at the address that it was given when it joined.
func TestVerifyAtTheAddress(t *testing.T) {
	addr := serve(t, 200, `{"sensor":"light","value":1,"unit":"raw"}`)
	reporter := &journal{t: t}
	network := &fakeNetwork{await: awaitNothing, verify: func(b boards.Board) boards.Board {
		if b.ID != "a0b1c2" || b.Name != "desk" || b.Addr != addr {
			b.Err = errors.New("another board")
		}
		return b
	}}
	p := &Provisioner{Network: network, Reporter: reporter, Timeout: time.Millisecond}
	r, err := p.Verify(t.Context(), Started{ID: "a0b1c2", Name: "desk", Addr: addr})
	if err != nil || r.Board.Addr != addr {
		t.Fatalf("result = %+v, %v", r, err)
	}
	if len(reporter.warnings) != 1 || !strings.Contains(reporter.warnings[0], "multicast is blocked") {
		t.Errorf("warnings = %q", reporter.warnings)
	}
}

func TestVerifyFails(t *testing.T) {
	silent := func(b boards.Board) boards.Board { b.Err = errors.New("refused"); return b }
	nothing := errors.New("the network is down")
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx     context.Context
		await   func(context.Context, string) (boards.Board, error)
		addr    string
		correct func(error) bool
	}{
		"not found":    {t.Context(), awaitNothing, "", func(err error) bool { return err.Error() == "no board" }},
		"unreachable":  {t.Context(), awaitNothing, "127.0.0.9:80", isA[*UnreachableError]},
		"search fails": {t.Context(), func(context.Context, string) (boards.Board, error) { return boards.Board{}, nothing }, "127.0.0.9:80", func(err error) bool { return errors.Is(err, nothing) }},
		"interrupted":  {interrupted, awaitNothing, "127.0.0.9:80", func(err error) bool { return errors.Is(err, context.Canceled) }},
	} {
		t.Run(name, func(t *testing.T) {
			s := Started{ID: "a0b1c2"}
			if tt.addr != "" {
				s.Addr = netip.MustParseAddrPort(tt.addr)
			}
			reporter := &journal{t: t}
			p := &Provisioner{Network: &fakeNetwork{await: tt.await, verify: silent}, Reporter: reporter, Timeout: time.Millisecond}
			if _, err := p.Verify(tt.ctx, s); err == nil || !tt.correct(err) || reporter.names() != "found!" {
				t.Errorf("error = %v (%T), steps %s", err, err, reporter.names())
			}
		})
	}
}

func TestURL(t *testing.T) {
	for addr, want := range map[string]string{"127.0.0.1:80": "http://desk.local/", "127.0.0.1:8080": "http://desk.local:8080/"} {
		r := Result{Board: boards.Board{Name: "desk", Addr: netip.MustParseAddrPort(addr)}}
		if got := r.URL(); got != want {
			t.Errorf("URL = %s, want %s", got, want)
		}
	}
}
