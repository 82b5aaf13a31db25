package serialio

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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

// runUnit returns a function that makes the command which runs the tests of a file, as testdata/unit/run.py says.
func runUnit(filesystem string) pyunit.Runner {
	return func(t *testing.T, path string) *exec.Cmd {
		t.Helper()
		name := pyunit.Module(path)
		prefix, count := "helper", len(helpers())
		if strings.HasPrefix(name, "test_flat") {
			prefix, count = "flat", len(flatHelpers())
		}
		args := []string{"-X", "heapsize=256k", filepath.Join("testdata", "unit", "run.py"), filesystem, name, boardScripts(t)}
		for i := range count {
			args = append(args, fmt.Sprint(prefix, i))
		}
		return pyunit.Command(t, path, args...)
	}
}

// TestBoardFiles runs what goes over the line on a real MicroPython and real file systems.
func TestBoardFiles(t *testing.T) {
	for _, filesystem := range []string{sim.LFS2, sim.FAT} {
		t.Run(filesystem, func(t *testing.T) { pyunit.Test(t, runUnit(filesystem)) })
	}
}

func TestUnitFaults(t *testing.T) { pyunit.TestFaults(t, runUnit(sim.LFS2)) }
