//go:build linux || darwin

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

const (
	lsRuns   = 7
	readRuns = 100 // of mpctl read, and of curl
)

// lists measures mpctl from start to end: listing one board, and reading a remembered one. It compares the latter
// with curl, which fetches the same reading; the two take turns.
func lists(ctx context.Context, _ time.Duration) error {
	dir, mpctl, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cache := filepath.Join(dir, "cache")
	environment := append(os.Environ(), "XDG_CACHE_HOME="+cache)

	simulator := exec.CommandContext(ctx, mpctl, "sim", "--json", "--light", "1234")
	simulator.Env, simulator.Stderr = environment, os.Stderr
	out, err := simulator.StdoutPipe()
	if err != nil {
		return err
	}
	if err := simulator.Start(); err != nil {
		return err
	}
	defer func() {
		_ = simulator.Process.Signal(os.Interrupt)
		_ = simulator.Wait()
	}()
	var board struct {
		Name    string
		Address netip.Addr
		Port    uint16
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		return errors.New("mpctl sim started no board")
	}
	if err := json.Unmarshal(lines.Bytes(), &board); err != nil {
		return err
	}

	run := func(name string, args ...string) (time.Duration, error) {
		command := exec.CommandContext(ctx, name, args...)
		command.Env = environment
		begin := time.Now()
		out, err := command.CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("%s: %w: %s", name, err, out)
		}
		return time.Since(begin), nil
	}
	var fresh, again, reading, fetching []time.Duration
	measure := func(times *[]time.Duration, name string, args ...string) error {
		d, err := run(name, args...)
		*times = append(*times, d)
		return err
	}
	for range lsRuns {
		_ = os.Remove(filepath.Join(cache, "mpctl", "boards.json"))
		if err := errors.Join(measure(&fresh, mpctl, "ls"), measure(&again, mpctl, "ls")); err != nil {
			return err
		}
	}
	w := table("one board, start to end", "median", "longest", "ratio")
	row := func(name string, times []time.Duration, ratio string) {
		fmt.Fprintf(w, "%s\t%v\t%v\t%s\t\n", name, median(times), slices.Max(times).Round(100*time.Microsecond), ratio)
	}
	row("mpctl ls", fresh, "")
	row("mpctl ls, remembered", again, "")
	curl, err := findCurl()
	if err != nil {
		fmt.Println("mpctl read beside curl: not measured:", err)
		return w.Flush()
	}
	url := fmt.Sprintf("http://%s/api/read/light", netip.AddrPortFrom(board.Address, board.Port))
	for range readRuns {
		if err := errors.Join(measure(&fetching, curl, "-sf", url), measure(&reading, mpctl, "read", "light", board.Name)); err != nil {
			return err
		}
	}
	row("curl "+url, fetching, "1.00")
	row("mpctl read light "+board.Name, reading, fmt.Sprintf("%.2f", float64(median(reading))/float64(median(fetching))))
	return w.Flush()
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2].Round(10 * time.Microsecond)
}
