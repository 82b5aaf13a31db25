package main

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mpctl/internal/test/microbit"
	"mpctl/serialio"
)

// TestMicrobitScripts runs testdata/microbit with a micro:bit at $USB, and looks at what they left on it.
func TestMicrobitScripts(t *testing.T) {
	port := microbit.Start(t)
	testscript.RunT(serial{t}, testscript.Params{
		Dir:                 "testdata/microbit",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/.cache")
			env.Setenv("USB", port)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"code": expectCode},
	})
	conn, err := serialio.Open(port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r, err := serialio.Enter(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := r.Exec(t.Context(), "import os\nprint(os.listdir())"); err != nil || string(out) != "[]\n" {
		t.Errorf("what is on the board = %q, %v", out, err)
	}
}
