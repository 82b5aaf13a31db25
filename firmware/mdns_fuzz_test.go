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

	"mpctl/firmware"
)

// Mutated packets through the responder, on MicroPython with a board's heap: no exception, and nothing kept.
// MPCTL_SOAK=1 makes it a million.
func TestMutatedPackets(t *testing.T) {
	packets, limit := 20_000, 2*time.Minute
	if os.Getenv("MPCTL_SOAK") != "" {
		packets, limit = 1_000_000, 20*time.Minute
	}
	lib := t.TempDir()
	for _, f := range firmware.Files() {
		path, in := strings.CutPrefix(f.Path, "/lib/")
		if !in {
			continue
		}
		path = filepath.Join(lib, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	seed := time.Now().UnixNano() % 1_000_000
	cmd := exec.CommandContext(ctx, micropython(t), "-X", "heapsize=96k", filepath.Join("testdata", "fuzz_mdns.py"), lib, fmt.Sprint(packets), fmt.Sprint(seed))
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
	// Else it would be no test of what answers and claims.
	if sent < packets/100 || renamed < packets/1000 {
		t.Errorf("seed %d: %d packets sent and %d names changed in answer to %d packets, want more", seed, sent, renamed, packets)
	}
}
