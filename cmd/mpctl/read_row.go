package main

import (
	"encoding/csv"
	"strings"
	"time"

	"mpctl/internal/console"
	"mpctl/internal/console/termsafe"
	"mpctl/internal/number"
)

// readRow is a reading as `read --json` prints it. What is not known is null.
type readRow struct {
	Time   string   `json:"time"` // RFC 3339
	Board  string   `json:"board"`
	ID     *string  `json:"id"`
	Sensor *string  `json:"sensor"`
	Value  *float64 `json:"value"`
	Unit   *string  `json:"unit"`
	Min    *float64 `json:"min"`
	Max    *float64 `json:"max"`
	Error  string   `json:"error,omitempty"`
}

const timeFormat = "2006-01-02T15:04:05.000Z07:00" // RFC 3339

func (t attempt) rows(now time.Time) []readRow {
	row := readRow{Time: now.Format(timeFormat), Board: t.board.Name, ID: nullable(t.board.ID), Sensor: nullable(t.sensor)}
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

// printer returns what prints rows on stdout at once, in the form that was asked for.
func (c readCommand) printer() func([]readRow) error {
	switch {
	case c.o.quiet:
		return c.printValues
	case c.o.format == "json":
		return func(rows []readRow) error {
			return each(rows, func(r readRow) error { return c.PrintJSON(r) })
		}
	case c.o.format == "csv":
		return c.csvPrinter()
	}
	return func(rows []readRow) error {
		t := console.NewTable(console.Titles("BOARD", "SENSOR", "VALUE", "UNIT")...)
		for _, r := range rows {
			t.Add(r.Board, textOf(r.Sensor), formatOptional(r.Value), textOf(r.Unit))
		}
		return c.Table(t)
	}
}

func each(rows []readRow, show func(readRow) error) error {
	for _, r := range rows {
		if err := show(r); err != nil {
			return err
		}
	}
	return nil
}

func (c readCommand) printValues(rows []readRow) error {
	return each(rows, func(r readRow) error {
		if r.Value == nil {
			return nil
		}
		return c.Row(number.Exact(*r.Value))
	})
}

// csvPrinter prints what RFC 4180 describes and spreadsheets open, the header first.
func (c readCommand) csvPrinter() func([]readRow) error {
	w := csv.NewWriter(c.Text())
	w.UseCRLF = true
	_ = w.Write([]string{"time", "board", "id", "sensor", "value", "unit", "min", "max", "error"}) // Error has it
	return func(rows []readRow) error {
		for _, r := range rows {
			_ = w.Write([]string{r.Time, csvText(r.Board), csvText(textOf(r.ID)), csvText(textOf(r.Sensor)), formatOptional(r.Value),
				csvText(textOf(r.Unit)), formatOptional(r.Min), formatOptional(r.Max), csvText(r.Error)})
		}
		w.Flush()
		return w.Error()
	}
}

// csvText is text from outside as a cell that no spreadsheet takes for a formula: a quote in front says that it is
// text. Numbers are not such text: their minus stays a minus.
func csvText(s string) string {
	s = termsafe.Line(s)
	if first := strings.TrimLeft(s, " "); first != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(first)[0]) {
		return "'" + s
	}
	return s
}

func formatOptional(v *float64) string {
	if v == nil {
		return ""
	}
	return number.Exact(*v)
}
