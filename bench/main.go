//go:build linux || darwin

// Command bench measures, as "make bench" runs it, uploads beside mpremote's, and the firmware's HTTP server on the
// MicroPython of this computer:
// requests a second beside those of a bare loop in the same MicroPython, and what it takes of the heap.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"text/tabwriter"
	"time"

	"mpctl/internal/netns"
)

// runHeap is what a board has: about 97 KB (facts of the mPython).
const runHeap = 96 << 10

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
	if err := upload(ctx); err != nil {
		return err
	}
	b, err := newBoard()
	if err != nil {
		return err
	}
	defer b.remove()

	var bare, firmware result
	// In turns: what else this computer does should meet both.
	for range 3 {
		r, err := b.measure(ctx, b.bare(), "/", length/3)
		if err != nil {
			return fmt.Errorf("measuring the bare loop: %w", err)
		}
		bare = bare.better(r)
		if r, err = b.measure(ctx, b.firmware(runHeap), "/api/read/light", length/3); err != nil {
			return fmt.Errorf("measuring the firmware: %w", err)
		}
		firmware = firmware.better(r)
	}
	kept, err := b.keptHeap(ctx)
	if err != nil {
		return err
	}
	smallest, err := b.smallestHeap(ctx)
	if err != nil {
		return err
	}

	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\trequests/s\tratio\tp50\tp99\tfailed\t")
	fmt.Fprintf(w, "bare loop\t%.0f\t1.00\t%v\t%v\t%d\t\n", bare.perSecond, bare.p50, bare.p99, bare.failed)
	fmt.Fprintf(w, "mpctl /api/read/light\t%.0f\t%.2f\t%v\t%v\t%d\t\n",
		firmware.perSecond, firmware.perSecond/bare.perSecond, firmware.p50, firmware.p99, firmware.failed)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("heap kept by the imported app: %.1f KB; smallest heap in which it imports and serves: %d KB (%s)\n",
		float64(kept)/1024, smallest>>10, b.words)
	return nil
}
