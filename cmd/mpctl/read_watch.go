package main

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
)

const mostSensors = 64 // of a board

// watching is `read --watch`: boards that are followed, and what they have sent. One loop owns all of it; what happens
// elsewhere is handed to it as functions.
type watching struct {
	a      *app
	o      readOptions
	ctx    context.Context
	client *httpclient.Client
	do     chan func()
	began  time.Time

	out       display
	searching bool            // the first search is not over
	missing   map[int]error   // boards that were named and not found
	elsewhere map[string]bool // sensors of boards that do not have the one asked for
	boards    []*followed
	failed    error // to print
	met       bool  // the condition
}

// followed is a board that is followed.
type followed struct {
	index  int
	board  board
	other  netip.AddrPort // where it has been announced too, should it be lost
	cancel context.CancelFunc

	heard   bool      // it has sent readings, were it none
	since   time.Time // when it was lost, or first looked for; zero while it is there
	err     error     // why it is not there
	ended   bool      // it is not asked any more
	ignored bool      // it has no such sensor, and nobody named it
	sensors []*series
}

func (a *app) readWatch(ctx context.Context, o readOptions) error {
	file, err := a.createChart(o.chart)
	if err != nil {
		return err
	}
	if file != nil {
		defer file.Close()
	}
	running, stop := context.WithCancel(ctx)
	w := &watching{
		a: a, o: o, ctx: running, client: a.client(), do: make(chan func()), began: time.Now(),
		out: a.newDisplay(o), searching: true, missing: map[int]error{}, elsewhere: map[string]bool{},
	}
	var searching sync.WaitGroup
	searching.Go(w.search)
	interrupted := w.loop(ctx)
	stop()
	searching.Wait()
	if err := cmp.Or(w.failed, w.out.close()); err != nil {
		return err
	}
	if err := w.charts(file); err != nil {
		return err
	}
	if !o.quiet {
		w.summary()
	}
	if interrupted != nil {
		return interrupted
	}
	return w.verdict(ctx)
}

// loop runs until the watch is over. The error is that of an interruption.
func (w *watching) loop(ctx context.Context) error {
	var over <-chan time.Time
	if w.o.length > 0 {
		over = time.After(w.o.length)
	}
	for !w.done() {
		select {
		case do := <-w.do:
			do()
		case <-w.out.ticks():
			w.failed = cmp.Or(w.failed, w.out.draw(w))
		case <-over:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// done tells whether all has been read that was asked for, or nothing is left to wait for.
func (w *watching) done() bool {
	switch {
	case w.failed != nil || w.met:
		return true
	case w.searching:
		return false
	case len(w.o.refs) > 0 && !slices.ContainsFunc(w.boards, func(f *followed) bool { return !f.ended }):
		return true
	}
	return w.o.count > 0 && len(w.boards) > 0 && !slices.ContainsFunc(w.boards, func(f *followed) bool { return !f.complete(w.o.count) })
}

// complete tells whether no more readings of a board have to be waited for. A board that has never answered is not.
func (f *followed) complete(count int) bool {
	switch {
	case f.ended, f.ignored, !f.heard && f.err != nil:
		return true
	}
	return f.heard && !slices.ContainsFunc(f.sensors, func(s *series) bool { return s.seen < count })
}

// post hands something to the loop.
func (w *watching) post(do func()) {
	select {
	case w.do <- do:
	case <-w.ctx.Done():
	}
}

// search finds the boards, and then those that appear.
func (w *watching) search() {
	nothing := func(context.Context, board) struct{} { return struct{}{} }
	var some atomic.Bool
	found := func(i int, b board, _ struct{}) {
		some.Store(true)
		w.post(func() { w.found(i, b) })
	}
	var err error
	if len(w.o.refs) > 0 {
		findNamed(w.ctx, w.a, w.o.refs, nothing, found)
	} else {
		err = findAll(w.ctx, w.a, nothing, found)
	}
	w.post(func() {
		w.searching, w.failed = false, cmp.Or(w.failed, err)
		if len(w.boards) == 0 {
			return // they are what the command fails with
		}
		for _, missing := range w.missing {
			w.out.note(missing.Error())
		}
	})
	if err != nil {
		return
	}
	if !some.Load() {
		hint := w.a.emptyHint(w.ctx)
		w.post(func() { w.out.note("no board yet, waiting for one: " + hint) })
	}
	w.keepSearching()
}

// keepSearching watches for boards that appear or move. One that was named by its address does neither.
func (w *watching) keepSearching() {
	var wanted []reference
	for _, ref := range w.o.refs {
		r, err := parseReference(ref)
		if err == nil && !r.addr.IsValid() {
			wanted = append(wanted, r)
		}
	}
	if len(w.o.refs) > 0 && len(wanted) == 0 {
		return
	}
	options := discover.Options{Interfaces: w.a.interfaces, Verify: w.verify}
	_ = discover.Watch(w.ctx, options, func(e discover.Event) {
		if e.Kind == discover.Lost || e.Board.Err != nil {
			return // a stream tells that better
		}
		w.post(func() {
			index := len(w.boards)
			if len(w.o.refs) > 0 {
				if index = slices.IndexFunc(w.o.refs, func(ref string) bool { return w.means(ref, e.Board) }); index < 0 {
					return
				}
			}
			w.found(index, board{Board: e.Board})
		})
	})
}

// verify asks a board who it is, unless its stream tells that all the time.
func (w *watching) verify(ctx context.Context, b discover.Board) (discover.Board, error) {
	streaming := make(chan discover.Board, 1)
	w.post(func() {
		defer close(streaming)
		for _, f := range w.boards {
			if f.since.IsZero() && !f.ended && f.board.addrPort() == (board{Board: b}).addrPort() {
				streaming <- f.board.Board
				return
			}
		}
	})
	select {
	case known, is := <-streaming:
		if is {
			return known, nil
		}
	case <-ctx.Done():
		return b, ctx.Err()
	}
	return identify(ctx, w.client, b)
}

// means tells whether the user's name for a board means b.
func (w *watching) means(ref string, b discover.Board) bool {
	r, err := parseReference(ref)
	if err != nil || r.addr.IsValid() {
		return false
	}
	followsAlready := slices.ContainsFunc(w.boards, func(f *followed) bool { return b.ID != "" && f.board.ID == b.ID })
	return r.names(b) || r.begins(b) && followsAlready
}

// found begins to follow a board, or one that is lost where it is now.
func (w *watching) found(index int, b board) {
	if !b.Addr.IsValid() {
		w.missing[index] = b.err
		w.lostRow(b, b.err)
		return
	}
	for _, have := range w.boards {
		if b.ID != "" && have.board.ID == b.ID {
			// What somebody announces does not end a stream that is there.
			have.other = b.addrPort()
			w.move(have)
			return
		}
		if have.board.addrPort() == b.addrPort() {
			return
		}
	}
	delete(w.missing, index)
	f := &followed{index: index, board: b, since: time.Now()}
	w.boards = append(w.boards, f)
	w.follow(f)
}

// move follows a board that is lost to where it has been announced since.
func (w *watching) move(f *followed) {
	if f.since.IsZero() || f.ended || !f.other.IsValid() || f.other == f.board.addrPort() {
		return
	}
	f.cancel()
	f.board.Addr, f.board.Port = f.other.Addr(), f.other.Port()
	w.follow(f)
}

func (w *watching) follow(f *followed) {
	var ctx context.Context
	ctx, f.cancel = context.WithCancel(w.ctx)
	options := httpclient.StreamOptions{Sensor: w.o.sensor, Interval: w.o.interval, ID: f.board.ID}
	api := w.client.Board(f.board.addrPort())
	go func() {
		err := api.Stream(ctx, options, func(e httpclient.StreamEvent) {
			w.post(func() {
				if ctx.Err() == nil { // else it has moved
					w.happened(f, e)
				}
			})
		})
		w.post(func() {
			if ctx.Err() == nil {
				f.ended = true
				w.lost(f, err)
			}
		})
	}()
}

func (w *watching) happened(f *followed, e httpclient.StreamEvent) {
	switch {
	case e.Info != nil:
		f.board.ID, f.board.Name = e.Info.ID, e.Info.Name
		if len(w.o.refs) == 0 && w.o.sensor != "" && !hasSensor(e.Info, w.o.sensor) {
			f.ended, f.ignored = true, true
			f.cancel()
			for _, s := range e.Info.Sensors {
				w.elsewhere[s.Name] = true
			}
		}
	case e.Err != nil:
		w.lost(f, e.Err)
		w.move(f)
	default:
		w.read(f, e.Readings)
	}
}

func (w *watching) lost(f *followed, err error) {
	first := f.err == nil
	f.err = err
	if !first {
		return // it is lost already
	}
	now := time.Now()
	if f.since.IsZero() {
		f.since = now
	}
	for _, s := range f.sensors {
		s.interrupt(now)
	}
	w.lostRow(f.board, err)
	w.out.note(fmt.Sprintf("%s: %v", f.board.Name, err))
}

func (w *watching) lostRow(b board, err error) {
	w.print(attempt{board: b, sensor: w.o.sensor, err: err}.rows(time.Now()))
}

func (w *watching) read(f *followed, readings []httpclient.Reading) {
	now := time.Now()
	if f.err != nil && f.heard {
		w.out.note(fmt.Sprintf("%s is back after %s", f.board.Name, now.Sub(f.since).Round(time.Second)))
	}
	f.heard, f.since, f.err = true, time.Time{}, nil
	var counted []httpclient.Reading
	for _, r := range readings {
		s := f.series(r.Sensor)
		if s == nil || w.o.count > 0 && s.seen >= w.o.count {
			continue // others are still waited for
		}
		s.add(now, r)
		counted = append(counted, r)
		w.met = w.met || w.o.until != nil && w.o.until.holds(r)
	}
	w.print(attempt{board: f.board, readings: counted}.rows(now))
}

// series returns the course of a sensor, a new one if it has sent nothing yet; nil when a board makes up ever more.
func (f *followed) series(sensor string) *series {
	i := slices.IndexFunc(f.sensors, func(s *series) bool { return s.sensor == sensor })
	if i < 0 {
		if i = len(f.sensors); i == mostSensors {
			return nil
		}
		f.sensors = append(f.sensors, &series{sensor: sensor})
	}
	f.sensors[i].board, f.sensors[i].id = f.board.Name, f.board.ID
	return f.sensors[i]
}

func (w *watching) print(rows []readRow) {
	if err := w.out.rows(rows); err != nil && w.failed == nil {
		w.failed = err
	}
}

// shown returns the boards in the order in which they are shown: the user's, or by name.
func (w *watching) shown() []*followed {
	boards := slices.DeleteFunc(slices.Clone(w.boards), func(f *followed) bool { return f.ignored })
	slices.SortStableFunc(boards, func(x, y *followed) int {
		if len(w.o.refs) > 0 {
			return x.index - y.index
		}
		return cmp.Or(strings.Compare(x.board.Name, y.board.Name), strings.Compare(x.board.ID, y.board.ID))
	})
	return boards
}

// all returns the courses of all sensors that have sent a value.
func (w *watching) all() []*series {
	var all []*series
	for _, f := range w.shown() {
		for _, s := range f.sensors {
			if s.n > 0 {
				all = append(all, s)
			}
		}
	}
	return all
}

// verdict tells what a watch that came to its end fails with.
func (w *watching) verdict(ctx context.Context) error {
	if w.met {
		return nil
	}
	var attempts []attempt
	for i, err := range w.missing {
		attempts = append(attempts, attempt{index: i, board: board{Board: discover.Board{Name: w.o.refs[i]}}, err: err})
	}
	for _, f := range w.shown() {
		t := attempt{index: f.index, board: f.board}
		switch {
		case !f.heard && f.err == nil:
			t.err = &httpclient.TimeoutError{Doing: "waiting for readings"}
		case !f.heard || f.ended:
			t.err = f.err
		}
		for _, s := range f.sensors {
			r := httpclient.Reading{Sensor: s.sensor, Error: s.fault}
			if s.n > 0 { // once is enough
				r.Value = &s.high
			}
			t.readings = append(t.readings, r)
		}
		attempts = append(attempts, t)
	}
	_, fatal := verdict(attempts, len(w.o.refs) > 0)
	switch {
	case len(attempts) == 0 && len(w.elsewhere) > 0:
		return noSuchSensor(w.o.sensor, w.elsewhere)
	case len(attempts) == 0:
		return &nothingFoundError{"board", w.a.emptyHint(ctx)}
	case fatal == nil && w.o.until != nil:
		return w.notMet()
	}
	return fatal
}

// notMet is the failure of a condition.
func (w *watching) notMet() error {
	e := &conditionError{condition: *w.o.until, within: w.o.length.String()}
	if w.o.length == 0 || time.Since(w.began) < w.o.length {
		e.within = fmt.Sprintf("%d readings", w.o.count)
	}
	for _, s := range w.all() {
		if s.sensor == w.o.until.sensor && s.last != nil {
			e.last = formatValue(*s.last)
		}
	}
	return e
}
