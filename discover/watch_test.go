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

// stage is a network that does what a test says, in the time of a synctest bubble. A source sees each board that
// announces itself every two seconds, and a board answers while it is on.
type stage struct {
	mu        sync.Mutex
	announced map[string]Sighting
	on        map[string]Board
	begun     int // sources
	gone      bool
	said      chan Sighting // at once
}

func (*stage) String() string { return "stage" }

func (s *stage) Find(ctx context.Context, found func(Sighting)) error {
	s.set(func() { s.begun++ })
	for ctx.Err() == nil {
		var boards []Sighting
		s.set(func() { boards = slices.Collect(maps.Values(s.announced)) })
		for _, b := range boards {
			found(b)
		}
		select {
		case b := <-s.said:
			found(b)
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
	}
	return nil
}

func (s *stage) verify(_ context.Context, b Board) (Board, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	is, ok := s.on[b.place().String()]
	if !ok {
		return b, errors.New("no answer")
	}
	is.Info = time.Now()
	return is, nil
}

func (s *stage) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func (s *stage) turn(b Board, announced, on bool) {
	s.set(func() {
		delete(s.announced, b.Name)
		delete(s.on, b.place().String())
		if announced {
			s.announced[b.Name] = Sighting{Board: b, TTL: 2 * time.Minute}
		}
		if on {
			s.on[b.place().String()] = b
		}
	})
}

// onStage watches in a bubble; the test says what happens and looks at the events.
func onStage(t *testing.T, verify bool, play func(s *stage, next func(within time.Duration) string)) {
	synctest.Test(t, func(t *testing.T) {
		s := &stage{announced: map[string]Sighting{}, on: map[string]Board{}, said: make(chan Sighting)}
		var o Options
		if verify {
			o.Verify = s.verify
		}
		events := make(chan Event, 100)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		places := func() map[string]func() []Source {
			places := map[string]func() []Source{}
			s.set(func() {
				if !s.gone {
					places["stage"] = func() []Source { return []Source{s} }
				}
			})
			return places
		}
		go func() { ended <- watch(ctx, o, places, func(e Event) { events <- e }) }()
		play(s, func(within time.Duration) string {
			select {
			case e := <-events:
				state := ""
				if e.Board.Err != nil && e.Kind != Lost {
					state = ": " + e.Board.Err.Error()
				}
				return fmt.Sprintf("%v %s at %v%s", e.Kind, e.Board.ID, e.Board.place(), state)
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

// expectLost allows for a board's silence to be told before.
func expectLost(t *testing.T, next func(time.Duration) string, board string) {
	t.Helper()
	e := next(15 * time.Second)
	if e == "changed "+board+": no answer" {
		e = next(15 * time.Second)
	}
	expectEvent(t, e, "lost "+board)
}

func TestWatch(t *testing.T) {
	desk := board("desk", "a1b2c3", "192.0.2.1")
	elsewhere := board("desk", "a1b2c3", "192.0.2.2")
	other := board("desk", "ffffff", "192.0.2.1")
	const here, there = "a1b2c3 at 192.0.2.1:8080", "a1b2c3 at 192.0.2.2:8080"
	type next = func(time.Duration) string
	for _, c := range []struct {
		name   string
		verify bool
		play   func(t *testing.T, s *stage, next next)
	}{
		{"a goodbye", true, func(t *testing.T, s *stage, next next) {
			s.turn(desk, false, false)
			s.said <- Sighting{Board: desk, Gone: true}
			expectEvent(t, next(1500*time.Millisecond), "lost "+here)
		}},
		{"a goodbye, taken at its word", false, func(t *testing.T, s *stage, next next) {
			s.turn(desk, false, false)
			s.said <- Sighting{Board: desk, Gone: true}
			expectEvent(t, next(1500*time.Millisecond), "lost "+here)
		}},
		{"a goodbye in another's name", true, func(t *testing.T, s *stage, next next) {
			s.turn(desk, false, true)
			s.said <- Sighting{Board: desk, Gone: true}
			expectEvent(t, next(time.Minute), "")
		}},
		{"a power cut", true, func(t *testing.T, s *stage, next next) {
			s.turn(desk, false, false)
			begin := time.Now()
			expectLost(t, next, here)
			if took := time.Since(begin); took > 15*time.Second {
				t.Errorf("lost after %v", took)
			}
			s.turn(desk, true, true)
			expectEvent(t, next(5*time.Second), "added "+here)
		}},
		{"an announcement that expires", false, func(t *testing.T, s *stage, next next) {
			s.turn(desk, false, false)
			expectEvent(t, next(110*time.Second), "")
			expectEvent(t, next(15*time.Second), "lost "+here)
		}},
		{"announced and silent", true, func(t *testing.T, s *stage, next next) {
			s.turn(desk, true, false)
			expectEvent(t, next(15*time.Second), "changed "+here+": no answer")
			expectEvent(t, next(10*time.Minute), "")
			s.turn(desk, true, true)
			expectEvent(t, next(time.Minute), "changed "+here)
		}},
		{"a new address", true, func(t *testing.T, s *stage, next next) {
			s.turn(desk, false, false)
			s.turn(elsewhere, true, true)
			s.said <- Sighting{Board: elsewhere, TTL: 2 * time.Minute}
			expectEvent(t, next(15*time.Second), "changed "+there)
			expectEvent(t, next(time.Minute), "")
		}},
		{"another board in its place", true, func(t *testing.T, s *stage, next next) {
			s.turn(desk, false, false)
			s.turn(other, false, true)
			got := []string{next(15 * time.Second), next(15 * time.Second)}
			slices.Sort(got)
			if got[0] != "added ffffff at 192.0.2.1:8080" || got[1][:len("changed ")] != "changed " && got[1] != "lost "+here {
				t.Errorf("events %q", got)
			}
		}},
		{"the interface goes and comes back", true, func(t *testing.T, s *stage, next next) {
			s.set(func() { s.gone = true })
			s.turn(desk, false, false)
			expectLost(t, next, here)
			s.turn(desk, true, true)
			expectEvent(t, next(time.Minute), "")
			s.set(func() { s.gone = false })
			expectEvent(t, next(5*time.Second), "added "+here)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			onStage(t, c.verify, func(s *stage, next func(time.Duration) string) {
				s.turn(desk, true, true)
				expectEvent(t, next(5*time.Second), "added "+here)
				expectEvent(t, next(time.Minute), "")
				c.play(t, s, next)
			})
		})
	}
}

func TestWatchAddsWhatIsSilent(t *testing.T) {
	desk := board("desk", "a1b2c3", "192.0.2.1")
	onStage(t, true, func(s *stage, next func(time.Duration) string) {
		s.turn(desk, true, false)
		expectEvent(t, next(15*time.Second), "added a1b2c3 at 192.0.2.1:8080: no answer")
	})
}

// TestWatchWakes has the owner of the clock, here the one who takes the events, sleep for an hour.
func TestWatchWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		desk := board("desk", "a1b2c3", "192.0.2.1")
		s := &stage{announced: map[string]Sighting{}, on: map[string]Board{}, said: make(chan Sighting)}
		s.turn(desk, true, true)
		ctx, cancel := context.WithCancel(t.Context())
		places := func() map[string]func() []Source {
			return map[string]func() []Source{"stage": func() []Source { return []Source{s} }}
		}
		var woke time.Time
		_ = watch(ctx, Options{Verify: s.verify}, places, func(e Event) {
			switch {
			case e.Kind == Added:
				s.turn(desk, false, false) // it goes while nobody looks
				time.Sleep(time.Hour)
				woke = time.Now()
			case e.Kind == Lost:
				cancel()
			}
		})
		if took := time.Since(woke); took > 8*time.Second {
			t.Errorf("lost %v after waking", took)
		}
		if s.begun != 2 {
			t.Errorf("the source was started %d times, want anew after waking", s.begun)
		}
	})
}
