//go:build linux || darwin

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// result is the measurement of a server.
type result struct {
	perSecond float64
	p50, p99  time.Duration
	failed    int // requests without an answer, or with an unsuccessful status
}

// better returns the result with the higher rate, which other programs have disturbed less.
func (r result) better(other result) result {
	if other.perSecond > r.perSecond {
		return other
	}
	return r
}

// rounds is how often the servers take turns, so that other programs disturb all of them alike.
const rounds = 3

// browserHeader is the header of a typical browser: it has the length and number of lines that a server has to read.
var browserHeader = []string{
	"Connection: close",
	"Cache-Control: max-age=0",
	`sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24"`,
	"sec-ch-ua-mobile: ?0",
	`sec-ch-ua-platform: "Linux"`,
	"Upgrade-Insecure-Requests: 1",
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
	"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
	"Sec-Fetch-Site: none",
	"Sec-Fetch-Mode: navigate",
	"Accept-Encoding: gzip, deflate, br, zstd",
	"Accept-Language: en-US,en;q=0.9",
}

var (
	ratePattern    = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	medianPattern  = regexp.MustCompile(`50%\s+([0-9.]+)(us|ms|s)`)
	slowestPattern = regexp.MustCompile(`99%\s+([0-9.]+)(us|ms|s)`)
	socketsPattern = regexp.MustCompile(`Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)`)
	statusPattern  = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)`)
)

// wrk measures a server: clients send requests as fast as they are answered.
func wrk(ctx context.Context, clients int, address, path string, length time.Duration) (result, error) {
	program := filepath.Join(".tools", "wrk", "run")
	if named := os.Getenv("WRK"); named != "" {
		program = named
	}
	args := []string{"-t1", fmt.Sprintf("-c%d", clients), fmt.Sprintf("-d%.0fs", max(1, length.Seconds())), "--latency"}
	for _, header := range browserHeader {
		args = append(args, "-H", header)
	}
	out, err := exec.CommandContext(ctx, program, append(args, "http://"+address+path)...).CombinedOutput()
	if err != nil {
		return result{}, fmt.Errorf("running wrk: %w: %s", err, out)
	}
	return parse(string(out))
}

func parse(out string) (result, error) {
	var r result
	m := ratePattern.FindStringSubmatch(out)
	if m == nil {
		return r, fmt.Errorf("wrk said no rate: %s", out)
	}
	r.perSecond, _ = strconv.ParseFloat(m[1], 64)
	for _, p := range []struct {
		pattern *regexp.Regexp
		value   *time.Duration
	}{{medianPattern, &r.p50}, {slowestPattern, &r.p99}} {
		if m = p.pattern.FindStringSubmatch(out); m == nil {
			return r, fmt.Errorf("wrk said no latency: %s", out)
		}
		d, err := time.ParseDuration(m[1] + m[2])
		if err != nil {
			return r, err
		}
		*p.value = d
	}
	for _, pattern := range []*regexp.Regexp{socketsPattern, statusPattern} {
		for i, n := range pattern.FindStringSubmatch(out) {
			if i > 0 {
				v, _ := strconv.Atoi(n)
				r.failed += v
			}
		}
	}
	return r, nil
}
