//go:build linux || darwin

// Package wired runs the firmware on MicroPython itself, with no board played around it: the whole heap is the
// firmware's, as on a board. The network is this computer's, and there is no WiFi.
package wired

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"mpctl/firmware"
	"mpctl/sim"
)

// heap32 is a board's heap, whose words are 32 bit: about 97 KB are free on an mPython.
const heap32 = 96 << 10

// Board is a flash with the firmware on it, and the MicroPython that runs it.
type Board struct {
	Bits    int // of a word: what a given heap holds depends on it
	flash   string
	runtime string
}

// New writes a flash: the firmware, and more files by their paths on the board.
func New(files map[string]string) (*Board, error) {
	runtime, err := sim.MicroPython()
	if err != nil {
		return nil, err
	}
	flash, err := os.MkdirTemp("", "mpctl-wired-")
	if err != nil {
		return nil, err
	}
	b := &Board{flash: flash, runtime: runtime}
	if err := b.fill(files); err != nil {
		b.Remove()
		return nil, err
	}
	if b.Bits, err = b.Number(context.Background(), 1<<20, "print(64 if sys.maxsize >> 32 else 32)"); err != nil {
		b.Remove()
		return nil, err
	}
	return b, nil
}

func (b *Board) fill(files map[string]string) error {
	for _, f := range firmware.Files() {
		if err := b.write(f.Path, f.Data); err != nil {
			return err
		}
	}
	for path, text := range files {
		if err := b.write(path, []byte(text)); err != nil {
			return err
		}
	}
	return nil
}

func (b *Board) write(path string, data []byte) error {
	path = filepath.Join(b.flash, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// Remove deletes the flash.
func (b *Board) Remove() { _ = os.RemoveAll(b.flash) }

// Heap is a board's heap here: words twice as long take twice the bytes.
func (b *Board) Heap() int { return heap32 * b.Bits / 32 }

// boot makes the flash the root of the file system, and the only place that modules come from.
const boot = `import os, sys
os.umount("/")
os.mount(os.VfsPosix(%q), "/")
os.chdir("/")
sys.path[:] = ["", "/lib"]
`

// Python is a script on the board, with that many bytes of heap. Modules os and sys are imported.
func (b *Board) Python(ctx context.Context, heap int, script string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.runtime, "-X", "heapsize="+strconv.Itoa(heap), "-c", fmt.Sprintf(boot, b.flash)+script)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	return cmd
}

// Number is the number that such a script prints.
func (b *Board) Number(ctx context.Context, heap int, script string) (int, error) {
	out, err := b.Python(ctx, heap, script).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("running %s: %w: %s", b.runtime, err, out)
	}
	return strconv.Atoi(strings.TrimSpace(string(out)))
}
