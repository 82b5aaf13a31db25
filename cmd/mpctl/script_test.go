package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mpctl/internal/test/netns"
)

// theScript is the path of the script that this process is for.
const theScript = "MPCTL_TEST_SCRIPT"

// TestScripts runs each of testdata/script in a process and a network of its own: each must see its own boards only.
func TestScripts(t *testing.T) {
	netns.Require(t)
	if path := os.Getenv(theScript); path != "" {
		runScript(t, path)
		return
	}
	paths, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			t.Parallel()
			self, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestScripts$", "-test.v", "-test.timeout=5m")
			cmd.Env = append(netns.Outside(os.Environ()), theScript+"="+path)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if testing.Verbose() {
				t.Logf("%s", out)
			}
		})
	}
}

func runScript(t *testing.T, path string) {
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	testscript.RunT(serial{t}, testscript.Params{
		Files:               []string{path},
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(env *testscript.Env) error {
			env.Setenv("XDG_CACHE_HOME", env.WorkDir+"/.cache")
			env.Values[running{}] = &[]func(){}
			env.Setenv("GORACE", "atexit_sleep_ms=0") // else every mpctl waits a second for late races
			// The simulator looks for MicroPython around the source folder, not around the script's.
			env.Setenv("MPCTL_MICROPYTHON", os.Getenv("MPCTL_MICROPYTHON"))
			if path := wd + "/../../.tools/micropython/run"; os.Getenv("MPCTL_MICROPYTHON") == "" && exists(path) {
				env.Setenv("MPCTL_MICROPYTHON", path)
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"boards": startBoards, "unplug": stopBoards, "await": await, "code": expectCode, "web": serveWeb,
		},
	})
}

type serial struct{ *testing.T }

func (s serial) Parallel()     {}
func (s serial) Verbose() bool { return testing.Verbose() }
func (s serial) Run(name string, run func(testscript.T)) {
	s.T.Run(name, func(t *testing.T) { run(serial{t}) })
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// startBoards is the script command "boards [flags of mpctl sim]": it runs mpctl sim until the script ends and
// puts each board's $USB1, $ID1, $ADDR1, $FLASH1 and, unless it is blank, $NAME1 and $PORT1 into the environment.
func startBoards(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("unsupported: ! boards")
	}
	command := exec.Command("mpctl", append([]string{"sim", "--json"}, args...)...)
	command.Dir = ts.MkAbs(".")
	for _, name := range []string{"PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "MPCTL_MICROPYTHON"} {
		command.Env = append(command.Env, name+"="+ts.Getenv(name))
	}
	var said strings.Builder
	command.Stderr = &said
	out, err := command.StdoutPipe()
	ts.Check(err)
	ts.Check(command.Start())
	stop := sync.OnceFunc(func() {
		_ = command.Process.Signal(os.Interrupt)
		if err := command.Wait(); err != nil {
			ts.Logf("mpctl sim: %v: %s", err, said.String())
		}
	})
	ts.Defer(stop)
	all := ts.Value(running{}).(*[]func())
	*all = append(*all, stop)
	n := 1
	for i, arg := range args {
		if arg == "-n" && i+1 < len(args) {
			_, err := fmt.Sscan(args[i+1], &n)
			ts.Check(err)
		}
	}
	watchdog := time.AfterFunc(90*time.Second, func() { _ = command.Process.Kill() })
	defer watchdog.Stop()
	lines := bufio.NewScanner(out)
	for i := 1; i <= n; i++ {
		if !lines.Scan() {
			ts.Fatalf("mpctl sim ended early: %s", said.String())
		}
		var b simulatedBoard
		ts.Check(json.Unmarshal(lines.Bytes(), &b))
		set := func(name, value string) { ts.Setenv(fmt.Sprintf("%s%d", name, i), value) }
		set("USB", b.USB)
		set("ID", b.ID)
		set("ADDR", b.Address.String())
		set("FLASH", b.Flash)
		if b.Name != nil {
			set("NAME", *b.Name)
			set("PORT", fmt.Sprint(*b.Port))
		}
	}
}

// running is the key of what stops the boards of a script.
type running struct{}

// stopBoards is the script command "unplug": it ends every mpctl sim that the script has started.
func stopBoards(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: unplug")
	}
	for _, stop := range *ts.Value(running{}).(*[]func()) {
		stop()
	}
}

// await is the script command "await FILE REGEXP": it waits until a line of the file matches.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: await FILE REGEXP")
	}
	wanted, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	var data []byte
	for begin := time.Now(); time.Since(begin) < 60*time.Second; time.Sleep(50 * time.Millisecond) {
		if data, _ = os.ReadFile(ts.MkAbs(args[0])); wanted.Match(data) {
			return
		}
	}
	ts.Fatalf("no line of %s matches %q:\n%s", args[0], args[1], data)
}

// expectCode is the script command "code N command…": the command must exit with N.
func expectCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command...")
	}
	got := "0"
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(*exec.ExitError)
		if !ok {
			ts.Fatalf("%s: %v", args[1], err)
		}
		got = fmt.Sprint(exit.ExitCode())
	}
	if got != args[0] {
		ts.Fatalf("%s exited with %s, not %s", strings.Join(args[1:], " "), got, args[0])
	}
}
