//go:build linux || darwin

package main

import (
	"bufio"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"mpctl/firmware"
)

//go:embed bare.py
var bareLoop []byte

const sensors = "SENSORS = {'light': {'read': lambda: 1234, 'unit': 'raw', 'min': 0, 'max': 4095}}\n"

// board is the firmware in a folder of its own and the MicroPython that runs it, no board played around it.
type board struct {
	dir, runtime string
	words        string // the word size, as measured heaps depend on it
}

func newBoard() (*board, error) {
	runtime, err := filepath.Abs(tool("MPCTL_MICROPYTHON", "micropython"))
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "mpctl-bench-")
	if err != nil {
		return nil, err
	}
	b := &board{dir: dir, runtime: runtime}
	files := map[string][]byte{"bare.py": bareLoop, "sensors.py": []byte(sensors)}
	for _, f := range firmware.Files() {
		if f.Path != firmware.MainPath {
			files[strings.TrimPrefix(f.Path, "/lib/")] = f.Data
		}
	}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			b.remove()
			return nil, err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			b.remove()
			return nil, err
		}
	}
	b.words = "64 bit"
	if out, err := b.python(context.Background(), 1<<20, "-c", "import sys; print(sys.maxsize >> 32)").Output(); err != nil {
		b.remove()
		return nil, fmt.Errorf("running %s: %w", runtime, err)
	} else if strings.TrimSpace(string(out)) == "0" {
		b.words = "32 bit"
	}
	return b, nil
}

func (b *board) remove() { _ = os.RemoveAll(b.dir) }

// tool is a program that "make tools" gets, or the one that the environment names.
func tool(variable, name string) string {
	if named := os.Getenv(variable); named != "" {
		return named
	}
	return filepath.Join(".tools", name, "run")
}

func (b *board) python(ctx context.Context, heap int, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.runtime, append([]string{"-X", "heapsize=" + strconv.Itoa(heap)}, args...)...)
	cmd.Dir = b.dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "MICROPYPATH=" + b.dir}
	return cmd
}

type server func(ctx context.Context) *exec.Cmd

func (b *board) bare() server {
	return func(ctx context.Context) *exec.Cmd { return b.python(ctx, runHeap, "bare.py", "18080") }
}

func (b *board) firmware(heap int) server {
	return func(ctx context.Context) *exec.Cmd {
		return b.python(ctx, heap, "-c", "import mpctl; mpctl.main(clients=False)")
	}
}

const listening = "connect your browser to http://"

// serve runs a server while use talks to it at host:port.
func (b *board) serve(ctx context.Context, s server, use func(address string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := s(ctx)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	lines := bufio.NewScanner(out)
	var said string
	for lines.Scan() {
		said += lines.Text() + "\n"
		if _, address, found := strings.Cut(lines.Text(), listening); found {
			address = strings.TrimSuffix(address, "/")
			if !strings.Contains(address, ":") {
				address += ":80"
			}
			go func() { _, _ = io.Copy(io.Discard, out) }()
			return use(address)
		}
	}
	cancel()
	_ = cmd.Wait()
	return fmt.Errorf("it does not listen: %s%s", said, complaints.String())
}

// keptHeap is what the imported app keeps of the heap, in bytes.
func (b *board) keptHeap(ctx context.Context) (int, error) {
	const script = `
import gc
gc.collect(); before = gc.mem_alloc()
import mpctl.app
gc.collect(); print(gc.mem_alloc() - before)
`
	out, err := b.python(ctx, 1<<20, "-c", script).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("measuring the heap: %w: %s", err, out)
	}
	return strconv.Atoi(strings.TrimSpace(string(out)))
}

// smallestHeap is the least heap in which the firmware starts and answers, in bytes.
func (b *board) smallestHeap(ctx context.Context) (int, error) {
	low, high := 0, runHeap>>10 // KB; low fails, high does
	for high-low > 1 {
		heap := (low + high) / 2
		if err := b.answers(ctx, heap<<10); err == nil {
			high = heap
		} else if ctx.Err() != nil {
			return 0, ctx.Err()
		} else {
			low = heap
		}
	}
	// At the edge it depends on the moment whether there is enough in one piece: thrice in a row is no luck.
	for lucky := 0; lucky < 3 && high < runHeap>>10; lucky++ {
		if err := b.answers(ctx, high<<10); err != nil {
			if ctx.Err() != nil {
				return 0, ctx.Err()
			}
			high, lucky = high+1, -1
		}
	}
	return high << 10, b.answers(ctx, high<<10)
}

func (b *board) answers(ctx context.Context, heap int) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return b.serve(ctx, b.firmware(heap), func(address string) error {
		client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
		for range 3 {
			for _, path := range []string{"/api/read/light", "/api/read", "/api/info", "/"} {
				resp, err := client.Get("http://" + address + path)
				if err != nil {
					return err
				}
				_, err = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
				if err != nil {
					return err
				}
				if resp.StatusCode != http.StatusOK {
					return fmt.Errorf("GET %s: status %d", path, resp.StatusCode)
				}
			}
		}
		return nil
	})
}
