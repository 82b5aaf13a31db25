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

// Event is a board that was found, has changed or is gone. The Board of a Lost event is the one reported last. A board
// that is announced but does not answer has Board.Err set.
type Event struct {
	Kind  EventKind
	Time  time.Time
	Board Board
}

const (
	tick            = 250 * time.Millisecond
	interfacesEvery = 2 * time.Second // how often the interfaces are listed
	restartAfter    = 10 * time.Second
	minSleep        = 5 * time.Second // of the computer; no tick is as late as that

	verifyEvery      = 4 * time.Second // a board, as long as there are few boards
	maxVerifyPerTick = 1               // boards that give signs of life
	silentAfter      = 6 * time.Second // longer than the beacon's pause
	goodbyeGrace     = 250 * time.Millisecond
)

// Watch reports what happens to boards until ctx ends, one event at a time, and returns ctx's error. An InterfaceError
// is returned at once if a named interface cannot be searched.
//
// A board that says goodbye is lost a second later. A board that has become silent is asked who it is (Options.Verify),
// the network is asked for it, and it is lost when no source has seen it any more; without Verify only when its
// announcement expires.
func Watch(ctx context.Context, o Options, event func(Event)) error {
	if _, err := usableLinks(o.Interfaces); err != nil {
		return err
	}
	return watch(ctx, o, func() map[string]func() []source {
		groups := map[string]func() []source{}
		links, _ := usableLinks(o.Interfaces) // An interface that is gone may come back.
		for _, l := range links {
			groups[l.key()] = func() []source { return append(newQueriers(l), newBeacons(l)...) }
		}
		return groups
	}, event)
}

// watcher is a search without end.
type watcher struct {
	*search
	event  func(Event)
	groups func() map[string]func() []source // what makes the sources of each link, by the link's key
	active map[string]*sourceGroup           // by the same keys
	warned map[string]bool                   // by source
	turn   int                               // the index of the entry to be verified next
}

// sourceGroup is the running sources that start and stop together.
type sourceGroup struct {
	sources []source
	stop    context.CancelFunc
}

func watch(ctx context.Context, o Options, groups func() map[string]func() []source, event func(Event)) error {
	ctx, cancel := context.WithCancel(ctx)
	w := &watcher{
		search: &search{ctx: ctx, o: o, inbox: make(chan func())},
		event:  event, groups: groups, active: map[string]*sourceGroup{}, warned: map[string]bool{},
	}
	defer w.running.Wait()
	defer cancel()
	w.onChange, w.onSilence = w.show, w.reconfirm
	w.updateGroups()
	w.verifyKnown()
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	last, updated := time.Now(), time.Now()
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
		// While the computer sleeps the wall clock goes on, and the monotonic clock does not: Round drops the latter.
		if now.Round(0).Sub(last.Round(0)) > minSleep {
			w.restart(now)
			updated = now
		}
		if now.Sub(updated) >= interfacesEvery {
			w.updateGroups()
			updated = now
		}
		last = now
		for _, e := range w.table.expire(now) {
			if e.reported != nil {
				w.event(Event{Lost, now, *e.reported})
			}
		}
		w.verifyDue(now)
	}
}

// updateGroups starts and stops sources as links come and go. The sources for known boards always run.
func (w *watcher) updateGroups() {
	groups := w.groups()
	groups[""] = func() []source { return newKnownBeacons(w.o.Known) }
	for key, group := range w.active {
		if groups[key] == nil {
			group.stop()
			delete(w.active, key)
		}
	}
	for key, sources := range groups {
		if w.active[key] == nil {
			ctx, stop := context.WithCancel(w.ctx)
			group := &sourceGroup{sources(), stop}
			w.active[key] = group
			for _, src := range group.sources {
				w.run(ctx, src)
			}
		}
	}
}

// run starts a source, and starts it again some time after it has failed. A source causes one warning at most.
func (w *watcher) run(ctx context.Context, src source) {
	w.start(ctx, src, func(err error) {
		if err == nil || ctx.Err() != nil {
			return
		}
		if name := src.String(); w.o.Warn != nil && !w.warned[name] {
			w.warned[name] = true
			w.o.Warn(Warning{name, err})
		}
		time.AfterFunc(restartAfter, func() {
			w.post(func() {
				if ctx.Err() == nil {
					w.run(ctx, src)
				}
			})
		})
	})
}

// restart begins anew after the computer was asleep: any board may have gone meanwhile.
func (w *watcher) restart(now time.Time) {
	for key, group := range w.active {
		group.stop()
		delete(w.active, key)
	}
	w.updateGroups()
	for _, e := range w.table.entries {
		e.shorten(now.Add(reconfirmTimeout))
		w.enqueue(e)
	}
	w.verifyKnown()
}

// show reports a board if there is something new about it. With Options.Verify it waits until the board was asked.
func (w *watcher) show(e *entry) {
	b := e.board()
	switch {
	case e.reported != nil && equal(*e.reported, b):
		return
	case e.askedAt.IsZero() && !b.Verified && w.o.Verify != nil && len(e.addrPorts()) > 0:
		w.enqueue(e)
		return
	case e.reported == nil && e.verifying:
		return
	case e.failures == 1: // One lost answer is no news.
		return
	case !e.goodbyeAt.IsZero(): // The board will be lost.
		return
	}
	kind := Changed
	if e.reported == nil {
		kind = Added
	}
	e.reported = &b
	w.event(Event{kind, time.Now(), b})
}

func (w *watcher) reconfirm(e *entry) {
	b := e.board()
	for _, group := range w.active {
		for _, src := range group.sources {
			src.reconfirm(b)
		}
	}
}

// verifyDue verifies the boards whose time has come: those that said goodbye or have become silent at once, the others
// in turn.
func (w *watcher) verifyDue(now time.Time) {
	budget := maxVerifyPerTick
	n, turn := len(w.table.entries), w.turn
	for i := range n {
		i = (turn + i) % n
		e := w.table.entries[i]
		since := now.Sub(e.askedAt)
		switch {
		case !e.goodbyeAt.IsZero():
			if due := e.goodbyeAt.Add(goodbyeGrace); now.After(due) && e.askedAt.Before(due) {
				w.enqueue(e)
			}
		case e.failures > 0:
			if since >= min(1500*time.Millisecond<<min(e.failures-1, 5), 30*time.Second) {
				w.enqueue(e)
			}
		case since < verifyEvery:
		case now.Sub(e.heardAt) >= silentAfter:
			w.enqueue(e)
		case budget > 0:
			budget--
			w.turn = i + 1
			w.enqueue(e)
		}
	}
}
