package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mpctl/httpclient"
	"mpctl/internal/table"
	"mpctl/internal/termsafe"
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

// sensorError is a sensor that its board could not read.
type sensorError struct{ board, sensor, reason string }

func (e *sensorError) Error() string { return fmt.Sprintf("%s: %s: %s", e.board, e.sensor, e.reason) }

func newReadCmd(a *app) *cobra.Command {
	var quiet bool
	var format string
	cmd := &cobra.Command{
		Use:   "read [SENSOR [BOARD...]]",
		Short: "Read sensors",
		Long: `Read one sensor, or without SENSOR all of them, of the boards named, or without BOARD of every board found.

BOARD is a name (desk), desk.local, an address (192.168.1.7:80), or 6 or more digits of an id. A named board
that cannot be read is an error, and the others are printed all the same.`,
		Example: `  mpctl read
  mpctl read light desk
  test "$(mpctl read light desk -q)" -gt 2000 && echo bright`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if a.json {
				if cmd.Flags().Changed("format") && format != "json" {
					return usageError{msg: "--json and --format " + format + " exclude each other"}
				}
				format = "json"
			}
			switch {
			case !slices.Contains([]string{"text", "csv", "json"}, format):
				return usageError{msg: fmt.Sprintf("there is no format %q", format), hint: "the formats are text, csv and json"}
			case quiet && format != "text":
				return usageError{msg: "-q and " + format + " exclude each other"}
			}
			var sensor string
			if len(args) > 0 {
				if sensor, args = args[0], args[1:]; sensor == "" {
					return usageError{msg: "the sensor's name is empty"}
				}
			}
			return a.read(cmd.Context(), sensor, args, format, quiet)
		},
	}
	cmd.Flags().BoolVarP(&quiet, "quiet", "q", false, "print bare values, one a line")
	cmd.Flags().StringVar(&format, "format", "text", "text, csv or json")
	return cmd
}

func (a *app) read(ctx context.Context, sensor string, refs []string, format string, quiet bool) error {
	named := len(refs) > 0
	client := a.client()
	var attempts []attempt
	if named {
		_, attempts = eachBoard(ctx, a, refs, func(ctx context.Context, b board) attempt {
			return readBoard(ctx, client, b, sensor, a.namedTimeout())
		})
	} else {
		boards, err := a.scan(ctx)
		if err != nil {
			return err
		}
		if len(boards) == 0 {
			return &nothingFoundError{"board", a.emptyHint(ctx)}
		}
		if boards, err = withSensor(boards, sensor); err != nil {
			return err
		}
		attempts = make([]attempt, len(boards))
		parallel(len(boards), func(i int) { attempts[i] = readBoard(ctx, client, boards[i], sensor, a.namedTimeout()) })
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var rows []readRow
	now := time.Now().Format("2006-01-02T15:04:05.000Z07:00")
	for _, o := range attempts {
		rows = append(rows, o.rows(now)...)
	}
	if err := a.printReadings(rows, format, quiet); err != nil {
		return err
	}
	return a.verdict(attempts, named)
}

// withSensor leaves out the boards that say they have no such sensor, when nobody asked for them by name.
func withSensor(boards []board, sensor string) ([]board, error) {
	if sensor == "" {
		return boards, nil
	}
	var have []string
	var kept []board
	for _, b := range boards {
		if b.info == nil {
			kept = append(kept, b)
			continue
		}
		var match bool
		for _, s := range b.info.Sensors {
			match = match || s.Name == sensor
			have = append(have, s.Name)
		}
		if match {
			kept = append(kept, b)
		}
	}
	if len(kept) > 0 {
		return kept, nil
	}
	slices.Sort(have)
	hint := "no board has any sensor"
	if have = slices.Compact(have); len(have) > 0 {
		hint = "there is: " + strings.Join(have, ", ")
	}
	return nil, &nothingFoundError{fmt.Sprintf("sensor %q", sensor), hint}
}

// attempt is what reading a board came to. err is set if what was asked for could not be had, all of it.
type attempt struct {
	board    board
	sensor   string // the one asked for
	readings []httpclient.Reading
	err      error
}

func readBoard(ctx context.Context, client *httpclient.Client, b board, sensor string, limit time.Duration) attempt {
	t := attempt{board: b, sensor: sensor, err: b.err}
	if t.err != nil {
		return t
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	api := client.Board(b.addrPort())
	if sensor == "" {
		t.readings, t.err = api.ReadAll(ctx)
	} else {
		var r httpclient.Reading
		if r, t.err = api.Read(ctx, sensor); t.err == nil {
			t.readings = []httpclient.Reading{r}
		}
	}
	failed := t.failures()
	if t.err == nil && len(failed) > 0 && len(failed) == len(t.readings) {
		t.err = failed[0]
	}
	return t
}

// fault is err under the board's name, which what went wrong on the network does not tell.
func (t attempt) fault() error {
	if t.board.Addr.IsValid() && len(t.readings) == 0 {
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

func (t attempt) rows(now string) []readRow {
	row := readRow{Time: now, Board: t.board.Name, ID: known(t.board.ID), Sensor: known(t.sensor)}
	if len(t.readings) == 0 && t.err != nil {
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

// verdict returns the first failure of a board that was named, or of all if none could be read. The other
// failures become warnings.
func (a *app) verdict(attempts []attempt, named bool) error {
	var fatal error
	var others []error
	anyRead := slices.ContainsFunc(attempts, func(t attempt) bool { return t.err == nil })
	for _, o := range attempts {
		switch {
		case o.err == nil:
			others = append(others, o.failures()...)
		case fatal == nil && (named || !anyRead):
			fatal = o.fault()
		default:
			others = append(others, o.fault())
		}
	}
	for _, err := range others {
		a.warn("%v", err)
	}
	return fatal
}

func (a *app) printReadings(rows []readRow, format string, quiet bool) error {
	switch {
	case quiet:
		for _, r := range rows {
			if r.Value != nil {
				if _, err := fmt.Fprintln(a.stdout, formatValue(*r.Value)); err != nil {
					return err
				}
			}
		}
		return nil
	case format == "json":
		lines := json.NewEncoder(a.safeStdout())
		for _, r := range rows {
			if err := lines.Encode(r); err != nil {
				return err
			}
		}
		return nil
	case format == "csv":
		w := csv.NewWriter(a.safeStdout())
		_ = w.Write([]string{"time", "board", "id", "sensor", "value", "unit", "min", "max", "error"}) // Error has it
		for _, r := range rows {
			_ = w.Write([]string{r.Time, r.Board, text(r.ID), text(r.Sensor), formatOptional(r.Value), text(r.Unit), formatOptional(r.Min), formatOptional(r.Max), r.Error})
		}
		w.Flush()
		return w.Error()
	}
	t := table.New("BOARD", "SENSOR", "VALUE", "UNIT")
	for _, r := range rows {
		t.Add(r.Board, text(r.Sensor), formatOptional(r.Value), text(r.Unit))
	}
	return t.Write(a.stdout, !a.noColor)
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
