package boards

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"mpctl/discover"
	"mpctl/serialio"
)

const (
	portInterval = time.Second // between two looks at what is plugged in
	settleTime   = time.Second // for the boards on the network to answer before a cable is called alone
)

// EventKind is what has happened to a board, as scripts see it too.
type EventKind string

const (
	Added     EventKind = "added"
	Changed   EventKind = "changed"
	Lost      EventKind = "lost"
	Refreshed EventKind = "refreshed" // only what differs at every moment: the reading, the signal, the uptime, the text of Err
)

// Event is one board that was added, changed or lost. Board is what is known now; of a lost board, what was known last.
type Event struct {
	Kind  EventKind
	Time  time.Time
	Board Board
}

// WatchOptions say what Watch reports.
type WatchOptions struct {
	Selection
	// Alive reports whether the caller hears the board anyway, and what it knows of it: then the board is not asked.
	// Several goroutines call it at once. It may be nil.
	Alive func(Board) (Board, bool)
	// Seen, if not nil, is called with the whole list, as Scan returns it, after each change and refresh.
	Seen func([]Board)
}

// Watch reports what happens to boards until ctx ends, and returns ctx's error; Options.Timeout does not limit it.
// It calls event and WatchOptions.Seen on the caller's goroutine.
//
// A board has one entry for network and cable. When a board that was known by its cable alone appears on the network, it
// is Added, and the entry of the cable ends without being Lost. When it leaves the network while its cable stays, it is
// Lost, and then its cable is Added.
//
// Another error means that an interface cannot be used, or that the ports cannot be listed and LAN was not selected.
func (f *Finder) Watch(ctx context.Context, o WatchOptions, event func(Event)) error {
	watching, stop := context.WithCancel(ctx)
	w := &watcher{f: f, o: o, ctx: watching, inbox: make(chan func()), settled: !o.LAN}
	ended := make(chan error, 1)
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()

	var polls, settle <-chan time.Time
	if o.USB {
		if err := w.look(); err != nil {
			if !o.LAN {
				return err
			}
			f.warn(err)
		}
		ticker := time.NewTicker(portInterval)
		defer ticker.Stop()
		polls, settle = ticker.C, time.After(settleTime)
		w.reportCables()
	}
	if o.LAN {
		running.Go(func() { ended <- w.watchNetwork() })
	}
	for {
		w.flush(event)
		select {
		case handle := <-w.inbox:
			handle()
		case <-polls:
			_ = w.look() // the next look may succeed
			w.reportCables()
		case <-settle:
			w.settled = true
			w.reportCables()
		case err := <-ended:
			return cmp.Or(ctx.Err(), err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// watcher is the state of one Watch. One goroutine owns it; whatever others learn becomes a function in the inbox.
type watcher struct {
	f     *Finder
	o     WatchOptions
	ctx   context.Context
	inbox chan func()

	inventory         // with the boards as they were reported
	reported  []Board // the lone cables that were reported
	settled   bool    // whether a cable without a board on the network is called alone already
	events    []Event // to be reported
}

// watchNetwork runs on a goroutine of its own.
func (w *watcher) watchNetwork() error {
	o := discover.Options{
		Interfaces: w.f.o.Interfaces,
		Known:      allToNetwork(w.f.remembered()),
		Warn: func(warning discover.Warning) {
			if w.f.o.Verbose {
				w.f.warn(warning)
			}
		},
	}
	if !w.o.NoVerify {
		o.Verify = w.ask
	}
	return w.f.watch(w.ctx, o, func(e discover.Event) {
		b := fromNetwork(e.Board)
		w.post(func() { w.networkEvent(e.Kind, e.Time, b) })
		w.f.remember(w.ctx, b)
	})
}

// post hands a function to the goroutine that owns the state.
func (w *watcher) post(handle func()) {
	select {
	case w.inbox <- handle:
	case <-w.ctx.Done():
	}
}

// ask asks a board who it is. discover calls it on goroutines of its own.
func (w *watcher) ask(ctx context.Context, b discover.Board) (discover.Board, error) {
	if w.o.Alive != nil {
		if known, ok := w.o.Alive(fromNetwork(b)); ok {
			return known.toNetwork(), nil
		}
	}
	b, said, err := w.f.ask(ctx, b, w.o.Sensor)
	if err == nil {
		w.post(func() { w.answered(b.ID, said) })
	}
	return b, err
}

// networkEvent takes in what discover reports.
func (w *watcher) networkEvent(kind discover.EventKind, now time.Time, b Board) {
	if kind == discover.Added && w.o.USB {
		// A board often appears just after it was plugged in, and is to be reported with its cable.
		_ = w.look()
	}
	b.Cable = w.cableTo(b.ID)
	i := -1
	if kind != discover.Added {
		i = w.find(b)
	}
	switch {
	case kind == discover.Lost && i < 0:
	case kind == discover.Lost:
		w.add(Lost, now, w.boards[i])
		w.boards = slices.Delete(w.boards, i, i+1)
	case i < 0:
		w.boards = append(w.boards, b)
		w.add(Added, now, b)
	case w.boards[i].Key() != b.Key():
		// Its id has become known. Whoever reads the events could not tell that it is the same board.
		w.add(Lost, now, w.boards[i])
		w.add(Added, now, b)
		w.boards[i] = b
	default:
		w.update(i, b, now)
	}
	w.reportCables()
}

// answered takes in the answer of a board that discover has asked once more. discover reports it only if the board is
// called or found differently.
func (w *watcher) answered(id string, said answer) {
	i := slices.IndexFunc(w.boards, func(b Board) bool { return b.ID == id && b.Info != nil })
	if i >= 0 {
		b := w.boards[i]
		b.setAnswer(said)
		w.update(i, b, time.Now())
	}
}

// update replaces a board and reports it.
func (w *watcher) update(i int, b Board, now time.Time) {
	kind := Changed
	if lastingEqual(w.boards[i], b) {
		kind = Refreshed
	}
	w.boards[i] = b
	w.add(kind, now, b)
}

// look looks at what is plugged in. What was plugged in before stays if that fails.
func (w *watcher) look() error {
	cables, err := w.f.cables(w.ctx)
	if err == nil {
		w.cables = cables
	}
	return err
}

// reportCables reports the boards whose cable has changed, and the lone cables that came, changed or went.
func (w *watcher) reportCables() {
	now := time.Now()
	for i, b := range w.boards {
		if port := w.cableTo(b.ID); !samePort(port, b.Cable) {
			b.Cable = port
			w.update(i, b, now)
		}
	}
	if !w.settled {
		return
	}
	lone := w.loneCables()
	for _, b := range w.reported {
		// A port that has become part of its board's entry is not lost.
		if !slices.ContainsFunc(w.cables, func(c cable) bool { return c.port.Path == b.Cable.Path }) {
			w.add(Lost, now, b)
		}
	}
	for _, b := range lone {
		i := slices.IndexFunc(w.reported, func(known Board) bool { return known.Key() == b.Key() })
		switch {
		case i < 0:
			w.add(Added, now, b)
		case !lastingEqual(w.reported[i], b):
			w.add(Changed, now, b)
		}
	}
	w.reported = lone
}

func (w *watcher) add(kind EventKind, now time.Time, b Board) {
	w.events = append(w.events, Event{kind, now, b})
}

// flush hands the events to the caller of Watch.
func (w *watcher) flush(event func(Event)) {
	if len(w.events) == 0 {
		return
	}
	for _, e := range w.events {
		event(e)
	}
	w.events = nil
	if w.o.Seen != nil {
		boards := w.list()
		if !w.settled {
			boards = boards[:len(w.boards)]
		}
		w.o.Seen(boards)
	}
}

// lastingEqual reports whether a and b are equal but for what differs at every moment, and for the host name: of a board
// that was remembered, it becomes known a little later than the rest.
func lastingEqual(a, b Board) bool {
	return a.ID == b.ID && a.Name == b.Name && a.Addr == b.Addr && a.Model == b.Model && a.Firmware == b.Firmware &&
		slices.Equal(a.Sensors, b.Sensors) && samePort(a.Cable, b.Cable) &&
		(a.Info != nil) == (b.Info != nil) && (a.Err != nil) == (b.Err != nil)
}

func samePort(a, b *serialio.Port) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
