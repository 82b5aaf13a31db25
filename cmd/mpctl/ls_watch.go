package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"mpctl/internal/boards"
	"mpctl/internal/console"
	"mpctl/internal/console/termsafe"
)

const (
	hintAfter = 3 * time.Second // without any board
	markTime  = 5 * time.Second // for which a change stays marked, and what is gone in the table
)

// lsEvent is a line of `ls --watch --json`.
type lsEvent struct {
	Event string `json:"event"` // added, changed or lost
	Time  string `json:"time"`  // RFC 3339
	Board lsRow  `json:"board"`
}

// watch shows what comes, changes and goes until ctx or --timeout ends it.
func (c lsCommand) watch(ctx context.Context) error {
	limited, stop := context.WithCancel(ctx)
	defer stop()
	if c.timeout > 0 {
		limited, stop = context.WithTimeout(ctx, c.timeout)
		defer stop()
	}
	finder := c.finder()
	o := boards.WatchOptions{Selection: c.selection()}
	var failed error // to print
	event := func(e boards.Event) {
		if failed = cmp.Or(failed, c.printEvent(e)); failed != nil {
			stop()
		}
	}
	table := c.newLsTable()
	if table != nil {
		o.Seen, event = table.seen, table.event
		hint := time.AfterFunc(hintAfter, func() { table.explainNothing(limited, finder) })
		defer hint.Stop()
	}
	err := finder.Watch(limited, o, event)
	if table != nil {
		err = cmp.Or(failed, err)
		failed = table.close()
	}
	switch {
	case failed != nil:
		return failed
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return nil
	}
	return err
}

// printEvent prints an event as a line.
func (c lsCommand) printEvent(e boards.Event) error {
	if e.Kind == boards.Refreshed {
		return nil
	}
	row := newLsRow(e.Board)
	if e.Kind == boards.Lost {
		row = row.gone()
	}
	if c.JSON {
		return c.PrintJSON(lsEvent{string(e.Kind), e.Time.Format(timeFormat), row})
	}
	return c.Row(append([]string{string(e.Kind)}, row.cells(false)...)...)
}

// lsTable is the table that ls --watch redraws on a terminal.
type lsTable struct {
	lsCommand
	live *console.Live

	mu      sync.Mutex
	rows    []lsRow
	changes map[string]lsChange // by the rows' keys
	hint    string              // why there may be no board
}

// lsChange is what has happened to a row, which is marked for a while.
type lsChange struct {
	row   lsRow
	kind  boards.EventKind
	until time.Time
}

// newLsTable returns nil where no table can be redrawn.
func (c lsCommand) newLsTable() *lsTable {
	t := &lsTable{lsCommand: c, changes: map[string]lsChange{}}
	if t.live = c.Live(t.frame); t.live == nil {
		return nil
	}
	return t
}

func (t *lsTable) seen(list []boards.Board) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = lsRows(list)
	t.live.Changed()
}

func (t *lsTable) event(e boards.Event) {
	if e.Kind == boards.Refreshed {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	row := newLsRow(e.Board)
	if e.Kind == boards.Lost {
		row = row.gone()
	}
	t.changes[row.key] = lsChange{row, e.Kind, e.Time.Add(markTime)}
	t.hint = ""
}

// explainNothing shows why there may be no board.
func (t *lsTable) explainNothing(ctx context.Context, finder *boards.Finder) {
	t.mu.Lock()
	isEmpty := len(t.rows) == 0
	t.mu.Unlock()
	if !isEmpty || ctx.Err() != nil {
		return
	}
	hint := finder.EmptyHint(ctx)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hint = hint
	t.live.Changed()
}

func (t *lsTable) frame(columns, lines int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows, marks := t.marked(time.Now())
	switch {
	case len(rows) > 0:
		return t.lines(rows, marks, columns, lines)
	case t.hint != "":
		return append([]string{lookingText}, strings.Split(ansi.Wordwrap("none yet; "+termsafe.Line(t.hint), columns, ""), "\n")...)
	}
	return []string{lookingText}
}

var eventMarks = map[boards.EventKind]string{boards.Added: "+", boards.Changed: "*", boards.Lost: "-"}

// marked returns the rows, with the ones among them that were lost a moment ago, and the mark of each.
func (t *lsTable) marked(now time.Time) (rows []lsRow, marks []string) {
	maps.DeleteFunc(t.changes, func(_ string, x lsChange) bool { return !now.Before(x.until) })
	rows = slices.Clone(t.rows)
	for _, key := range slices.Sorted(maps.Keys(t.changes)) {
		if t.changes[key].kind == boards.Lost {
			rows = append(rows, t.changes[key].row)
		}
	}
	for _, r := range rows {
		mark := ""
		if change, ok := t.changes[r.key]; ok {
			mark = eventMarks[change.kind]
		}
		marks = append(marks, mark)
	}
	return rows, marks
}

// close leaves the table as it is in the end.
func (t *lsTable) close() error { return t.live.Close(t.frame) }

// lines returns the rows as a terminal of that size shows them. marks, if any, belong to the rows.
func (c lsCommand) lines(rows []lsRow, marks []string, columns, height int) []string {
	titles := lsTitles
	if marks != nil {
		titles = append([]string{""}, titles...)
	}
	t := console.NewTable(console.Titles(titles...)...)
	left := len(rows)
	if room := max(height-2, 0); left > height-1 { // less the header, and the line that says how many are left
		rows = rows[:room]
	}
	for i, r := range rows {
		cells := r.cells(true)
		if marks != nil {
			cells = append([]string{marks[i]}, cells...)
		}
		t.Add(cells...)
	}
	lines := t.Lines(columns, c.Colour())
	if left -= len(rows); left > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", left))
	}
	return lines
}
