package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/console"
)

// once reads every board at the same time and shows each when it has answered.
func (c readCommand) once(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	finder := c.finder()
	results := make(chan attempt)
	var searchErr error
	go func() {
		defer close(results)
		searchErr = c.readEach(ctx, finder, func(t attempt) { results <- t })
	}()

	shown := c.newOnceView()
	named := len(c.o.names) > 0
	var attempts []attempt
	var failed error // to print
	others := otherSensors{}
	for t := range results {
		if !named && t.lacks(c.o.sensor) {
			others.add(t.board.Info)
			continue
		}
		attempts = append(attempts, t)
		if failed == nil && ctx.Err() == nil {
			if failed = shown.add(t); failed != nil {
				stop()
			}
		}
	}
	interrupted := ctx.Err()
	failed = cmp.Or(failed, shown.close())
	switch {
	case failed != nil:
		return failed
	case interrupted != nil:
		return interrupted
	case searchErr != nil && len(attempts) == 0:
		return searchErr
	case len(attempts) == 0:
		return others.nothingRead(c.o.sensor, func() string { return finder.EmptyHint(ctx) })
	}
	remaining, fatal := verdict(attempts, named)
	if shown.live == nil { // else they are in the table
		for _, err := range remaining {
			c.Warn("%v", err)
		}
	}
	return fatal
}

// readEach reads the boards that are asked for, all of them if none is, and calls each with the result.
func (c readCommand) readEach(ctx context.Context, finder *boards.Finder, each func(attempt)) error {
	type result struct {
		readings []httpclient.Reading
		err      error
	}
	read := func(ctx context.Context, b boards.Board) result {
		ctx, cancel := context.WithTimeout(ctx, finder.NamedLimit())
		defer cancel()
		readings, err := readSensors(ctx, finder.Client().Board(b.Addr), c.o.sensor)
		return result{readings, err}
	}
	return boards.Each(ctx, finder, c.o.names, read, func(i int, b boards.Board, r result) {
		each(attempt{index: i, board: b, sensor: c.o.sensor, readings: r.readings, err: cmp.Or(b.Err, r.err)})
	})
}

func readSensors(ctx context.Context, api *httpclient.Board, sensor string) ([]httpclient.Reading, error) {
	if sensor == "" {
		return api.ReadAll(ctx)
	}
	r, err := api.Read(ctx, sensor)
	if err != nil {
		return nil, err
	}
	return []httpclient.Reading{r}, nil
}

// onceView shows attempts as they come: in a table on a terminal that fills in, or else as rows.
type onceView struct {
	c       readCommand
	live    *console.Live // nil: rows are printed
	print   func([]readRow) error
	ordered bool // rows come in the order of the command line
	next    int  // the first attempt that was not printed, if they are ordered

	mu       sync.Mutex
	attempts map[int]attempt
}

func (c readCommand) newOnceView() *onceView {
	v := &onceView{c: c, attempts: map[int]attempt{}}
	if c.wantsLive() {
		v.live = c.Live(v.lines)
	}
	if v.live == nil {
		v.print = c.printer()
		v.ordered = c.o.quiet && len(c.o.names) > 0 // nothing else says whose value it is
	}
	return v
}

// wantsLive reports whether the rows are for a person.
func (c readCommand) wantsLive() bool { return c.o.format == "text" && !c.o.quiet }

func (v *onceView) add(t attempt) error {
	v.mu.Lock()
	v.attempts[t.index] = t
	v.mu.Unlock()
	switch {
	case v.live != nil:
		v.live.Changed()
		return nil
	case !v.ordered:
		return v.print(t.rows(time.Now()))
	}
	for {
		t, ok := v.attempts[v.next]
		if !ok {
			return nil
		}
		v.next++
		if err := v.print(t.rows(time.Now())); err != nil {
			return err
		}
	}
}

func (v *onceView) close() error {
	switch {
	case v.live == nil:
		return nil
	case len(v.attempts) == 0:
		return v.live.Close(nil)
	}
	return v.live.Close(v.lines)
}

// lines returns the table as it is up to now.
func (v *onceView) lines(columns, _ int) []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.c.o.names)+len(v.attempts) == 0 {
		return []string{lookingText}
	}
	rows := v.rows()
	header := []string{"BOARD", "SENSOR", "VALUE", "UNIT"}
	if slices.ContainsFunc(rows, func(r readRow) bool { return r.Error != "" }) {
		header = append(header, "ERROR")
	}
	t := console.NewTable(console.Titles(header...)...)
	for _, r := range rows {
		t.Add(r.Board, textOf(r.Sensor), formatOptional(r.Value), textOf(r.Unit), r.Error)
	}
	return t.Lines(columns, v.c.Colour())
}

// rows are the attempts in the order of the command line, with a row for each that is still waited for, or by name.
func (v *onceView) rows() []readRow {
	var rows []readRow
	now := time.Now()
	if len(v.c.o.names) > 0 {
		for i, name := range v.c.o.names {
			if t, ok := v.attempts[i]; ok {
				rows = append(rows, t.rows(now)...)
			} else {
				rows = append(rows, readRow{Board: name, Sensor: nullable(v.c.o.sensor), Unit: nullable("…")})
			}
		}
		return rows
	}
	var sorted []attempt
	for _, t := range v.attempts {
		sorted = append(sorted, t)
	}
	slices.SortFunc(sorted, func(x, y attempt) int { return strings.Compare(x.board.Name+x.board.ID, y.board.Name+y.board.ID) })
	for _, t := range sorted {
		rows = append(rows, t.rows(now)...)
	}
	return rows
}
