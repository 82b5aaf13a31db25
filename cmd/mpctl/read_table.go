package main

import (
	"fmt"
	"time"

	"mpctl/internal/chart"
	"mpctl/internal/console"
	"mpctl/internal/console/termsafe"
	"mpctl/internal/follow"
	"mpctl/internal/number"
	"mpctl/internal/series"
)

const (
	levelWidth  = 10
	sparkWidth  = 30
	maxReadCell = 30 // columns of what a board says; the state may be longer where there is room
)

// frame returns the live table, the charts if they are wanted, and what has happened last.
func (w *watching) frame(width, height int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var foot []string
	if w.last != "" {
		foot = []string{"", termsafe.Cut(termsafe.Line(w.last), width)}
	}
	lines := w.table(width)
	if room := height - len(foot); len(lines) > room {
		more := len(lines) - max(room, 2) + 1
		lines = append(lines[:len(lines)-more], termsafe.Cut(fmt.Sprintf("… and %d more: the terminal is too low", more), width))
	}
	if w.o.plot {
		lines = append(lines, chart.Stack(chart.Panels(w.allSeries()), width, height-len(lines)-len(foot), w.Colour())...)
	}
	return append(lines, foot...)
}

// readColumn is a column of the live table.
type readColumn struct {
	console.Column
	cell func(m follow.Member, s *series.Series) string // s is nil while the board has sent nothing
}

func (w *watching) columns(now time.Time) []readColumn {
	ofSeries := func(cell func(*series.Series) string) func(follow.Member, *series.Series) string {
		return func(_ follow.Member, s *series.Series) string {
			if s == nil {
				return ""
			}
			return cell(s)
		}
	}
	ofValues := func(value func(*series.Series) float64) func(follow.Member, *series.Series) string {
		return ofSeries(func(s *series.Series) string {
			if s.N == 0 {
				return ""
			}
			return number.Short(value(s))
		})
	}
	column := func(title string, leftOut int, cell func(follow.Member, *series.Series) string) readColumn {
		return readColumn{console.Column{Title: title, LeftOut: leftOut}, cell}
	}
	return []readColumn{
		column("BOARD", 0, func(m follow.Member, _ *series.Series) string { return m.Board.Name }),
		column("SENSOR", 0, func(_ follow.Member, s *series.Series) string {
			if s == nil {
				return w.o.sensor
			}
			return s.Sensor
		}),
		column("VALUE", 0, ofSeries(func(s *series.Series) string { return formatOptional(s.Last) })),
		column("UNIT", 0, ofSeries(func(s *series.Series) string { return s.Unit })),
		column("LEVEL", 5, ofSeries(func(s *series.Series) string { return chart.Bar(s, levelWidth) })),
		column("LAST MINUTE", 4, ofSeries(func(s *series.Series) string { return chart.Sparkline(s, now, sparkWidth) })),
		column("MIN", 3, ofValues(func(s *series.Series) float64 { return s.Low })),
		column("MEAN", 1, ofValues(func(s *series.Series) float64 { return s.Mean })),
		column("MAX", 2, ofValues(func(s *series.Series) float64 { return s.High })),
		column("STATE", 0, memberState),
	}
}

func memberState(m follow.Member, s *series.Series) string {
	switch {
	case m.Ended && m.Err != nil:
		return "ended: " + m.Err.Error()
	case !m.Since.IsZero() && m.Heard:
		return "reconnecting since " + m.Since.Format(time.TimeOnly)
	case !m.Since.IsZero():
		return "connecting since " + m.Since.Format(time.TimeOnly)
	case s != nil && s.Last == nil:
		return "error: " + s.Error
	}
	return "live"
}

// table is a line for each sensor, under a header. Columns are left out until the lines fit into width.
func (w *watching) table(width int) []string {
	columns := w.columns(time.Now())
	titles := make([]console.Column, len(columns))
	for i, c := range columns {
		titles[i] = c.Column
	}
	t := console.NewTable(titles...)
	rows := 0
	for _, m := range w.shown() {
		sensors := w.series.Of(seriesKey(m))
		if len(sensors) == 0 {
			sensors = []*series.Series{nil}
		}
		for _, s := range sensors {
			cells := make([]string, len(columns))
			for i, c := range columns {
				if cells[i] = termsafe.Line(c.cell(m, s)); i < len(columns)-1 {
					cells[i] = termsafe.Cut(cells[i], maxReadCell)
				}
			}
			t.Add(cells...)
			rows++
		}
	}
	if rows == 0 {
		return []string{termsafe.Cut(lookingText, width)}
	}
	return t.Lines(width, w.Colour())
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

// summary prints on stderr what was read in all.
func (w *watching) summary() {
	if w.o.format == "json" {
		for _, s := range w.allSeries() {
			w.NoteJSON(map[string]summaryRow{"summary": {s.Board.Name, nullable(s.Board.ID), s.Sensor, s.Unit, s.N, s.Low, s.Mean, s.High}})
		}
		return
	}
	t := console.NewTable(console.Titles("BOARD", "SENSOR", "N", "MIN", "MEAN", "MAX", "UNIT")...)
	for _, s := range w.allSeries() {
		t.Add(s.Board.Name, s.Sensor, fmt.Sprint(s.N), number.Exact(s.Low), number.Short(s.Mean), number.Exact(s.High), s.Unit)
	}
	w.NoteTable(t)
}
