// Package pyunit runs unit tests inside MicroPython. Such a test is a function test_* in a file test_*.py, and says what
// must be true with the functions of check.py. A package with such tests has a program run.py, which prepares what they
// need and passes their module to check.run.
package pyunit

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/need"
	"mpctl/sim"
)

//go:embed check.py
var check []byte

// maxDuration is the longest time that the tests of a file may take.
const maxDuration = time.Minute

// MicroPython returns the path of a MicroPython for this computer. The test is skipped if there is none.
func MicroPython(t testing.TB) string {
	t.Helper()
	path, err := sim.MicroPython()
	if err != nil {
		need.Missing(t, err.Error())
	}
	return path
}

// A Runner returns the command that runs the tests of a file by a package's run.py.
type Runner func(t *testing.T, path string) *exec.Cmd

// Command runs MicroPython with the given arguments. The program finds check.py, and modules beside the test file at
// path.
func Command(t *testing.T, path string, args ...string) *exec.Cmd {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "check.py"), check, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), maxDuration)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, MicroPython(t), args...)
	cmd.Env = append(os.Environ(), "MICROPYPATH="+filepath.Dir(path)+":"+folder)
	return cmd
}

// Module returns the name of the module in a test file.
func Module(path string) string { return strings.TrimSuffix(filepath.Base(path), ".py") }

// Test runs the files test_*.py of the folder testdata/unit, each in a subtest.
func Test(t *testing.T, run Runner) {
	files, err := filepath.Glob(filepath.Join("testdata", "unit", "test_*.py"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	for _, path := range files {
		t.Run(Module(path), func(t *testing.T) {
			t.Parallel()
			faults, passed := results(run(t, path))
			for test, fault := range faults {
				t.Errorf("%s: %s", test, fault)
			}
			t.Logf("%d passed", passed)
		})
	}
}

// TestFaults fails unless a package's run.py reports the faults of faulty test files.
func TestFaults(t *testing.T, run Runner) {
	for source, want := range map[string]map[string]string{
		"from check import equal\ndef test_a(): equal(1, 1)\ndef test_b(): equal(1, 2)\n": {"test_b": "AssertionError: 1, want 2"},
		"from check import raises\ndef test_a(): raises(ValueError, int, '1')\n":          {"test_a": "AssertionError: no ValueError"},
		"def test_a(): pass\n":             {"test_a": "AssertionError: it checks nothing"},
		"def test_a(): undefined()\n":      {"test_a": "NameError"},
		"def test_a(): raise SystemExit\n": {"test_a": "SystemExit"},
		"x = 1\n":                          {"": "it has no test"},
		"x = (\n":                          {"": "SyntaxError"},
		"import sys\nsys.exit(0)\n":        {"": "it has no test"},
	} {
		path := filepath.Join(t.TempDir(), "test_it.py")
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		faults, _ := results(run(t, path))
		for test, wantFault := range want {
			if len(faults) != len(want) || !strings.Contains(faults[test], wantFault) {
				t.Errorf("%q: %q, want %q", source, faults, want)
			}
		}
	}
}

// results runs cmd. It returns the tracebacks of the tests that failed, by name, and the number of tests that passed.
// The fault under "" is that of the file: the program ended with an error, or ran no test.
func results(cmd *exec.Cmd) (faults map[string]string, passed int) {
	out, err := cmd.CombinedOutput()
	faults = map[string]string{}
	failed := ""
	for line := range strings.Lines(string(out)) {
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
