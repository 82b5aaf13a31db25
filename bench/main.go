//go:build linux || darwin

// Command bench measures the firmware's HTTP server on the MicroPython of this computer, as "make bench" runs it:
// requests a second beside those of a bare loop in the same MicroPython, how long a client waits beside others that
// do nothing, and what it takes of the heap. Then how fast boards are found, beside Avahi, and what watching them takes.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"
	"time"

	"mpctl/internal/netns"
)

// sensors are what the boards here measure.
const sensors = `SENSORS = {"light": {"read": lambda: 1234, "unit": "raw", "min": 0, "max": 4095}}
`

func main() {
	seconds := flag.Int("seconds", 5, "how long to measure each server")
	only := flag.String("only", "", "measure this alone: firmware or discover")
	flag.Parse()
	netns.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if os.Getenv(role) != "" {
		if err := play(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx, *only, time.Duration(*seconds)*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, only string, length time.Duration) error {
	for _, m := range []struct {
		of  string
		run func(context.Context, time.Duration) error
	}{
		{"firmware", rates}, {"firmware", latencies}, {"firmware", heaps}, {"discover", discoveries}, {"discover", watches},
	} {
		if only != "" && only != m.of {
			continue
		}
		if err := m.run(ctx, length); err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}

// table is the head of one; each cell of its rows ends with a tab.
func table(columns ...string) *tabwriter.Writer {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, strings.Join(columns, "\t")+"\t")
	return w
}
