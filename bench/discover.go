//go:build linux

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/test/mdnstest"
)

// role makes the benchmark, started by itself, a program that searches or watches, to be measured from outside.
const role = "MPCTL_BENCH_ROLE"

func play(ctx context.Context) error {
	known := map[string]bool{}
	tell := func(b discover.Board) {
		if !known[b.ID] {
			known[b.ID] = true
			fmt.Println(b.Name)
		}
	}
	if os.Getenv(role) == "find" {
		_, _, err := discover.Scan(ctx, discover.Options{Found: tell})
		return err
	}
	client := httpclient.New(httpclient.Options{})
	verify := func(ctx context.Context, b discover.Board) (discover.Board, error) {
		info, err := client.Board(netip.AddrPortFrom(b.Addr, b.Port)).Info(ctx)
		b.ID = info.ID
		return b, err
	}
	return discover.Watch(ctx, discover.Options{Verify: verify}, func(e discover.Event) {
		if e.Kind == discover.Added {
			tell(e.Board)
		}
	})
}

func self(ctx context.Context, as string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), role+"="+as)
	cmd.Stderr = os.Stderr
	return cmd
}

// finding is when a program has printed the first board and the last one.
type finding struct{ first, all, end time.Duration }

// find runs a program that prints a line a board and counts the lines that name one.
func find(cmd *exec.Cmd, n int, isBoard func(line string) bool) (finding, error) {
	var f finding
	out, err := cmd.StdoutPipe()
	if err != nil {
		return f, err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return f, err
	}
	seen := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !isBoard(lines.Text()) {
			continue
		}
		if seen++; seen == 1 {
			f.first = time.Since(begin)
		}
		if seen == n {
			f.all = time.Since(begin)
		}
	}
	err = cmd.Wait()
	f.end = time.Since(begin)
	if seen < n {
		return f, errors.Join(err, fmt.Errorf("%s found %d boards of %d", cmd.Path, seen, n))
	}
	return f, err
}

// discoveries is how long a search takes beside Avahi's in the same namespace, in turns. Avahi's daemon knows what it has
// heard before: its first search, right after it was started, stands for itself.
func discoveries(ctx context.Context, _ time.Duration) error {
	w := table("boards", "mpctl: first", "all", "end", "avahi-browse: first", "all", "end", "with nothing heard before: first", "all", "first, mpctl/avahi", "all, mpctl/avahi")
	for _, n := range []int{1, 10, 100} {
		ours, theirs, cold, err := discovery(ctx, n)
		if err != nil {
			fmt.Printf("finding %d boards: not measured: %v\n", n, err)
			continue
		}
		ms := func(d time.Duration) string { return fmt.Sprintf("%.0f ms", float64(d)/1e6) }
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.2f\t%.2f\t\n", n, ms(ours.first), ms(ours.all), ms(ours.end),
			ms(theirs.first), ms(theirs.all), ms(theirs.end), ms(cold.first), ms(cold.all),
			float64(ours.first)/float64(theirs.first), float64(ours.all)/float64(theirs.all))
	}
	return w.Flush()
}

func discovery(ctx context.Context, n int) (ours, theirs, cold finding, err error) {
	ctx, cancel := context.WithCancel(ctx)
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		cancel()
		return
	}
	c, err := mdnstest.Start(lo, 0, mdnstest.Numbered(n)...)
	if err != nil {
		cancel()
		return
	}
	defer c.Close()
	avahi, err := mdnstest.RunAvahi(ctx, "bench")
	if err != nil {
		cancel()
		return
	}
	defer avahi.Wait()
	defer cancel()
	var allOurs, allTheirs []finding
	for i := range 2*rounds + 1 {
		f, err := find(avahi.Command(ctx, "avahi-browse", "-rpt", "_mpctl._tcp"), n, func(line string) bool { return strings.HasPrefix(line, "=;") })
		if err != nil {
			return ours, theirs, cold, err
		}
		if i == 0 {
			cold = f
			continue
		}
		allTheirs = append(allTheirs, f)
		if f, err = find(self(ctx, "find"), n, func(string) bool { return true }); err != nil {
			return ours, theirs, cold, err
		}
		allOurs = append(allOurs, f)
	}
	return middle(allOurs), middle(allTheirs), cold, nil
}

func middle(all []finding) finding {
	of := func(of func(finding) time.Duration) time.Duration {
		var values []time.Duration
		for _, f := range all {
			values = append(values, of(f))
		}
		return median(values)
	}
	return finding{
		of(func(f finding) time.Duration { return f.first }), of(func(f finding) time.Duration { return f.all }),
		of(func(f finding) time.Duration { return f.end }),
	}
}

const (
	apiPort    = 8080
	settleTime = 20 * time.Second // until questions are rare
	idleTime   = 30 * time.Second
)

// watches is what an idle Watch takes of the computer.
func watches(ctx context.Context, _ time.Duration) error {
	w := table("watching", "all found after", "CPU, then", "memory")
	for _, n := range []int{1, 1000} {
		after, cpu, memory, err := watching(ctx, n)
		if err != nil {
			return fmt.Errorf("watching %d boards: %w", n, err)
		}
		fmt.Fprintf(w, "%d\t%.1f s\t%.2f %%\t%.1f MB\t\n", n, after.Seconds(), cpu*100, float64(memory)/1e6)
	}
	return w.Flush()
}

func watching(ctx context.Context, n int) (found time.Duration, cpu float64, memory int64, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	boards := mdnstest.Numbered(n)
	ids := map[string]string{}
	for i := range boards {
		boards[i].Port = apiPort
		ids[boards[i].Addr.String()] = boards[i].ID
	}
	listener, err := net.Listen("tcp4", fmt.Sprintf(":%d", apiPort))
	if err != nil {
		return 0, 0, 0, err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, _, _ := net.SplitHostPort(r.Context().Value(http.LocalAddrContextKey).(net.Addr).String())
		_ = json.NewEncoder(w).Encode(httpclient.Info{API: 1, Name: "board", ID: ids[at], Board: "esp32", Firmware: "1.0"})
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return 0, 0, 0, err
	}
	c, err := mdnstest.Start(lo, 0, boards...)
	if err != nil {
		return 0, 0, 0, err
	}
	defer c.Close()

	cmd := self(ctx, "watch")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, 0, err
	}
	begin := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, 0, err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	lines := bufio.NewReader(out)
	for i := range n {
		if _, err := lines.ReadString('\n'); err != nil {
			return 0, 0, 0, fmt.Errorf("it ended after %d boards: %w", i, err)
		}
	}
	found = time.Since(begin)
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	time.Sleep(settleTime)
	before, err := ticksOf(cmd.Process.Pid)
	if err != nil {
		return 0, 0, 0, err
	}
	time.Sleep(idleTime)
	after, err := ticksOf(cmd.Process.Pid)
	if err != nil {
		return 0, 0, 0, err
	}
	return found, float64(after-before) / 100 / idleTime.Seconds(), peakMemory(cmd.Process.Pid), nil
}

// ticksOf is the time that a process has had, in the hundredths of a second of Linux's USER_HZ.
func ticksOf(pid int) (int, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("reading /proc: too few fields")
	}
	user, err := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	return user + system, errors.Join(err, err2)
}
