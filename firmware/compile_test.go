//go:build linux || darwin

package firmware_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mpctl/firmware"
	"mpctl/internal/test/need"
	"mpctl/sim"
)

// tooNew is code that the oldest MicroPython must refuse. It proves that the test can fail.
const tooNew = "name = 'desk'\nprint(f'{name}')\n"

// modules returns the Python files of the firmware.
func modules() []firmware.File {
	return slices.DeleteFunc(firmware.Files(), func(f firmware.File) bool { return !strings.HasSuffix(f.Path, ".py") })
}

func TestCompilesOnTheBoard(t *testing.T) {
	b := blank(t, sim.Config{})
	for _, f := range firmware.Files() {
		b.write(f.Path, f.Data)
	}
	b.write("/bad.py", []byte("x = (\n"))
	const compile = "import gc; gc.collect(); f = open('%s'); compile(f.read(), 'x', 'exec'); f.close()"
	for _, f := range modules() {
		if printed, traceback := b.run(fmt.Sprintf(compile, f.Path)); printed+traceback != "" {
			t.Errorf("%s: %s%s", f.Path, printed, traceback)
		}
	}
	if _, traceback := b.run(fmt.Sprintf(compile, "/bad.py")); !strings.Contains(traceback, "SyntaxError") {
		t.Errorf("an open bracket: %q, want a SyntaxError", traceback)
	}
}

func TestCompilesOnMicroPython110(t *testing.T) {
	node := need.Program(t, "node", "nodejs")
	folder := filepath.Join("..", ".tools", "micropython-1.10", "node_modules", "micropython")
	if _, err := os.Stat(folder); err != nil {
		need.Missing(t, "no MicroPython 1.10: 'make tools' gets it")
	}
	sources := map[string]string{"too new": tooNew}
	for _, f := range modules() {
		sources[f.Path] = string(f.Data)
	}
	request, err := json.Marshal(map[string]any{"sources": sources})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, node, filepath.Join("testdata", "compile.js"), folder)
	cmd.Stdin = bytes.NewReader(request)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("running compile.js: %v: %s", err, complaints.String())
	}
	var answer struct {
		Version string
		Faults  map[string]string
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("compile.js printed %q: %v", out, err)
	}
	if answer.Version != "1.10.0" {
		t.Errorf("compiled by MicroPython %q, want 1.10.0", answer.Version)
	}
	if answer.Faults["too new"] == "" {
		t.Error("an f-string compiled: this is no test of the language level")
	}
	delete(answer.Faults, "too new")
	for path, fault := range answer.Faults {
		t.Errorf("%s: %s", path, fault)
	}
}
