package serialio

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/need"
	"mpctl/internal/test/pyunit"
	"mpctl/sim"
)

// boardScripts writes what tests in MicroPython need into a folder: the files of board/ as a board gets them, calls as
// they go over the line, and the names of what a board says of itself.
func boardScripts(t *testing.T) (folder string) {
	t.Helper()
	light := strings.Repeat("light", 60)
	calling := func(r *REPL, expression string) string { return r.calling(expression, []byte(light), "NONCE") }
	var fields map[string]any
	board, err := json.Marshal(Board{})
	if err == nil {
		err = json.Unmarshal(board, &fields)
	}
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{
		"journal":         script("journal"),
		"plain_call":      calling(&REPL{}, "[_m_in.read().decode(), False]"),
		"deflated_call":   calling(&REPL{inflates: true}, "[_m_in.read().decode(), True]"),
		"flat_plain_call": calling(&REPL{flat: true}, "str(_m_in, 'utf-8')"),
		"fields":          strings.Join(slices.Collect(maps.Keys(fields)), "\n"),
	}
	for i, code := range helpers() {
		texts[fmt.Sprint("helper", i)] = code
	}
	for i, code := range flatHelpers() {
		texts[fmt.Sprint("flat", i)] = code
	}
	folder = t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// unit runs the tests of a file, as testdata/unit/run.py says, and returns what [pyunit.Run] does.
func unit(t *testing.T, filesystem, path string) (faults map[string]string, passed int) {
	t.Helper()
	micropython, err := sim.MicroPython()
	if err != nil {
		need.Missing(t, err.Error())
	}
	name := strings.TrimSuffix(filepath.Base(path), ".py")
	prefix, count := "helper", len(helpers())
	if strings.HasPrefix(name, "test_flat") {
		prefix, count = "flat", len(flatHelpers())
	}
	args := []string{"-X", "heapsize=256k", filepath.Join("testdata", "unit", "run.py"), filesystem, name, boardScripts(t)}
	for i := range count {
		args = append(args, fmt.Sprint(prefix, i))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, micropython, args...)
	cmd.Env = append(os.Environ(), "MICROPYPATH="+strings.Join([]string{
		filepath.Dir(path), filepath.Join("testdata", "unit"), filepath.Join("..", "internal", "test", "pyunit"),
	}, ":"))
	return pyunit.Run(cmd)
}

// TestBoardFiles runs what goes over the line on a real MicroPython and real file systems.
func TestBoardFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "unit", "test_*.py"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, path := range files {
		for _, filesystem := range []string{sim.LFS2, sim.FAT} {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".py")+" "+filesystem, func(t *testing.T) {
				t.Parallel()
				faults, passed := unit(t, filesystem, path)
				for test, fault := range faults {
					t.Errorf("%s: %s", test, fault)
				}
				t.Logf("%d passed", passed)
			})
		}
	}
}

// What TestBoardFiles must not take for a success.
func TestUnitFaults(t *testing.T) {
	for source, want := range map[string]map[string]string{
		"from check import equal\ndef test_a(): equal(1, 1)\ndef test_b(): equal(1, 2)\n": {"test_b": "AssertionError: 1, want 2"},
		"from check import raises\ndef test_a(): raises(ValueError, int, '1')\n":          {"test_a": "AssertionError: no ValueError"},
		"def test_a(): pass\n":      {"test_a": "AssertionError: it checks nothing"},
		"def test_a(): _m_none()\n": {"test_a": "NameError"},
		"x = 1\n":                   {"": "it has no test"},
		"x = (\n":                   {"": "SyntaxError"},
	} {
		path := filepath.Join(t.TempDir(), "test_it.py")
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		faults, _ := unit(t, sim.LFS2, path)
		for test, says := range want {
			if len(faults) != len(want) || !strings.Contains(faults[test], says) {
				t.Errorf("%q: %q, want %q", source, faults, want)
			}
		}
	}
}
