//go:build linux || darwin

// Command bench measures, as "make bench" runs it, mpctl beside what else there is for each of its tasks, and the
// firmware on the MicroPython of this computer. Arguments name some of the measurements, see run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"mpctl/internal/test/netns"
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
	if os.Getenv(role) != "" {
		if err := play(ctx); err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(ctx, time.Duration(*seconds)*time.Second); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, length time.Duration) error {
	for _, m := range []struct {
		name    string
		measure func(context.Context, time.Duration) error
	}{
		{"uploads", uploads}, {"provisions", provisions}, {"lists", lists}, {"reads", reads},
		{"discoveries", discoveries}, {"watches", watches}, {"fetches", fetches},
		{"rates", rates}, {"latencies", latencies}, {"heaps", heaps},
	} {
		if flag.NArg() > 0 && !slices.Contains(flag.Args(), m.name) {
			continue
		}
		if err := m.measure(ctx, length); err != nil {
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

// findCurl is the curl on the PATH, else the unpacked one, which a shell starts: that takes it a millisecond.
func findCurl() (string, error) {
	if curl, err := exec.LookPath("curl"); err == nil {
		return curl, nil
	}
	if curl, err := exec.LookPath(filepath.Join(".tools", "web", "curl")); err == nil {
		return curl, nil
	}
	return "", errors.New("there is no curl: run 'make tools'")
}

// build builds mpctl into a folder.
func build(ctx context.Context, dir string) (string, error) {
	mpctl := filepath.Join(dir, "mpctl")
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", mpctl, "./cmd/mpctl").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building mpctl: %w: %s", err, out)
	}
	return mpctl, nil
}
