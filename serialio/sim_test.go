//go:build linux

package serialio_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mpctl/firmware"
	"mpctl/internal/test/netns"
	"mpctl/serialio"
	"mpctl/sim"
)

func TestMain(m *testing.M) {
	netns.Enter()
	cache, err := os.MkdirTemp("", "mpctl-cache-")
	if err != nil {
		panic(err)
	}
	os.Setenv("XDG_CACHE_HOME", cache) // these boards must not appear in any other mpctl
	code := m.Run()
	_ = os.RemoveAll(cache)
	os.Exit(code)
}

var models = []string{sim.MPython, sim.ESP32}

// board starts a simulated board and brings it to its raw prompt.
func board(t *testing.T, c sim.Config) (*sim.Board, *serialio.REPL) {
	t.Helper()
	netns.Require(t)
	b, err := sim.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Stop() })
	conn, err := serialio.Open(b.Port())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r, err := serialio.Enter(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	return b, r
}

func appFiles() []serialio.File {
	var files []serialio.File
	for _, f := range firmware.Files() {
		files = append(files, serialio.File{Path: f.Path, Data: f.Data})
	}
	all := make([]byte, 2560)
	for i := range all {
		all[i] = byte(i * 7)
	}
	// A file with every byte and an empty file go over the line too.
	return append([]serialio.File{{Path: "/data/every.bin", Data: all}, {Path: "/data/empty", Data: nil}}, files...)
}

func TestSimUpload(t *testing.T) {
	for _, model := range models {
		t.Run(model, func(t *testing.T) {
			b, r := board(t, sim.Config{Model: model, Blank: true})
			if err := os.WriteFile(filepath.Join(b.Flash(), "main.py"), []byte("print('mine')\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			info, err := serialio.Probe(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if info.ID != b.ID() || !info.SHA256 || !info.Inflate || !info.WiFi || !info.Folders || info.FlashFree <= 0 || info.HeapFree <= 0 {
				t.Fatalf("Probe = %+v, want the id %s", info, b.ID())
			}
			files := appFiles()
			files[len(files)-1].Keep = func(old []byte) bool { return string(old) == "print('mine')\n" }
			result, err := serialio.Upload(t.Context(), r, info, files, nil)
			if err != nil {
				t.Fatal(err)
			}
			// A busy computer can be too slow for the line's pace. Then files are sent twice, which is no failure.
			if len(result.Sent) != len(files) {
				t.Errorf("sent %q, want all %d files", result.Sent, len(files))
			}
			for _, f := range files {
				data, err := os.ReadFile(filepath.Join(b.Flash(), f.Path))
				if err != nil || !bytes.Equal(data, f.Data) {
					t.Errorf("%s: %d bytes on the board, %v; want %d", f.Path, len(data), err, len(f.Data))
				}
			}
			if kept, err := os.ReadFile(filepath.Join(b.Flash(), "main.py.bak")); err != nil || string(kept) != "print('mine')\n" {
				t.Errorf("the old main.py is kept as %q, %v", kept, err)
			}
			again, err := serialio.Upload(t.Context(), r, info, files, nil)
			if err != nil || len(again.Sent) > 0 || len(again.Equal) != len(files) {
				t.Errorf("second Upload = %+v, %v", again, err)
			}
			data, ok, err := serialio.ReadFile(t.Context(), r, "/data/every.bin", 4096)
			if err != nil || !ok || !bytes.Equal(data, files[0].Data) {
				t.Errorf("ReadFile = %d bytes, %v, %v", len(data), ok, err)
			}
		})
	}
}

func TestSimCancelledUpload(t *testing.T) {
	for _, model := range models {
		t.Run(model, func(t *testing.T) {
			b, r := board(t, sim.Config{Model: model, Blank: true})
			info, err := serialio.Probe(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, err = serialio.Upload(ctx, r, info, appFiles(), func(done, total int) {
				if done > total/2 {
					cancel()
				}
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("Upload = %v, want context.Canceled", err)
			}
			err = filepath.WalkDir(b.Flash(), func(path string, entry os.DirEntry, err error) error {
				if err == nil && !entry.IsDir() {
					t.Errorf("%s was left behind", path)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
			if out, err := r.Exec(t.Context(), "print('alive')"); err != nil || string(out) != "alive\n" {
				t.Errorf("Exec after it = %q, %v", out, err)
			}
		})
	}
}

func TestSimInterrupt(t *testing.T) {
	for _, model := range models {
		t.Run(model, func(t *testing.T) {
			_, r := board(t, sim.Config{Model: model, Blank: true})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err := r.ExecLines(ctx, "print('on')\nwhile True: pass", func(string) { cancel() })
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("ExecLines = %v, want context.Canceled", err)
			}
			_, err = r.Exec(t.Context(), "print('x'*5)\nraise ValueError('no')")
			var exec *serialio.ExecError
			if !errors.As(err, &exec) || exec.Error() != "the board raised ValueError: no" {
				t.Fatalf("Exec = %v", err)
			}
			if _, err := r.Exec(t.Context(), "def ("); !errors.As(err, &exec) || !strings.Contains(err.Error(), "SyntaxError") {
				t.Fatalf("Exec of nonsense = %v", err)
			}
			if err := r.SoftReset(t.Context()); err != nil {
				t.Fatal(err)
			}
			if out, err := r.Exec(t.Context(), "print('fresh')"); err != nil || string(out) != "fresh\n" {
				t.Fatalf("Exec after a soft reset = %q, %v", out, err)
			}
		})
	}
}

// TestSimReset follows a board through a hard reset until its main.py prints something.
func TestSimReset(t *testing.T) {
	for _, model := range models {
		t.Run(model, func(t *testing.T) {
			b, r := board(t, sim.Config{Model: model, Blank: true})
			if err := os.WriteFile(filepath.Join(b.Flash(), "main.py"), []byte("print('hello from main')\nwhile True: pass\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := r.Reset(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			heard := false
			if err := r.Lines(ctx, func(line string) {
				if line == "hello from main" {
					heard = true
					cancel()
				}
			}); err != nil || !heard {
				t.Fatalf("Lines = %v, heard = %v", err, heard)
			}
		})
	}
}
