package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"mpctl/internal/console/termsafe"
	"mpctl/internal/live"
	"mpctl/internal/table"
)

const (
	hintAfter = 3 * time.Second       // without any board
	frameTime = 50 * time.Millisecond // between two frames at least
	markTime  = 5 * time.Second       // for which a change stays marked, and what is gone in the table
)

// liveScreen returns the terminal on stdout if tables can be redrawn there, and are wanted.
func (a *app) liveScreen() *live.Screen {
	f, ok := a.stdout.(*os.File)
	if !ok || a.JSON || !isTerminal(f) || a.env("TERM") == "dumb" {
		return nil
	}
	return live.New(f)
}

// redraw draws at once, whenever something has changed, and every so often all the same, until ctx ends.
func redraw(ctx context.Context, changed <-chan struct{}, every time.Duration, draw func()) {
	for {
		draw()
		select {
		case <-changed:
		case <-time.After(every):
		case <-ctx.Done():
			return
		}
		select {
		case <-time.After(frameTime):
		case <-ctx.Done():
			return
		}
	}
}

// lsLines are the rows as a terminal of that size shows them. marks, if any, belong to the rows.
func (a *app) lsLines(rows []lsRow, marks []string, columns, most int) []string {
	header := lsColumns
	if marks != nil {
		header = append([]string{""}, header...)
	}
	t := table.New(header...)
	left := len(rows)
	if room := max(most-2, 0); left > most-1 { // less the header, and the line that says how many are left
		rows = rows[:room]
	}
	for i, r := range rows {
		cells := r.cells(true)
		if marks != nil {
			cells = append([]string{marks[i]}, cells...)
		}
		t.Add(cells...)
	}
	lines := t.Lines(columns, !a.NoColor)
	if left -= len(rows); left > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", left))
	}
	return lines
}

// change is what has happened to a row, which is marked for a while.
type change struct {
	row   lsRow
	event string
	until time.Time
}

// recent is the changes by their rows' keys.
type recent map[string]change

var eventMarks = map[string]string{"added": "+", "changed": "*", "lost": "-"}

// mark returns the rows with those among them that are gone since a moment ago, and the mark of each.
func (c recent) mark(rows []lsRow, now time.Time) (all []lsRow, marks []string) {
	maps.DeleteFunc(c, func(_ string, x change) bool { return !now.Before(x.until) })
	for _, key := range slices.Sorted(maps.Keys(c)) {
		if c[key].event == "lost" {
			rows = append(rows, c[key].row)
		}
	}
	for _, r := range rows {
		marks = append(marks, eventMarks[c[r.key()].event])
	}
	return rows, marks
}

// liveWatch is the table that --watch shows on a terminal.
type liveWatch struct {
	a       *app
	screen  *live.Screen
	roster  *roster
	drawing sync.WaitGroup

	mu       sync.Mutex
	recent   recent
	hint     string  // why nothing may be there
	warnings []error // for later: the table must not be disturbed
}

func newLiveWatch(ctx context.Context, a *app, screen *live.Screen, r *roster) *liveWatch {
	w := &liveWatch{a: a, screen: screen, roster: r, recent: recent{}}
	w.drawing.Go(func() { redraw(ctx, r.changed, time.Second, w.draw) })
	w.drawing.Go(func() {
		select {
		case <-time.After(hintAfter):
		case <-ctx.Done():
		}
		if len(r.rows()) == 0 && ctx.Err() == nil {
			hint := a.emptyHint(ctx)
			w.mu.Lock()
			defer w.mu.Unlock()
			w.hint = hint
		}
	})
	return w
}

func (w *liveWatch) note(event string, row lsRow, now time.Time) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recent[row.key()] = change{row, event, now.Add(markTime)}
	w.hint = ""
	w.roster.note()
	return nil
}

func (w *liveWatch) warn(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.warnings = append(w.warnings, err)
}

func (w *liveWatch) draw() {
	w.mu.Lock()
	defer w.mu.Unlock()
	columns, most := w.screen.Size()
	rows, marks := w.recent.mark(w.roster.rows(), time.Now())
	lines := []string{lookingText}
	switch {
	case len(rows) > 0:
		lines = w.a.lsLines(rows, marks, columns, most)
	case w.hint != "":
		lines = append(lines, strings.Split(ansi.Wordwrap("none yet; "+termsafe.Line(w.hint), columns, ""), "\n")...)
	}
	_ = w.screen.Draw(lines)
}

// close leaves the table as it is in the end.
func (w *liveWatch) close() {
	w.drawing.Wait()
	w.draw()
	for _, err := range w.warnings {
		w.a.Warn("%v", err)
	}
}
