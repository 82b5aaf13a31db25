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
	out, err := exec.CommandContext(ctx, micropython(t), append([]string{"-X", "heapsize=96k"}, args...)...).CombinedOutput()
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

// runUnit runs the tests of one file by testdata/unit/run.py. It returns the errors by the name of the test, and the
// number of tests that passed. The error under "" belongs to the file.
func runUnit(t *testing.T, path string) (faults map[string]string, passed int) {
	t.Helper()
	root := t.TempDir()
	if err := os.Rename(library(t), filepath.Join(root, "lib")); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, filepath.Join("testdata", "unit", "check.py")} {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(root, filepath.Base(file)), data)
	}
	name := strings.TrimSuffix(filepath.Base(path), ".py")
	out, err := runAlone(t, filepath.Join("testdata", "unit", "run.py"), root, name)
	faults = map[string]string{}
	failed := ""
	for line := range strings.Lines(out) {
		word, test, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "PASS":
			passed++
			failed = ""
		case word == "FAIL":
			failed = test
			faults[failed] = "\n"
		case failed != "":
			faults[failed] += line
		}
	}
	switch {
	case err != nil:
		faults[""] = fmt.Sprintf("%v\n%s", err, out)
	case passed+len(faults) == 0:
		faults[""] = "it has no test"
	}
	return faults, passed
}

func TestUnits(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "unit", "test_*.py"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".py"), func(t *testing.T) {
			faults, passed := runUnit(t, path)
			for test, fault := range faults {
				t.Errorf("%s: %s", test, fault)
			}
			t.Logf("%d passed", passed)
		})
	}
}

// Faulty test files that TestUnits must not count as passed.
func TestUnitFaults(t *testing.T) {
	for source, want := range map[string]map[string]string{
		"from check import equal\ndef test_a(): equal(1, 1)\ndef test_b(): equal(1, 2)\n": {"test_b": "AssertionError: 1, want 2"},
		"from check import raises\ndef test_a(): raises(ValueError, int, '1')\n":          {"test_a": "AssertionError: no ValueError"},
		"def test_a(): pass\n":             {"test_a": "AssertionError: it checks nothing"},
		"def test_a(): raise SystemExit\n": {"test_a": "SystemExit"},
		"x = 1\n":                          {"": "it has no test"},
		"x = (\n":                          {"": "SyntaxError"},
		"import sys\nsys.exit(0)\n":        {"": "it has no test"},
	} {
		path := filepath.Join(t.TempDir(), "test_it.py")
		put(t, path, []byte(source))
		faults, _ := runUnit(t, path)
		for test, wantFault := range want {
			if len(faults) != len(want) || !strings.Contains(faults[test], wantFault) {
				t.Errorf("%q: %q, want %q", source, faults, want)
			}
		}
	}
}
