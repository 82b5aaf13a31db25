//go:build linux || darwin

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

const bigBody = 1 << 30 // bytes

// fetches compares "mpctl get" with curl: the time from the start of the process to the first byte, and the time and
// memory for a big body. The two take turns.
func fetches(ctx context.Context, length time.Duration) error {
	curl, err := findCurl()
	if err != nil {
		fmt.Println("mpctl get beside curl: not measured:", err)
		return nil
	}
	dir, mpctl, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	server := httptest.NewServer(http.HandlerFunc(servePages))
	defer server.Close()
	clients := []*fetcher{{name: "curl", command: []string{curl, "-s"}}, {name: "mpctl get", command: []string{mpctl, "get"}}}

	for end := time.Now().Add(length); time.Now().Before(end); {
		for _, c := range clients {
			if err := c.measureStart(ctx, server.URL+"/small"); err != nil {
				return err
			}
		}
	}
	for range rounds {
		for _, c := range clients {
			if err := c.measureBig(ctx, server.URL+"/big"); err != nil {
				return err
			}
		}
	}
	w := table("fetching", "first byte p50", "p90", "ratio", "1 GiB", "MB/s", "ratio", "memory")
	base := clients[0]
	for _, c := range clients {
		slices.Sort(c.first)
		slices.Sort(base.first)
		p50, p90 := c.first[len(c.first)/2], c.first[len(c.first)*9/10]
		fmt.Fprintf(w, "%s\t%v\t%v\t%.2f\t%v\t%.0f\t%.2f\t%.0f MB\t\n", c.name,
			p50.Round(10*time.Microsecond), p90.Round(10*time.Microsecond), float64(p50)/float64(base.first[len(base.first)/2]),
			c.big.Round(time.Millisecond), bigBody/1e6/c.big.Seconds(), float64(base.big)/float64(c.big), float64(c.memory)/1e6)
	}
	return w.Flush()
}

func servePages(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/small" {
		io.WriteString(w, "hello\n")
		return
	}
	piece := make([]byte, 1<<20)
	w.Header().Set("Content-Length", strconv.Itoa(bigBody))
	w.Header().Set("Content-Type", "application/octet-stream")
	for range bigBody / len(piece) {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
}

// fetcher is a program that fetches URLs, and its measurements.
type fetcher struct {
	name    string
	command []string
	first   []time.Duration // until the first byte
	big     time.Duration   // the best of all rounds, which is disturbed least by other programs
	memory  int64           // bytes, at most
}

// measureStart measures the time from the start of the process to its first byte.
func (f *fetcher) measureStart(ctx context.Context, url string) error {
	c := f.fetch(ctx, url)
	out, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := c.Start(); err != nil {
		return err
	}
	_, err = out.Read(make([]byte, 1))
	f.first = append(f.first, time.Since(began))
	if err != nil {
		return fmt.Errorf("%s: %w", f.name, err)
	}
	_, _ = io.Copy(io.Discard, out)
	return c.Wait()
}

// measureBig measures the fetching of a big body to the null device.
func (f *fetcher) measureBig(ctx context.Context, url string) error {
	c := f.fetch(ctx, url)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	began := time.Now()
	if err := c.Start(); err != nil { // without Stdout, which is the null device then
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	for {
		select {
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("%s: %w: %s", f.name, err, stderr.String())
			}
			if took := time.Since(began); f.big == 0 || took < f.big {
				f.big = took
			}
			return nil
		case <-time.After(20 * time.Millisecond):
			f.memory = max(f.memory, peakMemory(c.Process.Pid))
		}
	}
}

// peakMemory returns the highest resident memory of a process in bytes, or 0 if it is unknown. The number that
// wait(2) returns is of no use: it includes the memory of this process, which is shared for a moment between fork and
// exec.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	_, _ = fmt.Sscan(after, &kilobytes)
	return kilobytes << 10
}

func (f *fetcher) fetch(ctx context.Context, url string) *exec.Cmd {
	return exec.CommandContext(ctx, f.command[0], append(f.command[1:len(f.command):len(f.command)], url)...)
}
