//go:build linux || darwin

package main

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"mpctl/internal/test/wired"
)

//go:embed bare.py
var bareLoop string

// rates measures how many requests of two clients are answered each second, by the firmware and by a bare loop.
func rates(ctx context.Context, length time.Duration) error {
	b, err := wired.New(map[string]string{"/sensors.py": sensors, "/bare.py": bareLoop})
	if err != nil {
		return err
	}
	defer b.Remove()
	var bare, firmware result
	for range rounds {
		s, err := wired.Start(b.Python(ctx, b.Heap(), "import bare"))
		if err != nil {
			return fmt.Errorf("starting the bare loop: %w", err)
		}
		r, err := wrk(ctx, 2, s.Address, "/", length/rounds)
		s.Stop()
		if err != nil {
			return fmt.Errorf("measuring the bare loop: %w", err)
		}
		bare = bare.better(r)
		if s, err = b.Serve(ctx, b.Heap()); err != nil {
			return err
		}
		r, err = wrk(ctx, 2, s.Address, "/api/read/light", length/rounds)
		s.Stop()
		if err != nil {
			return fmt.Errorf("measuring the firmware: %w", err)
		}
		firmware = firmware.better(r)
	}
	w := table("two clients", "requests/s", "ratio", "p50", "p99", "failed")
	fmt.Fprintf(w, "bare loop\t%.0f\t1.00\t%v\t%v\t%d\t\n", bare.perSecond, bare.p50, bare.p99, bare.failed)
	fmt.Fprintf(w, "mpctl /api/read/light\t%.0f\t%.2f\t%v\t%v\t%d\t\n",
		firmware.perSecond, firmware.perSecond/bare.perSecond, firmware.p50, firmware.p99, firmware.failed)
	return w.Flush()
}
