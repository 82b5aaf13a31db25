package boards

import (
	"context"
	"errors"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/test/boardtest"
	"mpctl/serialio"
)

// stage is a network and USB sockets that do what a test says, in the time of a synctest bubble.
type stage struct {
	network chan func(discover.Options, func(discover.Event))

	mu      sync.Mutex
	ports   []serialio.Port
	portErr error
	looks   int // at the ports
}

func newStage() *stage {
	return &stage{network: make(chan func(discover.Options, func(discover.Event)))}
}

func (s *stage) finder(o Options) *Finder {
	f := New(o)
	f.ports = func(context.Context) ([]serialio.Port, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.looks++
		return slices.Clone(s.ports), s.portErr
	}
	f.watch = func(ctx context.Context, o discover.Options, event func(discover.Event)) error {
		for {
			select {
			case happen := <-s.network:
				happen(o, event)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return f
}

func (s *stage) plug(ports ...serialio.Port) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ports, s.portErr = ports, nil
}

func (s *stage) breakPorts(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.portErr = err
}

// tell has discover report an event.
func (s *stage) tell(kind discover.EventKind, b discover.Board) {
	s.network <- func(_ discover.Options, event func(discover.Event)) {
		event(discover.Event{Kind: kind, Time: time.Now(), Board: b})
	}
}

var (
	deskPort  = serialio.Port{Path: "/dev/ttyACM0", Serial: "A1:B2:C3:D4:E5:F6"}
	otherPort = serialio.Port{Path: "/dev/ttyUSB0", Kind: "CP210x"}
)

// desk is a board on the network that has answered.
func desk(changes ...func(*discover.Board)) discover.Board {
	b := discover.Board{
		Name: "desk", ID: "a1b2c3d4e5f6", Addr: netip.MustParseAddr("192.0.2.7"), Port: 80, Firmware: "1.0", Verified: true,
		Answer: answer{&httpclient.Info{UptimeS: 3, Sensors: []httpclient.Sensor{{Name: "light"}}}, nil},
	}
	for _, change := range changes {
		change(&b)
	}
	return b
}

func silent(reason string) func(*discover.Board) {
	return func(b *discover.Board) { b.Verified, b.Err = false, errors.New(reason) }
}

// TestWatch has sequences of what happens on the network and to cables. Each step says which events come of it.
func TestWatch(t *testing.T) {
	const desk80 = "desk at 192.0.2.7:80"
	both := Selection{USB: true, LAN: true}
	type step struct {
		happens func(*stage)
		want    string // events, comma-separated
	}
	tell := func(kind discover.EventKind, changes ...func(*discover.Board)) func(*stage) {
		return func(s *stage) { s.tell(kind, desk(changes...)) }
	}
	plug := func(ports ...serialio.Port) func(*stage) { return func(s *stage) { s.plug(ports...) } }
	pass := func(d time.Duration) func(*stage) { return func(*stage) { time.Sleep(d) } } // in the bubble's time
	rename := func(b *discover.Board) { b.Name = "tisch" }
	upgrade := func(b *discover.Board) { b.Firmware = "1.1" }
	move := func(b *discover.Board) { b.Addr = netip.MustParseAddr("192.0.2.8") }
	withHost := func(b *discover.Board) { b.Host = "desk.local" }
	withoutID := func(b *discover.Board) { b.ID = "" }
	unasked := func(b *discover.Board) { b.Verified, b.Answer = false, nil }
	for _, c := range []struct {
		name      string
		selection Selection
		ports     []serialio.Port // at the start
		steps     []step
	}{
		{"a board that is there at the start is announced once", both, []serialio.Port{deskPort}, []step{
			{pass(settleTime / 2), ""},
			{tell(discover.Added), "added " + desk80 + " answered on /dev/ttyACM0"},
			{pass(2 * settleTime), ""},
		}},
		{"cables wait for the boards on the network", both, []serialio.Port{deskPort, otherPort}, []step{
			{pass(settleTime - time.Millisecond), ""},
			{pass(2 * time.Millisecond), "added  on /dev/ttyACM0, added  on /dev/ttyUSB0"},
		}},
		{"nothing waits when USB alone is asked for", Selection{USB: true}, []serialio.Port{deskPort}, []step{
			{pass(0), "added  on /dev/ttyACM0"},
			{plug(otherPort), ""},
			{pass(portInterval), "lost  on /dev/ttyACM0, added  on /dev/ttyUSB0"},
			{plug(), ""},
			{pass(portInterval), "lost  on /dev/ttyUSB0"},
		}},
		{"a cable becomes part of its board", both, []serialio.Port{deskPort}, []step{
			{pass(2 * settleTime), "added  on /dev/ttyACM0"},
			{tell(discover.Added), "added " + desk80 + " answered on /dev/ttyACM0"},
			{pass(3 * portInterval), ""},
		}},
		{"a board leaves and its cable stays", both, []serialio.Port{deskPort}, []step{
			{tell(discover.Added), "added " + desk80 + " answered on /dev/ttyACM0"},
			{pass(2 * settleTime), ""},
			{tell(discover.Lost), "lost " + desk80 + " answered on /dev/ttyACM0, added  on /dev/ttyACM0"},
			{plug(), ""},
			{pass(portInterval), "lost  on /dev/ttyACM0"},
		}},
		{"a new board is told with its cable", both, nil, []step{
			{pass(2*settleTime + portInterval/2), ""},
			{plug(deskPort), ""},
			{tell(discover.Added), "added " + desk80 + " answered on /dev/ttyACM0"},
			{pass(3 * portInterval), ""},
		}},
		{"a cable is plugged into a board and pulled", both, nil, []step{
			{tell(discover.Added), "added " + desk80 + " answered"},
			{plug(deskPort), ""},
			{pass(2 * portInterval), "changed " + desk80 + " answered on /dev/ttyACM0"},
			{plug(), ""},
			{pass(portInterval), "changed " + desk80 + " answered"},
		}},
		{"ports are left alone without USB", Selection{LAN: true}, []serialio.Port{deskPort, otherPort}, []step{
			{tell(discover.Added), "added " + desk80 + " answered"},
			{pass(3 * portInterval), ""},
			{tell(discover.Lost), "lost " + desk80 + " answered"},
		}},
		{"ports that cannot be listed for a while stay", both, []serialio.Port{deskPort}, []step{
			{pass(2 * settleTime), "added  on /dev/ttyACM0"},
			{func(s *stage) { s.breakPorts(errors.New("busy")) }, ""},
			{pass(3 * portInterval), ""},
			{tell(discover.Added), "added " + desk80 + " answered on /dev/ttyACM0"},
		}},
		{"only what lasts is a change", both, nil, []step{
			{tell(discover.Added), "added " + desk80 + " answered"},
			{tell(discover.Changed, withHost), "refreshed " + desk80 + " answered"},
			{tell(discover.Changed, silent("refused")), "changed " + desk80 + " silent"},
			{tell(discover.Changed, silent("timed out")), "refreshed " + desk80 + " silent"},
			{tell(discover.Changed), "changed " + desk80 + " answered"},
			{tell(discover.Changed, upgrade), "changed " + desk80 + " answered"},
			{tell(discover.Changed, move, upgrade), "changed desk at 192.0.2.8:80 answered"},
			{tell(discover.Changed, rename, move, upgrade), "changed tisch at 192.0.2.8:80 answered"},
			{tell(discover.Lost, rename, move, upgrade), "lost tisch at 192.0.2.8:80 answered"},
		}},
		{"an id becomes known", both, []serialio.Port{deskPort}, []step{
			{tell(discover.Added, withoutID, unasked), "added " + desk80},
			{pass(2 * settleTime), "added  on /dev/ttyACM0"},
			{tell(discover.Changed), "lost " + desk80 + ", added " + desk80 + " answered on /dev/ttyACM0"},
			{tell(discover.Lost), "lost " + desk80 + " answered on /dev/ttyACM0, added  on /dev/ttyACM0"},
		}},
		{"two boards without an id share a name", both, nil, []step{
			{tell(discover.Added, withoutID), "added " + desk80 + " answered"},
			{tell(discover.Added, withoutID, move), "added desk at 192.0.2.8:80 answered"},
			{tell(discover.Lost, withoutID, move), "lost desk at 192.0.2.8:80 answered"},
			{tell(discover.Lost, withoutID), "lost " + desk80 + " answered"},
		}},
		{"a board that replaces one without an id stays", both, nil, []step{
			{tell(discover.Added), "added " + desk80 + " answered"},
			{tell(discover.Added, withoutID), "added " + desk80 + " answered"},
			{tell(discover.Lost, withoutID), "lost " + desk80 + " answered"},
			{tell(discover.Lost), "lost " + desk80 + " answered"},
			{tell(discover.Lost), ""},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newStage()
				s.plug(c.ports...)
				listed := map[string]bool{} // as the events say
				w := watching(t, s.finder(Options{}), WatchOptions{Selection: c.selection})
				for i, step := range c.steps {
					step.happens(s)
					var got []string
					for _, e := range w.events() {
						got = append(got, string(e.Kind)+" "+briefly(e.Board))
						key := e.Board.Key()
						if listed[key] == (e.Kind == Added) {
							t.Errorf("%s is %s; listed before: %v", key, e.Kind, listed[key])
						}
						listed[key] = true
						switch {
						case e.Kind == Lost:
							delete(listed, key)
						case e.Board.Addr.IsValid() && e.Board.Cable != nil:
							delete(listed, "port "+e.Board.Cable.Path)
						}
					}
					if diff := cmp.Diff(step.want, strings.Join(got, ", ")); diff != "" {
						t.Errorf("step %d: %s", i+1, diff)
					}
					var seen []string
					for _, b := range w.list() {
						seen = append(seen, b.Key())
					}
					slices.Sort(seen)
					if diff := cmp.Diff(slices.Sorted(maps.Keys(listed)), seen); diff != "" {
						t.Errorf("step %d: the list is not what the events say: %s", i+1, diff)
					}
				}
				if err := w.stop(); !errors.Is(err, context.Canceled) {
					t.Errorf("Watch = %v", err)
				}
			})
		})
	}
}

// recorder is a Watch in a bubble, and what it has reported.
type recorder struct {
	stop func() error

	mu   sync.Mutex
	got  []Event
	seen []Board
}

// watching starts a Watch, which ends with the test.
func watching(t *testing.T, f *Finder, o WatchOptions) *recorder {
	ctx, cancel := context.WithCancel(t.Context())
	var r recorder
	o.Seen = func(boards []Board) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen = boards
	}
	ended := make(chan error, 1)
	go func() {
		ended <- f.Watch(ctx, o, func(e Event) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.got = append(r.got, e)
		})
	}()
	r.stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	t.Cleanup(func() { _ = r.stop() })
	return &r
}

// events returns what was reported since the last call.
func (r *recorder) events() []Event {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

func (r *recorder) list() []Board {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen
}

func TestWatchRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		f := s.finder(Options{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		w := &watcher{f: f, ctx: ctx}
		w.networkEvent(discover.Added, time.Now(), fromNetwork(desk()))
		answers := func(uptime int64, sensors ...string) answer {
			said := answer{&httpclient.Info{UptimeS: uptime}, ptr(boardtest.Light(7))}
			for _, name := range sensors {
				said.info.Sensors = append(said.info.Sensors, httpclient.Sensor{Name: name})
			}
			return said
		}
		last := func() Event { return w.events[len(w.events)-1] }
		w.answered("a1b2c3d4e5f6", answers(4, "light"))
		if e := last(); e.Kind != Refreshed || e.Board.Info.UptimeS != 4 || *e.Board.Reading.Value != 7 {
			t.Errorf("an answer: %v", e)
		}
		w.answered("a1b2c3d4e5f6", answers(5, "light", "temp"))
		if e := last(); e.Kind != Changed || !slices.Equal(e.Board.Sensors, []string{"light", "temp"}) {
			t.Errorf("an answer with a new sensor: %v", e)
		}
		w.networkEvent(discover.Changed, time.Now(), fromNetwork(desk(silent("refused"))))
		n := len(w.events)
		w.answered("a1b2c3d4e5f6", answers(6, "light")) // discover is about to report that it is back
		w.answered("ffffffffffff", answers(6, "light"))
		if len(w.events) != n {
			t.Errorf("answers of boards that are not listed as alive: %v", w.events[n:])
		}
	})
}

func ptr[T any](v T) *T { return &v }

func TestWatchDoesNotAskWhoIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		heard := fromNetwork(desk())
		var asked []string
		w := watching(t, s.finder(Options{}), WatchOptions{
			Selection: Selection{LAN: true},
			Alive: func(b Board) (Board, bool) {
				asked = append(asked, briefly(b))
				return heard, true
			},
		})
		s.network <- func(o discover.Options, event func(discover.Event)) {
			b, err := o.Verify(t.Context(), discover.Board{Name: "desk", Addr: netip.MustParseAddr("192.0.2.7"), Port: 80})
			if err != nil {
				t.Error(err)
			}
			b.Verified = true
			event(discover.Event{Kind: discover.Added, Board: b})
		}
		got := w.events()
		if len(got) != 1 || got[0].Board.Info != heard.Info || got[0].Board.ID != heard.ID || !slices.Equal(asked, []string{"desk at 192.0.2.7:80"}) {
			t.Errorf("%v, asked %q", got, asked)
		}
	})
}

// TestWatchOfACableWhoseBoardIsProvisioned has a port of a serial bridge, which says nothing of the chip behind it.
func TestWatchOfACableWhoseBoardIsProvisioned(t *testing.T) {
	file := memory(t)
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		s.plug(otherPort)
		f := s.finder(Options{Memory: file})
		w := watching(t, f, WatchOptions{Selection: Selection{USB: true}})
		w.events()
		f.RememberPort(t.Context(), Board{Name: "desk", ID: "a1b2c3d4e5f6", Addr: netip.MustParseAddrPort("192.0.2.7:80")}, otherPort)
		time.Sleep(portInterval)
		if got := w.events(); len(got) != 1 || got[0].Kind != Changed || briefly(got[0].Board) != "desk on /dev/ttyUSB0" {
			t.Errorf("%v", got)
		}
	})
}

func TestWatchNoVerify(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		watching(t, s.finder(Options{}), WatchOptions{Selection: Selection{LAN: true, NoVerify: true}})
		s.network <- func(o discover.Options, _ func(discover.Event)) {
			if o.Verify != nil {
				t.Error("boards are asked")
			}
		}
	})
}

func TestWatchWhenPortsCannotBeListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage()
		broken := errors.New("no permission")
		s.breakPorts(broken)
		var warnings []error
		f := s.finder(Options{Warn: func(err error) { warnings = append(warnings, err) }})
		if err := f.Watch(t.Context(), WatchOptions{Selection: Selection{USB: true}}, nil); !errors.Is(err, broken) || len(warnings) > 0 {
			t.Errorf("USB alone: %v, %v", err, warnings)
		}
		w := watching(t, f, WatchOptions{Selection: Selection{USB: true, LAN: true}})
		s.tell(discover.Added, desk())
		time.Sleep(3 * portInterval)
		if got := w.events(); len(got) != 1 || len(warnings) != 1 || !errors.Is(warnings[0], broken) {
			t.Errorf("USB and LAN: %v, %v", got, warnings)
		}
		s.plug(deskPort)
		time.Sleep(portInterval)
		if got := w.events(); len(got) != 1 || got[0].Kind != Changed || got[0].Board.Cable == nil {
			t.Errorf("when they can be: %v", got)
		}
	})
}

func TestWatchWarnings(t *testing.T) {
	for _, verbose := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newStage()
			var warnings []error
			watching(t, s.finder(Options{Verbose: verbose, Warn: func(err error) { warnings = append(warnings, err) }}), WatchOptions{Selection: Selection{LAN: true}})
			s.network <- func(o discover.Options, _ func(discover.Event)) { o.Warn(discover.Warning{Source: "mDNS on eth0"}) }
			synctest.Wait()
			if (len(warnings) == 1) != verbose {
				t.Errorf("verbose %v: %v", verbose, warnings)
			}
		})
	}
}

func TestWatchOfAnInterfaceThatIsMissing(t *testing.T) {
	var interfaceError *discover.InterfaceError
	err := New(Options{Interfaces: []string{"eth99"}}).Watch(t.Context(), WatchOptions{Selection: Selection{LAN: true}}, func(Event) {})
	if !errors.As(err, &interfaceError) {
		t.Errorf("Watch = %v", err)
	}
}

// TestWatchOnTheNetwork has boards come and go, by real packets.
func TestWatchOnTheNetwork(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(7))
	f := plugged(Options{Memory: memory(t)}, deskPort)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	events := make(chan Event)
	watched := make(chan error)
	go func() {
		watched <- f.Watch(ctx, WatchOptions{Selection: Selection{USB: true, LAN: true, Sensor: "light"}}, func(e Event) { events <- e })
	}()
	until := func(kind EventKind, want string) {
		t.Helper()
		for e := range events {
			if e.Kind == kind {
				if got := briefly(e.Board); got != want {
					t.Fatalf("%s %q, want %q", kind, got, want)
				}
				return
			}
		}
	}
	until(Added, " on /dev/ttyACM0")
	stop := boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	listed := "desk at " + addr.String() + " answered with light on /dev/ttyACM0"
	until(Added, listed)
	until(Refreshed, listed)
	if boards := f.remembered(); len(boards) != 1 || boards[0].Addr != addr {
		t.Errorf("remembered: %v", boards)
	}
	stop()
	cancel()
	for {
		select {
		case <-events:
			continue
		case err := <-watched:
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		return
	}
}
