//go:build linux || darwin

// Command bench compares mpctl with the tools that people use today for the same tasks, and measures the firmware on
// this computer's MicroPython. "make bench" runs it. Arguments select measurements by name, see run.
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

// sensors is the sensors.py of the measured boards.
const sensors = `SENSORS = {"light": {"read": lambda: 1234, "unit": "raw", "min": 0, "max": 4095}}
`

func main() {
	seconds := flag.Int("seconds", 5, "how long to measure each server")
	flag.Parse()
	netns.Enter()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if os.Getenv(roleVariable) != "" {
		if err := runRole(ctx); err != nil && ctx.Err() == nil {
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

// table starts a table with the given columns on stdout. Each cell of its rows has to end with a tab.
func table(columns ...string) *tabwriter.Writer {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, strings.Join(columns, "\t")+"\t")
	return w
}

// findCurl returns the path of the curl on the PATH, or else of the one in .tools. The latter is started by a shell,
// which costs a millisecond.
func findCurl() (string, error) {
	if curl, err := exec.LookPath("curl"); err == nil {
		return curl, nil
	}
	if curl, err := exec.LookPath(filepath.Join(".tools", "web", "curl")); err == nil {
		return curl, nil
	}
	return "", errors.New("there is no curl: run 'make tools'")
}

// build builds mpctl in a temporary folder, which the caller removes.
func build(ctx context.Context) (dir, mpctl string, err error) {
	dir, err = os.MkdirTemp("", "mpctl-bench-")
	if err != nil {
		return "", "", err
	}
	mpctl = filepath.Join(dir, "mpctl")
	out, err := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", mpctl, "./cmd/mpctl").CombinedOutput()
	if err != nil {
		os.RemoveAll(dir)
		return "", "", fmt.Errorf("building mpctl: %w: %s", err, out)
	}
	return dir, mpctl, nil
}
