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

// roleVariable is the environment variable that makes a child process of the benchmark search for boards ("find") or
// watch them ("watch"), so that its time and memory can be measured.
const roleVariable = "MPCTL_BENCH_ROLE"

// runRole prints the name of each board once.
func runRole(ctx context.Context) error {
	printed := map[string]bool{}
	printName := func(b discover.Board) {
		if !printed[b.ID] {
			printed[b.ID] = true
			fmt.Println(b.Name)
		}
	}
	if os.Getenv(roleVariable) == "find" {
		_, _, err := discover.Scan(ctx, discover.Options{Found: printName})
		return err
	}
	boards := httpclient.New(httpclient.Options{})
	verify := func(ctx context.Context, b discover.Board) (discover.Board, error) {
		info, err := boards.Board(netip.AddrPortFrom(b.Addr, b.Port)).Info(ctx)
		b.ID = info.ID
		return b, err
	}
	return discover.Watch(ctx, discover.Options{Verify: verify}, func(e discover.Event) {
		if e.Kind == discover.Added {
			printName(e.Board)
		}
	})
}

// childProcess returns the command that runs this program in a role.
func childProcess(ctx context.Context, role string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	return cmd
}

// findTimes are the times from the start of a program until it has printed the first board, the last board, and until
// its end.
type findTimes struct{ first, all, end time.Duration }

// measureFind runs a program that prints a line for each board, until it ends. It returns an error unless n lines
// name a board.
func measureFind(cmd *exec.Cmd, n int, isBoard func(line string) bool) (findTimes, error) {
	var f findTimes
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

// discoveries compares the time that a search takes with that of avahi-browse in the same network namespace. The two
// take turns. Avahi's daemon has a cache: its first search, right after its start, is shown separately.
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

// discovery returns the median times for n boards of mpctl and Avahi, and those of Avahi's first search.
func discovery(ctx context.Context, n int) (ours, theirs, cold findTimes, err error) {
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
	var allOurs, allTheirs []findTimes
	for i := range 2*rounds + 1 {
		f, err := measureFind(avahi.Command(ctx, "avahi-browse", "-rpt", "_mpctl._tcp"), n, func(line string) bool { return strings.HasPrefix(line, "=;") })
		if err != nil {
			return ours, theirs, cold, err
		}
		if i == 0 {
			cold = f
			continue
		}
		allTheirs = append(allTheirs, f)
		if f, err = measureFind(childProcess(ctx, "find"), n, func(string) bool { return true }); err != nil {
			return ours, theirs, cold, err
		}
		allOurs = append(allOurs, f)
	}
	return medians(allOurs), medians(allTheirs), cold, nil
}

func medians(all []findTimes) findTimes {
	medianOf := func(field func(findTimes) time.Duration) time.Duration {
		var values []time.Duration
		for _, f := range all {
			values = append(values, field(f))
		}
		return median(values)
	}
	return findTimes{
		medianOf(func(f findTimes) time.Duration { return f.first }), medianOf(func(f findTimes) time.Duration { return f.all }),
		medianOf(func(f findTimes) time.Duration { return f.end }),
	}
}

const (
	apiPort    = 8080
	settleTime = 20 * time.Second // until Watch sends queries rarely
	idleTime   = 30 * time.Second // of the measurement
)

// watches measures the CPU time and the memory of a Watch in which nothing changes.
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

// watching returns how long a Watch takes to find n boards, and the share of a CPU and the bytes of memory it needs
// then.
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

	cmd := childProcess(ctx, "watch")
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
	before, err := cpuTicks(cmd.Process.Pid)
	if err != nil {
		return 0, 0, 0, err
	}
	time.Sleep(idleTime)
	after, err := cpuTicks(cmd.Process.Pid)
	if err != nil {
		return 0, 0, 0, err
	}
	return found, float64(after-before) / 100 / idleTime.Seconds(), peakMemory(cmd.Process.Pid), nil
}

// cpuTicks returns the CPU time that a process has used, in hundredths of a second (Linux's USER_HZ).
func cpuTicks(pid int) (int, error) {
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
