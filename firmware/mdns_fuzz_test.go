//go:build linux || darwin

package firmware_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/pyunit"
)

// The responder handles mutated packets on MicroPython with a board's heap, without exceptions and leaks. MPCTL_SOAK=1
// makes it a million packets.
func TestMutatedPackets(t *testing.T) {
	packets, limit := 20_000, 2*time.Minute
	if os.Getenv("MPCTL_SOAK") != "" {
		packets, limit = 1_000_000, 20*time.Minute
	}
	lib := library(t)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	seed := time.Now().UnixNano() % 1_000_000
	cmd := exec.CommandContext(ctx, pyunit.MicroPython(t), "-X", "heapsize=96k", filepath.Join("testdata", "fuzz_mdns.py"), lib, fmt.Sprint(packets), fmt.Sprint(seed))
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	last := lines[max(0, len(lines)-12):]
	if err != nil {
		t.Fatalf("seed %d: %v: %s", seed, err, strings.Join(last, "\n"))
	}
	var kept, sent, renamed int
	if _, err := fmt.Sscan(last[len(last)-1], &kept, &sent, &renamed); err != nil {
		t.Fatalf("seed %d: %v: %s", seed, err, strings.Join(last, "\n"))
	}
	if kept > 1024 {
		t.Errorf("seed %d: %d bytes more are kept than before", seed, kept)
	}
	// Fewer would mean that the answers and claims were hardly tested.
	if sent < packets/100 || renamed < packets/1000 {
		t.Errorf("seed %d: %d packets sent and %d names changed in answer to %d packets, want more", seed, sent, renamed, packets)
	}
}
