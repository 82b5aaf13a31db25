package discover

import (
	"context"
	"fmt"
	"time"
)

// EventKind is what has happened to a board.
type EventKind int

const (
	Added EventKind = iota
	Changed
	Lost
)

func (k EventKind) String() string {
	switch k {
	case Added:
		return "added"
	case Changed:
		return "changed"
	case Lost:
		return "lost"
	}
	return fmt.Sprintf("EventKind(%d)", int(k))
}

// Event is one board that came, changed or went. A board that is announced but does not answer has Board.Err set.
type Event struct {
	Kind  EventKind
	Time  time.Time
	Board Board
}

const (
	tick         = 250 * time.Millisecond
	lookAgain    = 2 * time.Second // at what interfaces there are
	restartAfter = 10 * time.Second
	asleepFor    = 5 * time.Second // more than any tick is late

	askEvery    = 4 * time.Second // a board, as long as there are few
	asksPerTick = 1               // of boards that give signs of life
	silentAfter = 6 * time.Second // longer than the beacon's pause
	farewell    = 250 * time.Millisecond
)

// Watch reports what happens to boards until ctx ends, one event at a time, and returns ctx's error. A board that says
// goodbye is lost a second later. One that has become silent is asked who it is (Options.Verify), and asked for, and
// lost when nobody vouches for it any more: without Verify only when its announcement expires. hashicorp/mdns has no
// part in it, for it takes goodbyes for boards.
func Watch(ctx context.Context, o Options, event func(Event)) error {
	if _, err := usableLinks(o.Interfaces); err != nil {
		return err
	}
	return watch(ctx, o, func() map[string]func() []Source {
		places := map[string]func() []Source{}
		links, _ := usableLinks(o.Interfaces) // an interface that is gone may come back
		for _, l := range links {
			places[l.key()] = func() []Source { return append(newAskers(l), newBeacons(l)...) }
		}
		return places
	}, event)
}

// watcher is a search without end.
type watcher struct {
	*search
	event   func(Event)
	places  func() map[string]func() []Source // the sources of each place to look at
	looking map[string]*lookout
	warned  map[string]bool
	turn    int // the entry whose turn it is to be asked
}

// lookout is a place that is being looked at.
type lookout struct {
	sources []Source
	stop    context.CancelFunc
}

func watch(ctx context.Context, o Options, places func() map[string]func() []Source, event func(Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{
		search: &search{ctx: ctx, o: o, inbox: make(chan func())},
		event:  event, places: places, looking: map[string]*lookout{}, warned: map[string]bool{},
	}
	defer w.running.Wait()
	defer cancel()
	w.news, w.silent = w.show, w.doubt
	w.look()
	w.try(o.Known)
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	last, looked := time.Now(), time.Now()
	for {
		select {
		case f := <-w.inbox:
			f()
			continue
		case <-ticks.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		now := time.Now()
		// The computer's clock goes on while it sleeps, the process's does not.
		if now.Round(0).Sub(last.Round(0)) > asleepFor {
			w.wake(now)
			looked = now
		}
		if now.Sub(looked) >= lookAgain {
			w.look()
			looked = now
		}
		last = now
		for _, e := range w.table.expire(now) {
			if e.shown != nil {
				w.event(Event{Lost, now, *e.shown})
			}
		}
		w.askDue(now)
	}
}

// look starts and stops sources as places come and go. The caller's own and those of remembered boards are always there.
func (w *watcher) look() {
	places := w.places()
	places[""] = func() []Source { return append(remembered(w.o.Known), w.o.Sources...) }
	for key, at := range w.looking {
		if places[key] == nil {
			at.stop()
			delete(w.looking, key)
		}
	}
	for key, sources := range places {
		if w.looking[key] == nil {
			ctx, stop := context.WithCancel(w.ctx)
			at := &lookout{sources(), stop}
			w.looking[key] = at
			for _, s := range at.sources {
				w.run(ctx, s)
			}
		}
	}
}

// run starts a source, and again some time after it has failed. Why it failed is said once.
func (w *watcher) run(ctx context.Context, source Source) {
	w.start(ctx, source, func(err error) {
		if err == nil || ctx.Err() != nil {
			return
		}
		if name := source.String(); w.o.Warn != nil && !w.warned[name] {
			w.warned[name] = true
			w.o.Warn(Warning{name, err})
		}
		time.AfterFunc(restartAfter, func() {
			w.do(func() {
				if ctx.Err() == nil {
					w.run(ctx, source)
				}
			})
		})
	})
}

// wake begins anew after the computer was asleep: nothing is known to be still there.
func (w *watcher) wake(now time.Time) {
	for key, at := range w.looking {
		at.stop()
		delete(w.looking, key)
	}
	w.look()
	for _, e := range w.table.entries {
		e.shorten(now.Add(doubtFor))
		w.ask(e)
	}
	w.try(w.o.Known)
}

// show reports an entry if there is something new about it. With Options.Verify that is when it has been asked.
func (w *watcher) show(e *entry) {
	b := e.board()
	switch {
	case e.shown != nil && same(*e.shown, b):
		return
	case e.asked.IsZero() && !b.Verified && w.o.Verify != nil && len(e.places()) > 0:
		w.ask(e)
		return
	case e.shown == nil && e.asking:
		return
	case e.failures == 1, !e.bye.IsZero(): // may be bad luck, and will be lost
		return
	}
	kind := Changed
	if e.shown == nil {
		kind = Added
	}
	e.shown = &b
	w.event(Event{kind, time.Now(), b})
}

// doubt has everybody asked who may know whether an entry is still there.
func (w *watcher) doubt(e *entry) {
	for _, at := range w.looking {
		for _, s := range at.sources {
			if a, ok := s.(*asker); ok {
				a.doubt(e.board())
			}
		}
	}
}

// askDue asks the boards whose time has come: those that said goodbye or have become silent at once, the others in turn.
func (w *watcher) askDue(now time.Time) {
	budget := asksPerTick
	n, turn := len(w.table.entries), w.turn
	for i := range n {
		i = (turn + i) % n
		e := w.table.entries[i]
		since := now.Sub(e.asked)
		switch {
		case !e.bye.IsZero():
			if check := e.bye.Add(farewell); now.After(check) && e.asked.Before(check) {
				w.ask(e)
			}
		case e.failures > 0:
			if since >= min(1500*time.Millisecond<<min(e.failures-1, 5), 30*time.Second) {
				w.ask(e)
			}
		case since < askEvery:
		case now.Sub(e.heard) >= silentAfter:
			w.ask(e)
		case budget > 0:
			budget--
			w.turn = i + 1
			w.ask(e)
		}
	}
}
