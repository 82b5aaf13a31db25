//go:build linux || darwin

package discover

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mpctl/internal/test/mdnstest"
)

// crowd has boards answer on loopback until the test ends.
func crowd(t *testing.T, loss float64, boards ...mdnstest.Board) *mdnstest.Crowd {
	t.Helper()
	l := loopbackLink(t)
	c, err := mdnstest.Start(&l.ifi, loss, boards...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// asBoard returns what a search finds of a test's board.
func asBoard(b mdnstest.Board) Board {
	return Board{Name: b.Name, Host: b.Name + ".local", ID: b.ID, Addr: b.Addr, Port: b.Port, Model: "esp32", Firmware: "1.0", Sensors: []string{"light"}}
}

// difference returns the names of the boards that are wanted and not in got, and of those in got that are not wanted.
func difference(want []mdnstest.Board, got []Board) (missing, extra []string) {
	for _, w := range want {
		if !slices.ContainsFunc(got, func(b Board) bool { return b.ID == w.ID && b.Name == w.Name && b.Addr == w.Addr && b.Port == w.Port }) {
			missing = append(missing, w.Name)
		}
	}
	for _, b := range got {
		if !slices.ContainsFunc(want, func(w mdnstest.Board) bool { return b.ID == w.ID && b.Name == w.Name }) {
			extra = append(extra, b.Name)
		}
	}
	return missing, extra
}

// TestHundredBoards loses every fifth packet to or from a board, and half of the boards have no beacon. Each of three
// searches, of twenty with MPCTL_SOAK=1, must find them all.
func TestHundredBoards(t *testing.T) {
	runs := 3
	if os.Getenv("MPCTL_SOAK") != "" {
		runs = 20
	}
	want := mdnstest.Numbered(100)
	for i := range 50 {
		want[2*i].NoBeacon = true
	}
	crowd(t, 0.2, want...)
	for n := range runs {
		begin := time.Now()
		var first, all time.Duration
		count := 0
		got, warnings, err := Scan(t.Context(), Options{Found: func(b Board) {
			count++
			if first == 0 {
				first = time.Since(begin)
			}
			all = time.Since(begin)
		}})
		if err != nil {
			t.Fatal(err)
		}
		if missing, extra := difference(want, got); len(missing)+len(extra) > 0 {
			t.Errorf("run %d: missing %v, extra %v; %v", n+1, missing, extra, warnings)
		}
		t.Logf("run %d: first after %v, last news after %v, end after %v", n+1, first, all, time.Since(begin))
	}
}

// startWatch watches until the test ends. next waits for the event that a board is added, changed or lost, and leaves
// other events for later calls.
func startWatch(t *testing.T, o Options) (next func(kind EventKind, name string) Event) {
	t.Helper()
	events := make(chan Event, 10_000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- Watch(ctx, o, func(e Event) { events <- e }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("Watch returned %v", err)
		}
	})
	var others []Event // not waited for so far
	return func(kind EventKind, name string) Event {
		t.Helper()
		is := func(e Event) bool { return e.Kind == kind && e.Board.Name == name }
		late := time.After(testTimeout)
		for {
			if i := slices.IndexFunc(others, is); i >= 0 {
				e := others[i]
				others = slices.Delete(others, i, i+1)
				return e
			}
			select {
			case e := <-events:
				others = append(others, e)
			case <-late:
				t.Fatalf("%s was not %v; other events: %v", name, kind, others)
			}
		}
	}
}

func TestWatchOnSockets(t *testing.T) {
	boards := mdnstest.Numbered(3)
	c := crowd(t, 0, boards...)
	c.Cut(2)
	next := startWatch(t, Options{Verify: func(_ context.Context, b Board) (Board, error) {
		i := slices.IndexFunc(boards, func(m mdnstest.Board) bool { return m.Addr == b.Addr })
		if !c.On(i) {
			return b, errors.New("no answer")
		}
		return b, nil
	}})
	next(Added, "board-0")
	next(Added, "board-1")
	c.Return(2)
	e := next(Added, "board-2")
	e.Board.Verified = false
	if diff := cmp.Diff(asBoard(boards[2]), e.Board, equateAddrs); diff != "" {
		t.Error(diff)
	}
	c.Leave(0)
	next(Lost, "board-0")
	c.Cut(1)
	next(Lost, "board-1")
	c.Return(0)
	next(Added, "board-0")
}

// TestWatchBelievesGoodbyes has neither a beacon nor an Options.Verify that could say otherwise.
func TestWatchBelievesGoodbyes(t *testing.T) {
	boards := mdnstest.Numbered(1)
	boards[0].NoBeacon = true
	c := crowd(t, 0, boards...)
	next := startWatch(t, Options{})
	next(Added, "board-0")
	c.Leave(0)
	next(Lost, "board-0")
}
