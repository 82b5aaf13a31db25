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

	"mpctl/firmware"
	"mpctl/internal/test/pyunit"
)

// library writes the modules as a board gets them into a folder, and returns its path.
func library(t *testing.T) string {
	t.Helper()
	lib := t.TempDir()
	for _, f := range firmware.Files() {
		if path, in := strings.CutPrefix(f.Path, "/lib/"); in {
			put(t, filepath.Join(lib, filepath.FromSlash(path)), f.Data)
		}
	}
	return lib
}

func put(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// runAlone starts a MicroPython with a board's heap and nothing else of a board, and returns its output.
func runAlone(t *testing.T, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, pyunit.MicroPython(t), append([]string{"-X", "heapsize=96k"}, args...)...).CombinedOutput()
	return string(out), err
}

func TestModulesAlone(t *testing.T) {
	lib := library(t)
	importing := func(module string) (string, error) {
		return runAlone(t, "-c", fmt.Sprintf("import sys; sys.path[:] = ['%s']; import mpctl.%s", lib, module))
	}
	for _, f := range modules() {
		if name, in := strings.CutPrefix(f.Path, "/lib/mpctl/"); in && name != "__init__.py" {
			if out, err := importing(strings.TrimSuffix(name, ".py")); err != nil || out != "" {
				t.Errorf("%s: %v %s", name, err, out)
			}
		}
	}
	put(t, filepath.Join(lib, "mpctl", "bad.py"), []byte("import mpctl.none\n"))
	if out, err := importing("bad"); err == nil || !strings.Contains(out, "ImportError") {
		t.Errorf("what cannot be imported: %v %s", err, out)
	}
}

// runUnit returns the command that runs the tests of a file by testdata/unit/run.py, on a flash with the modules.
func runUnit(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	root := t.TempDir()
	if err := os.Rename(library(t), filepath.Join(root, "lib")); err != nil {
		t.Fatal(err)
	}
	return pyunit.Command(t, path, "-X", "heapsize=96k", filepath.Join("testdata", "unit", "run.py"), root, filepath.Dir(path), pyunit.Module(path))
}

func TestUnits(t *testing.T) { pyunit.Test(t, runUnit) }

func TestUnitFaults(t *testing.T) { pyunit.TestFaults(t, runUnit) }
