package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/console"
	"mpctl/internal/follow"
	"mpctl/internal/number"
	"mpctl/internal/series"
)

// watching is one run of `read --watch`. It consumes what follow reports: prints it, or draws it, and decides when the
// watch is over.
type watching struct {
	readCommand
	began time.Time
	stop  context.CancelFunc
	live  *console.Live // nil: rows are printed
	print func([]readRow) error

	mu           sync.Mutex // the live table is drawn from a goroutine of its own
	members      map[int]follow.Member
	missing      map[int]error // boards that were named and not found, by index
	others       otherSensors
	excluded     int // boards that do not have the sensor
	series       series.Set
	searched     bool
	over         bool // all that was asked for has been read, or nothing is left to wait for
	conditionMet bool
	failed       error  // to print
	last         string // what has happened last, to a board
}

func (c readCommand) newWatching(stop context.CancelFunc) *watching {
	w := &watching{
		readCommand: c, began: time.Now(), stop: stop,
		members: map[int]follow.Member{}, missing: map[int]error{}, others: otherSensors{},
	}
	if c.wantsLive() {
		w.live = c.Live(w.frame)
	}
	switch {
	case w.live != nil, c.o.plot:
		w.print = func([]readRow) error { return nil }
	default:
		w.print = c.printer()
	}
	return w
}

// watch reads until Ctrl-C, or until the options are met.
func (c readCommand) watch(ctx context.Context) error {
	file, err := createChart(c.o.chart)
	if err != nil {
		return err
	}
	defer file.Close()
	limited, stop := context.WithCancel(ctx)
	defer stop()
	if c.o.length > 0 {
		limited, stop = context.WithTimeout(ctx, c.o.length)
		defer stop()
	}
	w := c.newWatching(stop)
	finder := c.finder()
	err = follow.Run(limited, finder, follow.Options{Names: c.o.names, Sensor: c.o.sensor, Interval: c.o.interval}, w.handle)
	if limited.Err() == nil {
		w.failed = cmp.Or(w.failed, err)
	}
	if w.live != nil {
		err = w.live.Close(nil)
	}
	switch {
	case w.failed != nil:
		return w.failed
	case w.live != nil && err != nil:
		return err
	}
	if err := w.charts(file); err != nil {
		return err
	}
	if !c.o.quiet {
		w.summary()
	}
	if ctx.Err() != nil && !w.over {
		return ctx.Err()
	}
	return w.verdict(func() string { return finder.EmptyHint(ctx) })
}

// handle takes in an event.
func (w *watching) handle(e follow.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return
	}
	m := e.Member
	if m.Number > 0 {
		w.members[m.Number] = m
		delete(w.missing, m.Index)
	}
	switch e.Kind {
	case follow.Missing:
		w.missing[m.Index] = m.Err
		w.printLost(m, e.Time)
	case follow.Lost:
		w.series.Interrupt(seriesKey(m), e.Time)
		w.printLost(m, e.Time)
		w.note(fmt.Sprintf("%s: %v", m.Board.Name, m.Err))
	case follow.Excluded:
		delete(w.members, m.Number)
		w.others.add(m.Board.Info)
		w.excluded++
	case follow.Read:
		if e.Outage > 0 {
			w.note(fmt.Sprintf("%s is back after %s", m.Board.Name, e.Outage.Round(time.Second)))
		}
		w.read(m, e.Readings, e.Time)
	case follow.Searched:
		w.searched = true
		w.noteSearch(e.Hint)
	}
	if w.live != nil {
		w.live.Changed()
	}
	if w.over = w.isOver(); w.over {
		w.stop()
	}
}

// noteSearch says what the first search did not find.
func (w *watching) noteSearch(hint string) {
	if hint != "" {
		w.note("no board yet, waiting for one: " + hint)
	}
	if len(w.members) == 0 {
		return // the missing ones are what the command fails with
	}
	for _, i := range slices.Sorted(maps.Keys(w.missing)) {
		w.note(w.missing[i].Error())
	}
}

// note says that something has happened to a board.
func (w *watching) note(line string) {
	if w.live == nil {
		w.Note("%s", line)
		return
	}
	w.last = time.Now().Format(time.TimeOnly) + " " + line
}

func seriesKey(m follow.Member) string { return strconv.Itoa(m.Number) }

func (w *watching) read(m follow.Member, readings []httpclient.Reading, now time.Time) {
	board := series.Board{Key: seriesKey(m), ID: m.Board.ID, Name: m.Board.Name}
	var counted []httpclient.Reading
	for _, r := range readings {
		s := w.series.Get(board, r.Sensor)
		if s == nil || w.o.count > 0 && s.Seen >= w.o.count {
			continue // others are still waited for
		}
		s.Add(now, r)
		counted = append(counted, r)
		w.conditionMet = w.conditionMet || w.o.until != nil && w.o.until.holds(r)
	}
	w.printRows(attempt{board: m.Board, readings: counted}.rows(now))
}

func (w *watching) printLost(m follow.Member, now time.Time) {
	w.printRows(attempt{board: m.Board, sensor: w.o.sensor, err: m.Err}.rows(now))
}

func (w *watching) printRows(rows []readRow) { w.failed = cmp.Or(w.failed, w.print(rows)) }

// isOver reports whether all has been read that was asked for, or nothing is left to wait for.
func (w *watching) isOver() bool {
	switch {
	case w.failed != nil || w.conditionMet:
		return true
	case !w.searched:
		return false
	}
	allEnded, allComplete := true, true
	for _, m := range w.members {
		allEnded = allEnded && m.Ended
		allComplete = allComplete && w.isComplete(m)
	}
	return len(w.o.names) > 0 && allEnded || w.o.count > 0 && len(w.members)+w.excluded > 0 && allComplete
}

// isComplete reports whether no more readings of a board have to be waited for. A board that has never answered is
// not waited for.
func (w *watching) isComplete(m follow.Member) bool {
	if m.Ended || !m.Heard && m.Err != nil {
		return true
	}
	return m.Heard && !slices.ContainsFunc(w.series.Of(seriesKey(m)), func(s *series.Series) bool { return s.Seen < w.o.count })
}

// shown returns the boards in the order in which they are shown: the user's, or by name.
func (w *watching) shown() []follow.Member {
	return slices.SortedStableFunc(maps.Values(w.members), func(x, y follow.Member) int {
		if len(w.o.names) > 0 {
			return cmp.Or(cmp.Compare(x.Index, y.Index), cmp.Compare(x.Number, y.Number))
		}
		return cmp.Or(strings.Compare(x.Board.Name, y.Board.Name), strings.Compare(x.Board.ID, y.Board.ID), cmp.Compare(x.Number, y.Number))
	})
}

// allSeries returns the series of all sensors that have sent a value.
func (w *watching) allSeries() []*series.Series {
	var all []*series.Series
	for _, m := range w.shown() {
		for _, s := range w.series.Of(seriesKey(m)) {
			if s.N > 0 {
				all = append(all, s)
			}
		}
	}
	return all
}

// verdict returns the error that a watch fails with which came to its end.
func (w *watching) verdict(emptyHint func() string) error {
	if w.conditionMet {
		return nil
	}
	var attempts []attempt
	for i, err := range w.missing {
		attempts = append(attempts, attempt{index: i, board: boards.Board{Name: w.o.names[i]}, err: err})
	}
	for _, m := range w.shown() {
		attempts = append(attempts, w.attempt(m))
	}
	_, fatal := verdict(attempts, len(w.o.names) > 0)
	switch {
	case len(attempts) == 0:
		return w.others.nothingRead(w.o.sensor, emptyHint)
	case fatal == nil && w.o.until != nil:
		return w.notMet()
	}
	return fatal
}

// attempt is what following a board came to.
func (w *watching) attempt(m follow.Member) attempt {
	t := attempt{index: m.Index, board: m.Board}
	switch {
	case !m.Heard && m.Err == nil:
		t.err = &httpclient.TimeoutError{Doing: "waiting for readings"}
	case !m.Heard || m.Ended:
		t.err = m.Err
	}
	for _, s := range w.series.Of(seriesKey(m)) {
		r := httpclient.Reading{Sensor: s.Sensor, Error: s.Error}
		if s.N > 0 { // once is enough
			r.Value = &s.High
		}
		t.readings = append(t.readings, r)
	}
	return t
}

// notMet is the failure of a condition.
func (w *watching) notMet() error {
	e := &conditionError{condition: *w.o.until, within: w.o.length.String()}
	if w.o.length == 0 || time.Since(w.began) < w.o.length {
		e.within = fmt.Sprintf("%d readings", w.o.count)
	}
	for _, s := range w.allSeries() {
		if s.Sensor == w.o.until.sensor && s.Last != nil {
			e.last = number.Exact(*s.Last)
		}
	}
	return e
}
