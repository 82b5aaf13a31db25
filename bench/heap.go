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
var network string

const settings = `{"v": 1, "name": "desk", "wifi": [{"ssid": "classroom", "password": "chalkdust"}]}`

// resident are the modules that nothing forgets; they import the others of that kind.
const resident = "mpctl.app, mpctl.mdns, mpctl.httpd, mpctl.api, mpctl.beacon"

const importing = `
import gc
gc.collect()
before = gc.mem_alloc()
import %s
gc.collect()
print(gc.mem_alloc() - before)
`

// heaps is what the firmware takes, on a computer's network and with the WiFi part.
func heaps(ctx context.Context, _ time.Duration) error {
	w := table("heap, KB", "imported", "kept while serving", "after every route", "smallest that serves", "and is found by mDNS")
	bits := 0
	for _, on := range []struct {
		name  string
		parts string // what stays imported
		files map[string]string
	}{
		{"without WiFi", resident, map[string]string{"/sensors.py": sensors}},
		{"with WiFi", resident + ", mpctl.station", map[string]string{"/sensors.py": sensors, "/network.py": network, "/mpctl.json": settings}},
	} {
		b, err := wired.New(on.files)
		if err != nil {
			return err
		}
		defer b.Remove()
		bits = b.Bits
		imported, err := b.Number(ctx, b.Heap(), fmt.Sprintf(importing, on.parts))
		if err != nil {
			return fmt.Errorf("measuring the imported firmware %s: %w", on.name, err)
		}
		serving, used, err := keptHeap(ctx, b)
		if err != nil {
			return fmt.Errorf("measuring the heap %s: %w", on.name, err)
		}
		smallest, err := smallestHeap(ctx, b, serves)
		if err != nil {
			return fmt.Errorf("looking for the smallest heap %s: %w", on.name, err)
		}
		found, err := smallestHeap(ctx, b, isFound)
		if err != nil {
			return fmt.Errorf("looking for the smallest heap for mDNS %s: %w", on.name, err)
		}
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.1f\t%d\t%d\t\n", on.name, float64(imported)/1024, float64(serving)/1024, float64(used)/1024, smallest>>10, found>>10)
	}
	fmt.Fprintf(w, "(%d-bit words)\n", bits)
	return w.Flush()
}

// keptHeap is what the firmware keeps of a board's heap, in bytes: when it has started, and when every route has been
// used. What an empty MicroPython keeps, and in the place of WiFi its stand-in, is not the firmware's.
func keptHeap(ctx context.Context, b *wired.Board) (serving, used int, err error) {
	const before = `
import gc
try:
    import network
except ImportError:
    pass
gc.collect()
print(gc.mem_free())
`
	free, err := b.Number(ctx, b.Heap(), before)
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
	if err := askEverything(s.Address); err != nil {
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

func askEverything(address string) error {
	for _, path := range []string{"/api/read/light", "/api/read", "/api/info", "/", "/metrics"} {
		if _, err := get(address, path); err != nil {
			return err
		}
	}
	return firstEvent(address)
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

func firstEvent(address string) error {
	body, err := open(address, "/api/stream")
	if err != nil {
		return err
	}
	defer body.Close()
	_, err = io.ReadFull(body, make([]byte, 50))
	return err
}

// smallestHeap is the least heap in which the firmware starts and does something, in bytes.
func smallestHeap(ctx context.Context, b *wired.Board, does func(context.Context, *wired.Server) error) (int, error) {
	most := b.Heap() >> 10
	low, high := 0, most // KB; low fails, high is thought to do
	for high-low > 1 {
		heap := (low + high) / 2
		if err := starts(ctx, b, heap<<10, does); err == nil {
			high = heap
		} else if ctx.Err() != nil {
			return 0, ctx.Err()
		} else {
			low = heap
		}
	}
	// At the edge it depends on the moment whether there is enough in one piece: thrice in a row is no luck.
	for lucky := 0; lucky < 3; {
		err := starts(ctx, b, high<<10, does)
		switch {
		case err == nil:
			lucky++
		case high == most || ctx.Err() != nil:
			return 0, err
		default:
			high, lucky = high+1, 0
		}
	}
	return high << 10, nil
}

func starts(ctx context.Context, b *wired.Board, heap int, does func(context.Context, *wired.Server) error) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	s, err := b.Serve(ctx, heap)
	if err != nil {
		return err
	}
	defer s.Stop()
	return does(ctx, s)
}

func serves(_ context.Context, s *wired.Server) error {
	for range 3 {
		if err := askEverything(s.Address); err != nil {
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
