package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"mpctl/internal/console/termsafe"
	"mpctl/internal/table"
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

// rowPrinter returns what puts rows onto stdout in the form that was asked for, at once.
func (a *app) rowPrinter(o readOptions) func([]readRow) error {
	switch {
	case o.quiet:
		return a.printValues
	case o.format == "json":
		lines := json.NewEncoder(a.safeStdout())
		return func(rows []readRow) error { return each(rows, func(r readRow) error { return lines.Encode(r) }) }
	case o.format == "csv":
		return a.csvPrinter()
	}
	return func(rows []readRow) error {
		t := table.New("BOARD", "SENSOR", "VALUE", "UNIT")
		for _, r := range rows {
			t.Add(r.Board, text(r.Sensor), formatOptional(r.Value), text(r.Unit))
		}
		return t.Write(a.stdout, !a.NoColor)
	}
}

func each(rows []readRow, print func(readRow) error) error {
	for _, r := range rows {
		if err := print(r); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printValues(rows []readRow) error {
	return each(rows, func(r readRow) error {
		if r.Value == nil {
			return nil
		}
		_, err := fmt.Fprintln(a.stdout, formatValue(*r.Value))
		return err
	})
}

// csvPrinter prints what RFC 4180 describes and spreadsheets open, the header first.
func (a *app) csvPrinter() func([]readRow) error {
	w := csv.NewWriter(a.safeStdout())
	w.UseCRLF = true
	_ = w.Write([]string{"time", "board", "id", "sensor", "value", "unit", "min", "max", "error"}) // Error has it
	return func(rows []readRow) error {
		for _, r := range rows {
			_ = w.Write([]string{r.Time, csvText(r.Board), csvText(text(r.ID)), csvText(text(r.Sensor)), formatOptional(r.Value),
				csvText(text(r.Unit)), formatOptional(r.Min), formatOptional(r.Max), csvText(r.Error)})
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

// safeStdout is stdout, with what comes from boards made harmless if it is a terminal. JSON and CSV quote for
// programs, not for terminals.
func (a *app) safeStdout() io.Writer {
	if isTerminal(a.stdout) {
		return termsafe.NewWriter(a.stdout)
	}
	return a.stdout
}

func formatOptional(v *float64) string {
	if v == nil {
		return ""
	}
	return formatValue(*v)
}

// formatValue gives all the digits a value has, and no exponent unless it would be absurdly long.
func formatValue(v float64) string {
	if math.Abs(v) >= 1e15 {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// formatMean gives the digits of a mean that mean something: six.
func formatMean(v float64) string {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64)
	if err != nil { // the largest numbers cannot be rounded up
		rounded = v
	}
	return formatValue(rounded)
}
