package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mpctl/httpclient"
)

const defaultInterval = time.Second

// readOptions are what can be asked of read.
type readOptions struct {
	sensor string   // empty: all
	names  []string // of boards; empty: every board
	format string   // text, csv or json
	quiet  bool

	watch    bool // or once
	interval time.Duration
	count    int           // readings of each sensor; 0: no end
	length   time.Duration // 0: no end
	until    *condition
	plot     bool
	chart    string // file
}

// readCommand is one run of read.
type readCommand struct {
	*app
	o readOptions
}

func newReadCmd(a *app) *cobra.Command {
	var o readOptions
	var until string
	cmd := &cobra.Command{
		Use:   "read [SENSOR [BOARD...]]",
		Short: "Read sensors, once or live",
		Long: `Read one sensor, or without SENSOR all of them, of the boards named, or without BOARD of every board found.

BOARD is a name (desk), desk.local, an address (192.168.1.7:80), or 6 or more digits of an id. A named board
that cannot be read is an error, and the others are printed all the same.

--watch goes on reading until Ctrl-C; --count, --for and --until do too, until their condition is met. On a terminal
that is a live table, else a row each reading. Boards that appear join when none was named, boards that are lost
are waited for. At the end comes a summary, on stderr.

Exit status of --until: 0 when it came true, 1 when --for or --count was over before.`,
		Example: `  mpctl read
  mpctl read light desk
  test "$(mpctl read light desk -q)" -gt 2000 && echo bright
  mpctl read light --watch=500ms
  mpctl read light desk --for 1h --format csv > light.csv
  mpctl read light desk --until 'light>2000' --for 10m -q && echo bright
  mpctl read light --for 1m -o light.png`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.sensor, o.names = args[0], args[1:]
			}
			given := cmd.Flags().Changed
			if a.JSON && !given("format") {
				o.format = "json"
			}
			if given("until") {
				c, err := parseCondition(until)
				if err != nil {
					return err
				}
				o.until = &c
			}
			o.watch = given("watch") || given("count") || given("for") || given("until")
			if err := o.check(a.JSON, args, given); err != nil {
				return err
			}
			if o.watch {
				o.interval = cmp.Or(o.interval, defaultInterval)
				return readCommand{a, o}.watch(cmd.Context())
			}
			return readCommand{a, o}.once(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.BoolVarP(&o.quiet, "quiet", "q", false, "print bare values, one a line")
	flags.StringVar(&o.format, "format", "text", "text, csv or json")
	flags.Var(timeFlag{&o.interval}, "watch", "go on reading, every `INTERVAL` from 100ms to 1m, like --watch=500ms")
	flags.Lookup("watch").NoOptDefVal = defaultInterval.String()
	flags.IntVar(&o.count, "count", 0, "end after `N` readings of each sensor")
	flags.Var(timeFlag{&o.length}, "for", "end after this long, like 10s")
	flags.StringVar(&until, "until", "", "end when a reading makes this true, like 'light>2000'")
	flags.BoolVar(&o.plot, "plot", false, "draw what is read as a chart")
	flags.StringVarP(&o.chart, "output", "o", "", "write what was read as a chart into `FILE.png`")
	return cmd
}

// check refuses what makes no sense, and says what would.
func (o readOptions) check(json bool, args []string, given func(flag string) bool) error {
	switch {
	case !slices.Contains([]string{"text", "csv", "json"}, o.format):
		return usageError{msg: fmt.Sprintf("there is no format %q", o.format), hint: "the formats are text, csv and json"}
	case json && o.format != "json":
		return usageError{msg: "--json and --format " + o.format + " cannot be combined", hint: "leave one of them out"}
	case o.quiet && o.format != "text":
		return usageError{msg: "-q and --format " + o.format + " cannot be combined", hint: "leave one of them out"}
	case o.plot && (o.quiet || o.format != "text"):
		return usageError{msg: "--plot draws in place of rows", hint: "-o FILE.png draws a chart beside them"}
	case given("watch") && (o.interval < httpclient.MinInterval || o.interval > httpclient.MaxInterval):
		return usageError{msg: fmt.Sprintf("--watch must be 100ms to 1m, not %s", o.interval), hint: "once a second: --watch=1s"}
	case given("count") && o.count < 1:
		return usageError{msg: fmt.Sprintf("--count is %d", o.count), hint: "give 1 or more"}
	case given("for") && o.length <= 0:
		return usageError{msg: fmt.Sprintf("--for is %s", o.length), hint: "give a time like 10s"}
	case o.plot && !o.watch, given("output") && !o.watch:
		return usageError{msg: "a chart needs more than one reading", hint: "say how many: --count 20, --for 1m, or --watch until Ctrl-C"}
	case given("output") && !strings.EqualFold(filepath.Ext(o.chart), ".png"):
		return usageError{msg: fmt.Sprintf("%q is not named as a PNG file", o.chart), hint: "charts are PNG files: -o light.png"}
	case len(args) > 0 && o.sensor == "":
		return usageError{msg: "the sensor's name is empty", hint: "leave it out to read all sensors"}
	case o.until != nil && o.sensor != "" && o.sensor != o.until.sensor:
		return usageError{msg: fmt.Sprintf("--until waits for %s, and only %s is read", o.until.sensor, o.sensor), hint: "name the same sensor twice"}
	}
	if _, err := time.ParseDuration(o.sensor); err == nil && given("watch") {
		return usageError{msg: fmt.Sprintf("%s is taken for a sensor", o.sensor), hint: "write --watch=" + o.sensor}
	}
	return nil
}
