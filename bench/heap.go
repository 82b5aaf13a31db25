//go:build linux || darwin

package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"mpctl/discover"
	"mpctl/internal/test/wired"
)

//go:embed network.py
var networkModule string

const settings = `{"v": 1, "name": "desk", "wifi": [{"ssid": "classroom", "password": "chalkdust"}]}`

// residentModules are the modules that stay imported. They import the other ones that do.
const residentModules = "mpctl.app, mpctl.mdns, mpctl.httpd, mpctl.api, mpctl.beacon"

// importSize prints the bytes of heap that an import takes.
const importSize = `
import gc
gc.collect()
before = gc.mem_alloc()
import %s
gc.collect()
print(gc.mem_alloc() - before)
`

// heaps measures the heap that the firmware needs, with and without its WiFi part.
func heaps(ctx context.Context, _ time.Duration) error {
	w := table("heap, KB", "imported", "kept while serving", "after every route", "smallest that serves", "and is found by mDNS")
	bits := 0
	for _, firmware := range []struct {
		name    string
		modules string // that stay imported
		files   map[string]string
	}{
		{"without WiFi", residentModules, map[string]string{"/sensors.py": sensors}},
		{"with WiFi", residentModules + ", mpctl.station", map[string]string{"/sensors.py": sensors, "/network.py": networkModule, "/mpctl.json": settings}},
	} {
		b, err := wired.New(firmware.files)
		if err != nil {
			return err
		}
		defer b.Remove()
		bits = b.Bits
		imported, err := b.Number(ctx, b.Heap(), fmt.Sprintf(importSize, firmware.modules))
		if err != nil {
			return fmt.Errorf("measuring the imported firmware %s: %w", firmware.name, err)
		}
		serving, used, err := keptHeap(ctx, b)
		if err != nil {
			return fmt.Errorf("measuring the heap %s: %w", firmware.name, err)
		}
		smallest, err := smallestHeap(ctx, b, serves)
		if err != nil {
			return fmt.Errorf("looking for the smallest heap %s: %w", firmware.name, err)
		}
		found, err := smallestHeap(ctx, b, isFound)
		if err != nil {
			return fmt.Errorf("looking for the smallest heap for mDNS %s: %w", firmware.name, err)
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%d\t%d\t\n", firmware.name, float64(imported)/1024, float64(serving)/1024, float64(used)/1024, smallest>>10, found>>10)
	}
	fmt.Fprintf(w, "(%d-bit words)\n", bits)
	return w.Flush()
}

// keptHeap returns the bytes of heap that the firmware keeps after its start (serving) and after every route was
// requested (used). It does not count the heap of an empty MicroPython, nor of the stand-in for WiFi.
func keptHeap(ctx context.Context, b *wired.Board) (serving, used int, err error) {
	const freeHeap = `
import gc
try:
    import network
except ImportError:
    pass
gc.collect()
print(gc.mem_free())
`
	free, err := b.Number(ctx, b.Heap(), freeHeap)
	if err != nil {
		return 0, 0, err
	}
	s, err := b.Serve(ctx, b.Heap())
	if err != nil {
		return 0, 0, err
	}
	defer s.Stop()
	first, err := heapFree(s.Address)
	if err != nil {
		return 0, 0, err
	}
	if err := requestEveryRoute(s.Address); err != nil {
		return 0, 0, err
	}
	last, err := heapFree(s.Address)
	return free - first, free - last, err
}

func heapFree(address string) (int, error) {
	var info struct {
		HeapFree int `json:"heap_free"`
	}
	body, err := get(address, "/api/info")
	if err == nil {
		err = json.Unmarshal(body, &info)
	}
	return info.HeapFree, err
}

func requestEveryRoute(address string) error {
	for _, path := range []string{"/api/read/light", "/api/read", "/api/info", "/", "/metrics"} {
		if _, err := get(address, path); err != nil {
			return err
		}
	}
	return readEvent(address)
}

var client = http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func open(address, path string) (io.ReadCloser, error) {
	resp, err := client.Get("http://" + address + path)
	if err == nil && resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close()
		err = fmt.Errorf("GET %s: status %d", path, resp.StatusCode)
	}
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

func get(address, path string) ([]byte, error) {
	body, err := open(address, path)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return io.ReadAll(body)
}

// readEvent waits for the first event of a stream.
func readEvent(address string) error {
	body, err := open(address, "/api/stream")
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.ReadFull(body, make([]byte, 50))
	return err
}

// smallestHeap returns the smallest heap, in bytes, in which the firmware starts and passes check.
func smallestHeap(ctx context.Context, b *wired.Board, check func(context.Context, *wired.Server) error) (int, error) {
	maxHeap := b.Heap() >> 10
	low, high := 0, maxHeap // KB; low is too small, high is taken to suffice
	for high-low > 1 {
		heap := (low + high) / 2
		if err := runWith(ctx, b, heap<<10, check); err == nil {
			high = heap
		} else if ctx.Err() != nil {
			return 0, ctx.Err()
		} else {
			low = heap
		}
	}
	// Close to the limit, fragmentation decides whether an allocation succeeds. A heap counts if it suffices three
	// times in a row.
	for successes := 0; successes < 3; {
		err := runWith(ctx, b, high<<10, check)
		switch {
		case err == nil:
			successes++
		case high == maxHeap || ctx.Err() != nil:
			return 0, err
		default:
			high, successes = high+1, 0
		}
	}
	return high << 10, nil
}

// runWith starts the firmware in a heap and checks it.
func runWith(ctx context.Context, b *wired.Board, heap int, check func(context.Context, *wired.Server) error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, err := b.Serve(ctx, heap)
	if err != nil {
		return err
	}
	defer s.Stop()
	return check(ctx, s)
}

func serves(_ context.Context, s *wired.Server) error {
	for range 3 {
		if err := requestEveryRoute(s.Address); err != nil {
			return err
		}
	}
	return nil
}

func isFound(ctx context.Context, s *wired.Server) error {
	if err := serves(ctx, s); err != nil {
		return err
	}
	boards, _, err := discover.Scan(ctx, discover.Options{Done: func(found []discover.Board) bool { return len(found) > 0 }})
	if err == nil && len(boards) == 0 {
		err = errors.New("it is not found by mDNS")
	}
	return err
}
