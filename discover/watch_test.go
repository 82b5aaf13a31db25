package discover

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeNetwork is a source whose boards a test controls, in the time of a synctest bubble. The source sees each announced
// board every two seconds; a board answers while it is in reachable.
type fakeNetwork struct {
	mu          sync.Mutex
	announced   map[string]sighting // by name
	reachable   map[string]Board    // by address
	starts      int                 // how often the source was started
	down        bool                // its interface
	reconfirmed []string            // the boards that were to be reconfirmed, by name
	say         chan sighting       // reported at once
}

func newFakeNetwork() *fakeNetwork {
	return &fakeNetwork{announced: map[string]sighting{}, reachable: map[string]Board{}, say: make(chan sighting)}
}

func (*fakeNetwork) String() string { return "fake network" }
func (*fakeNetwork) rank() rank     { return rankMDNS }

func (n *fakeNetwork) reconfirm(b Board) {
	n.locked(func() { n.reconfirmed = append(n.reconfirmed, b.Name) })
}

func (n *fakeNetwork) find(ctx context.Context, report func(sighting)) error {
	n.locked(func() { n.starts++ })
	for ctx.Err() == nil {
		var seen []sighting
		n.locked(func() { seen = slices.Collect(maps.Values(n.announced)) })
		for _, s := range seen {
			report(s)
		}
		select {
		case s := <-n.say:
			report(s)
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
	}
	return nil
}

// verify is an Options.Verify. Each of its answers has another Board.Answer.
func (n *fakeNetwork) verify(_ context.Context, b Board) (Board, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	answer, ok := n.reachable[b.addrPort().String()]
	if !ok {
		return b, errors.New("no answer")
	}
	answer.Answer = time.Now()
	return answer, nil
}

// groups is what watch makes sources of.
func (n *fakeNetwork) groups() map[string]func() []source {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.down {
		return map[string]func() []source{}
	}
	return map[string]func() []source{"fake": func() []source { return []source{n} }}
}

func (n *fakeNetwork) locked(f func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	f()
}

// set says whether a board announces itself and whether it answers.
func (n *fakeNetwork) set(b Board, announces, answers bool) {
	n.locked(func() {
		delete(n.announced, b.Name)
		delete(n.reachable, b.addrPort().String())
		if announces {
			n.announced[b.Name] = sighting{Board: b, ttl: 2 * time.Minute}
		}
		if answers {
			n.reachable[b.addrPort().String()] = b
		}
	})
}

// watchFake runs play beside a watch of a fake network, in a bubble. next returns the next event as text, or "" if none
// comes in time.
func watchFake(t *testing.T, verify bool, play func(n *fakeNetwork, next func(within time.Duration) string)) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNetwork()
		var o Options
		if verify {
			o.Verify = n.verify
		}
		events := make(chan Event, 100)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- watch(ctx, o, n.groups, func(e Event) { events <- e }) }()
		play(n, func(within time.Duration) string {
			select {
			case e := <-events:
				state := ""
				if e.Board.Err != nil && e.Kind != Lost {
					state = ": " + e.Board.Err.Error()
				}
				return fmt.Sprintf("%v %s at %v%s", e.Kind, e.Board.ID, e.Board.addrPort(), state)
			case <-time.After(within):
				return ""
			}
		})
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("watch returned %v, want %v", err, context.Canceled)
		}
	})
}

func expectEvent(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("event %q, want %q", got, want)
	}
}

// expectLost expects that a board is lost, perhaps after an event that says it does not answer.
func expectLost(t *testing.T, next func(time.Duration) string, which string) {
	t.Helper()
	e := next(15 * time.Second)
	if e == "changed "+which+": no answer" {
		e = next(15 * time.Second)
	}
	expectEvent(t, e, "lost "+which)
}

func TestWatch(t *testing.T) {
	desk := board("desk", "a1b2c3", "192.0.2.1")
	moved := board("desk", "a1b2c3", "192.0.2.2")
	other := board("desk", "ffffff", "192.0.2.1")
	const here, there = "a1b2c3 at 192.0.2.1:8080", "a1b2c3 at 192.0.2.2:8080"
	type next = func(time.Duration) string
	for _, c := range []struct {
		name   string
		verify bool
		play   func(t *testing.T, n *fakeNetwork, next next)
	}{
		{"a goodbye", true, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, false, false)
			n.say <- sighting{Board: desk, gone: true}
			expectEvent(t, next(1500*time.Millisecond), "lost "+here)
		}},
		{"a goodbye, without Verify", false, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, false, false)
			n.say <- sighting{Board: desk, gone: true}
			expectEvent(t, next(1500*time.Millisecond), "lost "+here)
		}},
		{"a goodbye sent by another host", true, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, false, true)
			n.say <- sighting{Board: desk, gone: true}
			expectEvent(t, next(time.Minute), "")
		}},
		{"a power cut", true, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, false, false)
			begin := time.Now()
			expectLost(t, next, here)
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("lost after %v", took)
			}
			n.set(desk, true, true)
			expectEvent(t, next(5*time.Second), "added "+here)
		}},
		{"an announcement that expires", false, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, false, false)
			expectEvent(t, next(110*time.Second), "")
			expectEvent(t, next(15*time.Second), "lost "+here)
		}},
		{"announced and silent", true, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, true, false)
			expectEvent(t, next(15*time.Second), "changed "+here+": no answer")
			expectEvent(t, next(10*time.Minute), "")
			n.set(desk, true, true)
			expectEvent(t, next(time.Minute), "changed "+here)
		}},
		{"a new address", true, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, false, false)
			n.set(moved, true, true)
			n.say <- sighting{Board: moved, ttl: 2 * time.Minute}
			expectEvent(t, next(15*time.Second), "changed "+there)
			expectEvent(t, next(time.Minute), "")
		}},
		{"another board in its place", true, func(t *testing.T, n *fakeNetwork, next next) {
			n.set(desk, false, false)
			n.set(other, false, true)
			got := []string{next(15 * time.Second), next(15 * time.Second)}
			slices.Sort(got)
			if got[0] != "added ffffff at 192.0.2.1:8080" || got[1][:len("changed ")] != "changed " && got[1] != "lost "+here {
				t.Errorf("events %q", got)
			}
		}},
		{"the interface goes and comes back", true, func(t *testing.T, n *fakeNetwork, next next) {
			n.locked(func() { n.down = true })
			n.set(desk, false, false)
			expectLost(t, next, here)
			n.set(desk, true, true)
			expectEvent(t, next(time.Minute), "")
			n.locked(func() { n.down = false })
			expectEvent(t, next(5*time.Second), "added "+here)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			watchFake(t, c.verify, func(n *fakeNetwork, next func(time.Duration) string) {
				n.set(desk, true, true)
				expectEvent(t, next(5*time.Second), "added "+here)
				expectEvent(t, next(time.Minute), "")
				c.play(t, n, next)
			})
		})
	}
}

func TestWatchAddsSilentBoards(t *testing.T) {
	desk := board("desk", "a1b2c3", "192.0.2.1")
	watchFake(t, true, func(n *fakeNetwork, next func(time.Duration) string) {
		n.set(desk, true, false)
		expectEvent(t, next(15*time.Second), "added a1b2c3 at 192.0.2.1:8080: no answer")
	})
}

// TestWatchAfterSleep has the computer sleep for an hour: the event's receiver sleeps, and no tick comes meanwhile.
func TestWatchAfterSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		desk := board("desk", "a1b2c3", "192.0.2.1")
		n := newFakeNetwork()
		n.set(desk, true, true)
		ctx, cancel := context.WithCancel(t.Context())
		var woke time.Time
		_ = watch(ctx, Options{Verify: n.verify}, n.groups, func(e Event) {
			switch {
			case e.Kind == Added:
				n.set(desk, false, false) // The board goes while the computer sleeps.
				time.Sleep(time.Hour)
				woke = time.Now()
			case e.Kind == Lost:
				cancel()
			}
		})
		if took := time.Since(woke); took > 8*time.Second {
			t.Errorf("lost %v after waking", took)
		}
		if n.starts != 2 {
			t.Errorf("the source was started %d times, want 2: it starts anew after the sleep", n.starts)
		}
	})
}

func TestWatchReconfirms(t *testing.T) {
	desk, lamp := board("desk", "a1b2c3", "192.0.2.1"), board("lamp", "ffffff", "192.0.2.2")
	watchFake(t, true, func(n *fakeNetwork, next func(time.Duration) string) {
		n.set(desk, true, true)
		n.set(lamp, true, true)
		next(5 * time.Second)
		next(5 * time.Second)
		expectEvent(t, next(time.Minute), "")
		n.set(desk, true, false)
		expectEvent(t, next(15*time.Second), "changed a1b2c3 at 192.0.2.1:8080: no answer")
		n.locked(func() {
			if len(n.reconfirmed) == 0 || slices.Contains(n.reconfirmed, "lamp") {
				t.Errorf("reconfirmed %q, want desk alone", n.reconfirmed)
			}
		})
	})
}
