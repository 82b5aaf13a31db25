package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/live"
	"mpctl/internal/table"
)

// attempt is what reading a board came to. err is set if nothing could be had of what was asked for.
type attempt struct {
	index    int // among the boards of this command
	board    board
	sensor   string // the one asked for
	readings []httpclient.Reading
	err      error
}

// readOnce reads every board at the same time and prints each when it has answered.
func (a *app) readOnce(ctx context.Context, o readOptions) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	view := a.newView(o)
	results := make(chan attempt)
	var searchErr error
	go func() {
		defer close(results)
		searchErr = a.readEach(ctx, o, func(t attempt) { results <- t })
	}()

	named := len(o.refs) > 0
	var attempts []attempt
	var failed error // to print
	elsewhere := map[string]bool{}
	for t := range results {
		if !named && t.lacks(o.sensor) {
			for _, s := range t.board.info.Sensors {
				elsewhere[s.Name] = true
			}
			continue
		}
		attempts = append(attempts, t)
		if failed == nil && ctx.Err() == nil {
			if failed = view.add(t); failed != nil {
				stop()
			}
		}
	}
	interrupted := ctx.Err()
	failed = cmp.Or(failed, view.close())
	switch {
	case failed != nil:
		return failed
	case interrupted != nil:
		return interrupted
	case searchErr != nil && len(attempts) == 0:
		return searchErr
	case len(attempts) == 0 && len(elsewhere) > 0:
		return noSuchSensor(o.sensor, elsewhere)
	case len(attempts) == 0:
		return &nothingFoundError{"board", a.emptyHint(ctx)}
	}
	others, fatal := verdict(attempts, named)
	for _, err := range others {
		if !view.shows() {
			a.Warn("%v", err)
		}
	}
	return fatal
}

func noSuchSensor(sensor string, have map[string]bool) error {
	var names []string
	for name := range have {
		names = append(names, name)
	}
	slices.Sort(names)
	return &nothingFoundError{fmt.Sprintf("sensor %q", sensor), "there is: " + strings.Join(names, ", ")}
}

// readEach reads the boards that are asked for, all of them if none is, and calls each with what came of it.
func (a *app) readEach(ctx context.Context, o readOptions, each func(attempt)) error {
	client := a.client()
	type result struct {
		readings []httpclient.Reading
		err      error
	}
	read := func(ctx context.Context, b board) result {
		ctx, cancel := context.WithTimeout(ctx, a.namedTimeout())
		defer cancel()
		readings, err := readSensors(ctx, client.Board(b.addrPort()), o.sensor)
		return result{readings, err}
	}
	report := func(i int, b board, r result) {
		each(attempt{index: i, board: b, sensor: o.sensor, readings: r.readings, err: cmp.Or(b.err, r.err)})
	}
	if len(o.refs) == 0 {
		return findAll(ctx, a, read, report)
	}
	findNamed(ctx, a, o.refs, read, report)
	return nil
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

// lacks tells whether the board says itself that it does not have the sensor.
func (t attempt) lacks(sensor string) bool {
	return sensor != "" && t.board.info != nil && !hasSensor(t.board.info, sensor)
}

func hasSensor(info *httpclient.Info, sensor string) bool {
	return slices.ContainsFunc(info.Sensors, func(s httpclient.Sensor) bool { return s.Name == sensor })
}

// sensorError is a sensor that its board could not read.
type sensorError struct{ board, sensor, reason string }

func (e *sensorError) Error() string { return fmt.Sprintf("%s: %s: %s", e.board, e.sensor, e.reason) }

// fault is err under the board's name, which what went wrong on the network does not tell.
func (t attempt) fault() error {
	if t.board.Addr.IsValid() {
		return fmt.Errorf("%s: %w", t.board.Name, t.err)
	}
	return t.err
}

// failures returns the sensors that failed.
func (t attempt) failures() []error {
	var failed []error
	for _, r := range t.readings {
		if r.Value == nil {
			failed = append(failed, &sensorError{t.board.Name, r.Sensor, r.Error})
		}
	}
	return failed
}

func (t attempt) rows(now time.Time) []readRow {
	row := readRow{Time: now.Format(timeFormat), Board: t.board.Name, ID: known(t.board.ID), Sensor: known(t.sensor)}
	if t.err != nil {
		row.Error = t.err.Error()
		return []readRow{row}
	}
	var rows []readRow
	for _, r := range t.readings {
		row.Sensor, row.Value, row.Unit, row.Min, row.Max, row.Error = &r.Sensor, r.Value, &r.Unit, r.Min, r.Max, ""
		if r.Value == nil {
			row.Error = r.Error
		}
		rows = append(rows, row)
	}
	return rows
}

// verdict tells what the command fails with: a board that was named and could not be read, or if there was nothing to
// read at all the first of what went wrong. The others are what else did.
func verdict(attempts []attempt, named bool) (others []error, fatal error) {
	slices.SortStableFunc(attempts, func(x, y attempt) int { return x.index - y.index })
	anyRead := slices.ContainsFunc(attempts, func(t attempt) bool { return len(t.readings) > len(t.failures()) })
	var sensors []error
	for _, t := range attempts {
		sensors = append(sensors, t.failures()...)
		switch {
		case t.err == nil:
		case fatal == nil && (named || !anyRead):
			fatal = t.fault()
		default:
			others = append(others, t.fault())
		}
	}
	if fatal == nil && !anyRead && len(sensors) > 0 {
		fatal, sensors = sensors[0], sensors[1:]
	}
	return append(others, sensors...), fatal
}

// view shows what was read once, as it comes.
type view interface {
	add(attempt) error
	close() error
	shows() bool // what went wrong, too
}

func (a *app) newView(o readOptions) view {
	if screen := a.readScreen(o); screen != nil {
		v := &filling{a: a, screen: screen, release: a.holdStderr(), refs: o.refs, sensor: o.sensor, attempts: map[int]attempt{}}
		v.draw()
		return v
	}
	v := &listing{print: a.rowPrinter(o)}
	if o.quiet && len(o.refs) > 0 { // nothing else tells whose value it is
		v.held = map[int]attempt{}
	}
	return v
}

// listing prints rows, one after the other.
type listing struct {
	print func([]readRow) error
	held  map[int]attempt // not nil: in the order of the command line
	next  int
}

func (v *listing) add(t attempt) error {
	if v.held == nil {
		return v.print(t.rows(time.Now()))
	}
	v.held[t.index] = t
	for {
		t, ok := v.held[v.next]
		if !ok {
			return nil
		}
		v.next++
		if err := v.print(t.rows(time.Now())); err != nil {
			return err
		}
	}
}

func (v *listing) close() error { return nil }
func (v *listing) shows() bool  { return false }

// filling is a table on a terminal that fills in.
type filling struct {
	a        *app
	screen   *live.Screen
	release  func()
	refs     []string
	sensor   string
	attempts map[int]attempt
}

func (v *filling) add(t attempt) error {
	v.attempts[t.index] = t
	return v.draw()
}

func (v *filling) draw() error {
	if len(v.refs)+len(v.attempts) == 0 {
		return v.screen.Draw([]string{lookingText})
	}
	return v.screen.Draw(v.lines())
}

func (v *filling) close() error {
	defer v.release()
	if len(v.attempts) == 0 {
		return v.screen.Print(nil)
	}
	return v.screen.Print(v.lines())
}

func (v *filling) shows() bool { return true }

func (v *filling) lines() []string {
	var rows []readRow
	wrong := false
	for i := range v.refs {
		if _, there := v.attempts[i]; !there {
			rows = append(rows, readRow{Board: v.refs[i], Sensor: known(v.sensor), Unit: known("…")})
			continue
		}
		rows = append(rows, v.attempts[i].rows(time.Now())...)
	}
	if len(v.refs) == 0 {
		var all []attempt
		for _, t := range v.attempts {
			all = append(all, t)
		}
		slices.SortFunc(all, func(x, y attempt) int {
			return strings.Compare(x.board.Name+x.board.ID, y.board.Name+y.board.ID)
		})
		for _, t := range all {
			rows = append(rows, t.rows(time.Now())...)
		}
	}
	header := []string{"BOARD", "SENSOR", "VALUE", "UNIT"}
	for _, r := range rows {
		wrong = wrong || r.Error != ""
	}
	if wrong {
		header = append(header, "ERROR")
	}
	t := table.New(header...)
	for _, r := range rows {
		t.Add(r.Board, text(r.Sensor), formatOptional(r.Value), text(r.Unit), r.Error)
	}
	columns, _ := v.screen.Size()
	return t.Lines(columns, !v.a.NoColor)
}
