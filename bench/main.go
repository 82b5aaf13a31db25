//go:build linux || darwin

// Command bench measures the firmware's HTTP server on the MicroPython of this computer, as "make bench" runs it:
// requests a second beside those of a bare loop in the same MicroPython, how long a client waits beside others that
// do nothing, and what it takes of the heap. And "mpctl get" beside curl.
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
	flag.Parse()
	netns.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, time.Duration(*seconds)*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, length time.Duration) error {
	for _, measure := range []func(context.Context, time.Duration) error{rates, latencies, heaps, fetches} {
		if err := measure(ctx, length); err != nil {
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
