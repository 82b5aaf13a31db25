package serialio

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"
)

// app returns files like the firmware's: modules, one of them long, a file that does not compress, and main.py last.
func app() []File {
	noise := make([]byte, 3000)
	rand.New(rand.NewSource(1)).Read(noise)
	return []File{
		{Path: "/lib/mpctl/__init__.py", Data: nil},
		{Path: "/lib/mpctl/server.py", Data: []byte(strings.Repeat("def handle(request):\n    return 'it\\'s light'\n", 400))},
		{Path: "/lib/mpctl/font.bin", Data: noise},
		{Path: "/main.py", Data: []byte("import mpctl\nmpctl.main()\n"), Keep: func(old []byte) bool { return !bytes.Contains(old, []byte("mpctl")) }},
	}
}

func probed(t *testing.T, b *fakeBoard) (*REPL, Board) {
	t.Helper()
	r := enter(t, b)
	board, err := Probe(t.Context(), r)
	if err != nil {
		t.Fatalf("Probe: %v", err)
	}
	return r, board
}

// checkFiles fails unless the board holds exactly the files in want.
func checkFiles(t *testing.T, b *fakeBoard, want ...File) {
	t.Helper()
	if len(b.files) != len(want) {
		t.Errorf("the board has %q", slices.Sorted(maps.Keys(b.files)))
	}
	for _, f := range want {
		if data, ok := b.files[f.Path]; !ok || !bytes.Equal(data, f.Data) {
			t.Errorf("%s: on the board: %v, %d bytes, want %d", f.Path, ok, len(data), len(f.Data))
		}
	}
}

func TestProbe(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		_, board := probed(t, b)
		want := Board{ID: "a0b1c2d3e4f5", Machine: "mpython with ESP32", Platform: "esp32", MicroPython: "1.12.0",
			HeapFree: 90000, FlashFree: 1 << 20, Inflate: true, SHA256: true, WiFi: true, Folders: true, Implementation: "micropython"}
		if board != want {
			t.Fatalf("Probe = %+v, want %+v", board, want)
		}
	})
}

func TestHelpersFitEveryBoard(t *testing.T) {
	r := &REPL{inflates: true}
	if first := len(loader()); first > scriptLow {
		t.Errorf("the first piece has %d bytes, more than %d", first, scriptLow)
	}
	if rest := len(r.loading()); rest > scriptLow {
		t.Errorf("the others have %d bytes, more than %d", rest, scriptLow)
	}
	for i, code := range helpers() {
		if len(code) > 1500 {
			t.Errorf("piece %d has %d bytes to compile at once", i, len(code))
		}
	}
}

func TestUpload(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r, board := probed(t, b)
		files := app()
		var steps [][2]int
		result, err := Upload(t.Context(), r, board, files, func(done, total int) { steps = append(steps, [2]int{done, total}) })
		if err != nil {
			t.Fatal(err)
		}
		checkFiles(t, b, files...)
		if !slices.Equal(b.swapped, paths(files)) || !slices.Equal(result.Sent, paths(files)) {
			t.Errorf("put in place in the order %q, reported as %q", b.swapped, result.Sent)
		}
		if last := steps[len(steps)-1]; last[0] != last[1] || last[1] != result.Bytes {
			t.Errorf("progress ended with %v, of %d bytes", last, result.Bytes)
		}
		if len(result.Retried) > 0 {
			t.Errorf("retried %q", result.Retried)
		}

		sent := b.sent
		result, err = Upload(t.Context(), r, board, files, nil)
		if err != nil || len(result.Sent) > 0 || !slices.Equal(result.Equal, paths(files)) {
			t.Fatalf("second Upload = %+v, %v", result, err)
		}
		if sent = b.sent - sent; sent > 600 {
			t.Errorf("%d bytes were sent for files that were equal", sent)
		}
	})
}

func TestUploadKeepsForeignMain(t *testing.T) {
	for name, tt := range map[string]struct {
		old  string
		kept bool
	}{
		"the user's": {"print('mine')\n", true},
		"too large":  {strings.Repeat("mpctl", keepLimit), true},
		"ours":       {"import mpctl # older\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newFakeBoard(128)
			b.files["/main.py"] = []byte(tt.old)
			r, board := probed(t, b)
			result, err := Upload(t.Context(), r, board, app(), nil)
			if err != nil {
				t.Fatal(err)
			}
			_, kept := result.Kept["/main.py"]
			if kept != tt.kept || (string(b.files["/main.py.bak"]) == tt.old) != tt.kept {
				t.Fatalf("kept = %v in %v, want %v", kept, result.Kept, tt.kept)
			}
		})
	}
}

func TestUploadRetries(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r, board := probed(t, b)
		altered := false
		b.alter = func(path string, data []byte) []byte {
			if !altered && path == "/lib/mpctl/font.bin.new" {
				altered = true
				return append(data[:len(data)/2:len(data)/2], data[len(data)/2+1:]...)
			}
			return data
		}
		result, err := Upload(t.Context(), r, board, app(), nil)
		if err != nil {
			t.Fatal(err)
		}
		checkFiles(t, b, app()...)
		if want := []string{"/lib/mpctl/font.bin"}; !slices.Equal(result.Retried, want) {
			t.Errorf("retried %q, want %q", result.Retried, want)
		}
	})
}

func TestUploadFailuresLeaveTheOldFiles(t *testing.T) {
	old := []File{{Path: "/main.py", Data: []byte("print('old')\n")}, {Path: "/lib/mpctl/server.py", Data: []byte("old = 1\n")}}
	for name, tt := range map[string]struct {
		prepare func(b *fakeBoard, cancel func())
		is      func(error) bool
	}{
		"line alters every block": {
			func(b *fakeBoard, _ func()) {
				b.alter = func(_ string, data []byte) []byte {
					if len(data) > 0 {
						data = append(data[:len(data)-1:len(data)-1], '?')
					}
					return data
				}
			},
			func(err error) bool { return as[*VerifyError](err) || as[*ExecError](err) },
		},
		"file system full": {
			func(b *fakeBoard, _ func()) {
				b.beforeCall = func(call string) string {
					if strings.HasPrefix(call, "_m_put(") && strings.Contains(call, "/font.bin.new'") {
						return "Traceback (most recent call last):\nOSError: 28\n"
					}
					return ""
				}
			},
			as[*SpaceError],
		},
		"cancelled": {
			func(b *fakeBoard, cancel func()) {
				b.beforeCall = func(call string) string {
					if strings.HasPrefix(call, "_m_put(") && strings.Contains(call, "/font.bin.new'") {
						cancel()
					}
					return ""
				}
			},
			func(err error) bool { return errors.Is(err, context.Canceled) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachDialect(t, func(t *testing.T, b *fakeBoard) {
				for _, f := range old {
					b.files[f.Path] = f.Data
				}
				r, board := probed(t, b)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				tt.prepare(b, cancel)
				if _, err := Upload(ctx, r, board, app(), nil); !tt.is(err) {
					t.Fatalf("Upload = %v", err)
				}
				checkFiles(t, b, old...)
				if b.state != raw {
					t.Error("the board is not at its raw prompt")
				}
			})
		})
	}
}

func as[E error](err error) bool {
	var e E
	return errors.As(err, &e)
}

func TestUploadTooLarge(t *testing.T) {
	b := newFakeBoard(128)
	r, board := probed(t, b)
	board.FlashFree = 1000
	_, err := Upload(t.Context(), r, board, app(), nil)
	var space *SpaceError
	if !errors.As(err, &space) || space.Free != 1000 || space.Need <= 1000 {
		t.Fatalf("Upload = %v, want a SpaceError", err)
	}
	checkFiles(t, b)
}

func TestReadFile(t *testing.T) {
	b := newFakeBoard(0)
	b.files["/boot.py"] = bytes.Repeat([]byte("0123456789"), 300)
	r := enter(t, b)
	data, ok, err := ReadFile(t.Context(), r, "/boot.py", 4000)
	if err != nil || !ok || !bytes.Equal(data, b.files["/boot.py"]) {
		t.Fatalf("ReadFile = %d bytes, %v, %v", len(data), ok, err)
	}
	for path, limit := range map[string]int{"/boot.py": 2999, "/none.py": 4000} {
		if _, ok, err := ReadFile(t.Context(), r, path, limit); ok || err != nil {
			t.Errorf("ReadFile(%s, %d) = %v, %v", path, limit, ok, err)
		}
	}
}

// A full heap is emptied by a soft reset. If that does not help, the blocks are smaller from then on.
func TestUploadWithAFullHeap(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r, board := probed(t, b)
		largest, failures := 0, 0
		b.beforeCall = func(call string) string {
			if strings.HasPrefix(call, "_m_put(") && strings.Contains(call, "/server.py.new'") && failures < 2 {
				failures++
				return "Traceback (most recent call last):\nMemoryError: memory allocation failed\n"
			}
			if failures == 2 {
				largest = max(largest, len(b.scripts[len(b.scripts)-1]))
			}
			return ""
		}
		result, err := Upload(t.Context(), r, board, app(), nil)
		if err != nil {
			t.Fatal(err)
		}
		checkFiles(t, b, app()...)
		if len(result.Retried) > 0 || largest == 0 || largest > scriptLow {
			t.Errorf("retried %q; the largest call had %d bytes", result.Retried, largest)
		}
	})
}

func TestUploadBesideAForeignModule(t *testing.T) {
	b := newFakeBoard(128)
	b.files[journalPath] = []byte("print('mine')\n")
	r, board := probed(t, b)
	if _, err := Upload(t.Context(), r, board, app(), nil); !as[*ShadowError](err) {
		t.Fatalf("Upload = %v, want a ShadowError", err)
	}
	checkFiles(t, b, File{Path: journalPath, Data: []byte("print('mine')\n")})
}

func TestStateMatches(t *testing.T) {
	data := []byte("123456789")
	for sum, want := range map[string]bool{
		"15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225": true,
		"25e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225": false,
		"cbf43926": true, // the check value of CRC-32
		"cbf43927": false,
		"":         false,
	} {
		if got := (&state{9, sum}).matches(data); got != want {
			t.Errorf("matches with %q = %v, want %v", sum, got, want)
		}
	}
}

func TestStale(t *testing.T) {
	files := []File{{Path: "/lib/mpctl/a.py"}, {Path: "/main.py"}}
	old := "/lib/mpctl/a.py\n/lib/mpctl/gone.py\n/boot.py\n/lib/mpctl/../../boot.py\n/lib/mpctl2/x.py\n"
	got := stale(Manifest("/lib/mpctl/manifest", files), []byte(old), files)
	if want := []string{"/lib/mpctl/gone.py"}; !slices.Equal(got, want) {
		t.Errorf("stale = %q, want %q", got, want)
	}
}
