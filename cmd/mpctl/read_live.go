package main

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"time"

	"mpctl/internal/console/termsafe"
	"mpctl/internal/live"
	"mpctl/internal/table"
)

const (
	frames     = 100 * time.Millisecond // between two looks at whether there is something new
	still      = time.Second            // a frame in which nothing has changed but the time stands that long
	levelWidth = 10
	sparkWidth = 30
	columnGap  = 2  // that a table has
	widestCell = 30 // of what a board says; the state may be longer where there is room
)

// display is what a watch shows while it lasts.
type display interface {
	rows([]readRow) error // have come
	note(string)          // something has happened to a board
	ticks() <-chan time.Time
	draw(*watching) error // at every tick
	close() error
}

// readScreen returns the terminal if the readings are for one.
func (a *app) readScreen(o readOptions) *live.Screen {
	if o.format != "text" || o.quiet {
		return nil
	}
	return a.liveScreen()
}

func (a *app) newDisplay(o readOptions) display {
	if screen := a.readScreen(o); screen != nil {
		return &liveTable{a: a, screen: screen, release: a.holdStderr(), ticker: time.NewTicker(frames), dirty: true}
	}
	if o.plot {
		return lines{a, func([]readRow) error { return nil }}
	}
	return lines{a, a.rowPrinter(o)}
}

// lines prints rows as they come.
type lines struct {
	a     *app
	print func([]readRow) error
}

func (l lines) rows(rows []readRow) error { return l.print(rows) }
func (l lines) note(text string)          { l.a.Note("%s", text) }
func (l lines) ticks() <-chan time.Time   { return nil }
func (l lines) draw(*watching) error      { return nil }
func (l lines) close() error              { return nil }

// liveTable is a row for each sensor, redrawn in place.
type liveTable struct {
	a       *app
	screen  *live.Screen
	release func()
	ticker  *time.Ticker
	dirty   bool
	drawn   time.Time
	last    string // what has happened last
}

func (l *liveTable) rows([]readRow) error    { l.dirty = true; return nil }
func (l *liveTable) ticks() <-chan time.Time { return l.ticker.C }

func (l *liveTable) note(text string) {
	l.dirty, l.last = true, time.Now().Format(time.TimeOnly)+" "+termsafe.Line(text)
}

func (l *liveTable) draw(w *watching) error {
	if !l.dirty && time.Since(l.drawn) < still {
		return nil
	}
	l.dirty, l.drawn = false, time.Now()
	width, height := l.screen.Size()
	return l.screen.Draw(l.frame(w, width, height))
}

// close leaves the terminal to the summary.
func (l *liveTable) close() error {
	l.ticker.Stop()
	defer l.release()
	return l.screen.Print(nil)
}

// holdStderr keeps what is said on stderr until the release: in between it would tear what is drawn. Call it, and the
// release, while nobody else is at work.
func (a *app) holdStderr() (release func()) {
	stderr, h := a.stderr, new(held)
	a.stderr = h
	return func() {
		a.stderr = stderr
		_, _ = h.text.WriteTo(stderr)
	}
}

// held is text that waits.
type held struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *held) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (l *liveTable) frame(w *watching, width, height int) []string {
	var foot []string
	if l.last != "" {
		foot = []string{"", termsafe.Cut(l.last, width)}
	}
	out := w.table(width, !l.a.NoColor)
	if room := height - len(foot); len(out) > room {
		more := len(out) - max(room, 2) + 1
		out = append(out[:len(out)-more], termsafe.Cut(fmt.Sprintf("… and %d more: the terminal is too low", more), width))
	}
	if w.o.plot {
		out = append(out, w.plots(width, height-len(out)-len(foot), !l.a.NoColor)...)
	}
	return append(out, foot...)
}

// column is a column of the live table. The first to be left out when the terminal is too narrow have the highest
// number.
type column struct {
	title   string
	leftOut int
	cell    func(f *followed, s *series) string // s is nil while the board has sent nothing
}

func (w *watching) columns(now time.Time) []column {
	number := func(of func(*series) float64) func(*followed, *series) string {
		return func(_ *followed, s *series) string {
			if s == nil || s.n == 0 {
				return ""
			}
			return formatMean(of(s))
		}
	}
	ofSeries := func(of func(*series) string) func(*followed, *series) string {
		return func(_ *followed, s *series) string {
			if s == nil {
				return ""
			}
			return of(s)
		}
	}
	return []column{
		{"BOARD", 0, func(f *followed, _ *series) string { return f.board.Name }},
		{"SENSOR", 0, func(_ *followed, s *series) string {
			if s == nil {
				return w.o.sensor
			}
			return s.sensor
		}},
		{"VALUE", 0, ofSeries(func(s *series) string { return formatOptional(s.last) })},
		{"UNIT", 0, ofSeries(func(s *series) string { return s.unit })},
		{"LEVEL", 5, ofSeries(func(s *series) string { return s.bar(levelWidth) })},
		{"LAST MINUTE", 4, ofSeries(func(s *series) string { return s.sparkline(now, sparkWidth) })},
		{"MIN", 3, number(func(s *series) float64 { return s.low })},
		{"MEAN", 1, number(func(s *series) float64 { return s.mean })},
		{"MAX", 2, number(func(s *series) float64 { return s.high })},
		{"STATE", 0, func(f *followed, s *series) string { return f.state(s) }},
	}
}

func (f *followed) state(s *series) string {
	switch {
	case f.ended:
		return "ended: " + f.err.Error()
	case !f.since.IsZero() && f.heard:
		return "reconnecting since " + f.since.Format(time.TimeOnly)
	case !f.since.IsZero():
		return "connecting since " + f.since.Format(time.TimeOnly)
	case s != nil && s.last == nil:
		return "error: " + s.fault
	}
	return "live"
}

// table is a line for each sensor, under a header. Columns are left out until the lines fit into width.
func (w *watching) table(width int, colour bool) []string {
	columns := w.columns(time.Now())
	var rows [][]string
	for _, f := range w.shown() {
		sensors := f.sensors
		if len(sensors) == 0 {
			sensors = []*series{nil}
		}
		for _, s := range sensors {
			row := make([]string, len(columns))
			for i, c := range columns {
				if row[i] = termsafe.Line(c.cell(f, s)); i < len(columns)-1 {
					row[i] = termsafe.Cut(row[i], widestCell)
				}
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return []string{termsafe.Cut(lookingText, width)}
	}
	for needs(columns, rows) > width {
		worst := 0
		for i, c := range columns {
			if c.leftOut > columns[worst].leftOut {
				worst = i
			}
		}
		if columns[worst].leftOut == 0 {
			break
		}
		columns = slices.Delete(columns, worst, worst+1)
		for i := range rows {
			rows[i] = slices.Delete(rows[i], worst, worst+1)
		}
	}
	var header []string
	for _, c := range columns {
		header = append(header, c.title)
	}
	t := table.New(header...)
	for _, row := range rows {
		t.Add(row...)
	}
	return t.Lines(width, colour)
}

// needs is how wide a table is when nothing is cut but a long state.
func needs(columns []column, rows [][]string) int {
	sum := columnGap * (len(columns) - 1)
	for i, c := range columns {
		widest := termsafe.Width(c.title)
		for _, row := range rows {
			widest = max(widest, min(termsafe.Width(row[i]), widestCell))
		}
		sum += widest
	}
	return sum
}

// summary tells on stderr what was read in all.
func (w *watching) summary() {
	if w.o.format == "json" {
		for _, s := range w.all() {
			w.a.NoteJSON(map[string]summaryRow{"summary": {s.board, known(s.id), s.sensor, s.unit, s.n, s.low, s.mean, s.high}})
		}
		return
	}
	t := table.New("BOARD", "SENSOR", "N", "MIN", "MEAN", "MAX", "UNIT")
	for _, s := range w.all() {
		t.Add(s.board, s.sensor, fmt.Sprint(s.n), formatValue(s.low), formatMean(s.mean), formatValue(s.high), s.unit)
	}
	_ = t.Write(w.a.stderr, !w.a.NoColor) // nobody is left to tell
}

// summaryRow is a summary as `read --json` prints it on stderr.
type summaryRow struct {
	Board  string  `json:"board"`
	ID     *string `json:"id"`
	Sensor string  `json:"sensor"`
	Unit   string  `json:"unit"`
	N      int     `json:"n"`
	Min    float64 `json:"min"`
	Mean   float64 `json:"mean"`
	Max    float64 `json:"max"`
}
