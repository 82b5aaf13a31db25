package serialio_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"mpctl/internal/test/microbit"
	"mpctl/serialio"
)

// TestMicrobit runs on a MicroPython that is not from this repository, with few modules and little memory.
func TestMicrobit(t *testing.T) {
	conn, err := serialio.Open(microbit.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	r, err := serialio.Enter(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	board, err := serialio.Probe(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if board.Platform != "microbit" || board.MicroPython != "1.9.2" || board.Machine != "micro:bit with nRF51822" ||
		board.ID == "" || board.Inflate || board.SHA256 || board.HeapFree < 2000 || board.HeapFree > 16<<10 {
		t.Errorf("Probe = %+v", board)
	}
	var exec *serialio.ExecError
	if out, err := r.Exec(t.Context(), "print(6*7)\nimport network"); string(out) != "42\n" || !errors.As(err, &exec) ||
		!strings.Contains(exec.Error(), "ImportError") {
		t.Errorf("Exec = %q, %v", out, err)
	}

	files := []serialio.File{{Path: "/app.py", Data: source()}, {Path: "/empty.py"}}
	result, err := serialio.Upload(t.Context(), r, board, files, nil)
	if err != nil || len(result.Sent) != 2 || len(result.Retried) > 0 {
		t.Fatalf("Upload = %+v, %v", result, err)
	}
	for _, f := range files {
		if got, ok, err := serialio.ReadFile(t.Context(), r, f.Path, 4096); err != nil || !ok || !bytes.Equal(got, f.Data) {
			t.Errorf("ReadFile(%s) = %d bytes, %v, %v; want %d", f.Path, len(got), ok, err, len(f.Data))
		}
	}
	if out, err := r.Exec(t.Context(), "print(sorted(os.listdir()))"); err != nil || string(out) != "['app.py', 'empty.py']\n" {
		t.Errorf("what is on the board = %q, %v", out, err)
	}

	// An old file is kept on request.
	changed := []serialio.File{{Path: "/app.py", Data: []byte("print('new')\n"), Keep: func([]byte) bool { return true }}}
	result, err = serialio.Upload(t.Context(), r, board, changed, nil)
	if err != nil || result.Kept["/app.py"] != "/app.py.bak" {
		t.Fatalf("second Upload = %+v, %v", result, err)
	}
	if old, ok, err := serialio.ReadFile(t.Context(), r, "/app.py.bak", 4096); err != nil || !ok || !bytes.Equal(old, source()) {
		t.Errorf("the old file is kept as %d bytes, %v, %v", len(old), ok, err)
	}

	// A file without room for it and its copies leaves the old file in place.
	var space *serialio.SpaceError
	big := []serialio.File{{Path: "/app.py", Data: bytes.Repeat([]byte("#"), 8<<10)}}
	if _, err := serialio.Upload(t.Context(), r, board, big, nil); !errors.As(err, &space) {
		t.Errorf("Upload of more than there is room for = %v", err)
	}
	inFolder := []serialio.File{{Path: "/lib/app.py", Data: source()}}
	if _, err := serialio.Upload(t.Context(), r, board, inFolder, nil); !errors.As(err, &exec) || !strings.Contains(err.Error(), "no folders") {
		t.Errorf("Upload into a folder = %v", err)
	}
	if out, err := r.Exec(t.Context(), "import app\nprint(sorted(os.listdir()))"); err != nil ||
		string(out) != "new\n['app.py', 'app.py.bak', 'empty.py']\n" {
		t.Errorf("after it = %q, %v", out, err)
	}
}

// source returns a Python file of 2 KB, with bytes in it that a REPL or a literal could misread.
func source() []byte {
	return []byte(strings.Repeat("# it's \\ \"quoted\" \u00e4\nx = 1\n", 80)[:2040] + "\x00\x01\x04\x1b\r\n\n")
}
