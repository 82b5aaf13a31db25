//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/test/boardtest"
	"mpctl/internal/test/need"
	"mpctl/internal/test/termtest"
)

func TestReadFillsIn(t *testing.T) {
	desk := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1234)).String()
	asked := make(chan struct{})
	slow := boardtest.Address(slowBoard(t, asked)).String()
	terminal := termtest.New(t, 110, 10)
	a := appOn(new(bytes.Buffer), terminal.File, terminal.File)
	a.NoColor = true
	ended := make(chan error)
	go func() {
		o := readOptions{sensor: "light", names: []string{slow, desk, "127.0.0.1:1"}, format: "text"}
		ended <- readCommand{a, o}.once(t.Context())
	}()
	lines := terminal.Await(t, "two rows, and one that is waited for", func(lines []string) bool {
		return len(lines) == 4 && strings.Contains(lines[2], "1234") && strings.Contains(lines[3], "refused")
	})
	if !strings.HasSuffix(lines[0], "SENSOR  VALUE  UNIT  ERROR") || !strings.HasSuffix(strings.TrimRight(lines[1], " -"), "…") {
		t.Errorf("it shows\n%s", strings.Join(lines, "\n"))
	}
	close(asked)
	if err := <-ended; exitCode(err) != exitNetwork {
		t.Error(err)
	}
	terminal.Await(t, "the slow board's row", func(lines []string) bool {
		return len(lines) == 4 && strings.HasPrefix(lines[1], "slow ") && strings.Contains(lines[1], "7") && strings.HasPrefix(lines[2], "desk ")
	})
}

// slowBoard answers for its sensor when asked is closed.
func slowBoard(t *testing.T, asked <-chan struct{}) *httptest.Server {
	server := boardtest.ServeStream(t, "slow", "a1b2c3d4e5f9", counting)
	mux := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/read/light" {
			<-asked
			_ = json.NewEncoder(w).Encode(boardtest.Light(7))
			return
		}
		mux.ServeHTTP(w, r)
	})
	return server
}

func TestWatchOnATerminal(t *testing.T) {
	lost := make(chan struct{})
	desk := boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", func(n int, w http.ResponseWriter, r *http.Request) {
		if n > 1 { // nothing more, ever
			<-r.Context().Done()
			return
		}
		boardtest.Send(w, boardtest.Light(1000), boardtest.Light(2000))
		select {
		case <-lost:
		case <-r.Context().Done():
		}
	})
	const evil = "\x1b]52;c;cm0=\x07\x1b[9A\x1b[2J\r\u202e\u200b\u009b31m温温"
	lab := boardtest.ServeStream(t, "lab"+evil, "a1b2c3d4e5f7", func(_ int, w http.ResponseWriter, r *http.Request) {
		boardtest.Send(w, httpclient.Reading{Sensor: "light", Error: evil, Unit: evil})
		<-r.Context().Done()
	})
	terminal := termtest.New(t, 170, 8)
	a := appOn(new(bytes.Buffer), terminal.File, terminal.File)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- readCommand{a, readOptions{sensor: "light", names: []string{boardtest.Address(desk).String(), boardtest.Address(lab).String()},
			format: "text", watch: true, interval: 100 * time.Millisecond}}.watch(ctx)
	}()
	lines := terminal.Await(t, "both boards", func(lines []string) bool {
		return len(lines) == 3 && strings.Contains(lines[1], "2000") && strings.Contains(lines[2], "error: ")
	})
	if got := strings.Join(strings.Fields(lines[1]), " "); !strings.HasPrefix(got, "desk light 2000 raw") || !strings.HasSuffix(got, "1000 1500 2000 live") {
		t.Errorf("it shows\n%s", strings.Join(lines, "\n"))
	}
	close(lost)
	terminal.Await(t, "that it is lost, and since when", func(lines []string) bool {
		return len(lines) == 5 && strings.Contains(lines[1], "reconnecting since "+time.Now().Format("15:")) && strings.Contains(lines[4], "desk: ")
	})
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	terminal.Await(t, "the summary in the place of the table", func(lines []string) bool {
		return len(lines) == 2 && strings.HasPrefix(lines[0], "BOARD  SENSOR  N") && strings.HasPrefix(lines[1], "desk   light   2  1000  1500  2000  raw")
	})
}

// tool returns a program that make tools gets, or the system has.
func tool(t *testing.T, name string) string {
	t.Helper()
	for _, place := range []string{"../../.tools/" + name + "/run", "../../.tools/web/" + name} {
		if path, err := filepath.Abs(place); err == nil && exists(path) {
			return path
		}
	}
	return need.Program(t, name, name)
}

// TestReadInTmux runs mpctl in a terminal as people have one.
func TestReadInTmux(t *testing.T) {
	dir := t.TempDir()
	boards := boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", counting)
	mpctl, err := exec.LookPath("mpctl")
	if err != nil {
		t.Fatal(err)
	}
	program := tool(t, "tmux")
	tmux := func(args ...string) string {
		t.Helper()
		cmd := exec.Command(program, append([]string{"-S", filepath.Join(dir, "socket"), "-f", "/dev/null"}, args...)...)
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "XDG_CACHE_HOME="+dir, "TERM=xterm-256color")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tmux %s: %v: %s", args, err, out)
		}
		return string(out)
	}
	tmux("new-session", "-d", "-x", "120", "-y", "20", "env PS1='$ ' sh")
	t.Cleanup(func() { tmux("kill-server") })
	await := func(what string, ok func(screen string) bool) string {
		t.Helper()
		var screen string
		for begin := time.Now(); time.Since(begin) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
			if screen = tmux("capture-pane", "-p"); ok(screen) {
				return screen
			}
		}
		t.Fatalf("never on the terminal: %s; it shows\n%s", what, screen)
		return ""
	}
	tmux("send-keys", fmt.Sprintf("clear; %s read light %s --watch=100ms --plot; echo code $?", mpctl, boardtest.Address(boards)), "Enter")
	await("a live row and a chart", func(s string) bool {
		return strings.Contains(s, "LAST MINUTE") && strings.Contains(s, "live\n") && strings.Contains(s, "light [raw]") && strings.Contains(s, "┤")
	})
	boards.Listener.Close()
	boards.CloseClientConnections()
	await("that it reconnects", func(s string) bool { return strings.Contains(s, "reconnecting since") })
	tmux("resize-window", "-x", "70", "-y", "12")
	await("a narrower table", func(s string) bool {
		return !strings.Contains(s, "LAST MINUTE") && strings.Contains(s, "MEAN") && strings.Contains(s, "reconnecting since")
	})
	tmux("send-keys", "C-c")
	screen := await("the end", func(s string) bool { return strings.Contains(s, "code 130\n") })
	if strings.Contains(screen, "reconnecting since") || !strings.Contains(screen, "BOARD  SENSOR  N ") {
		t.Errorf("it is left with\n%s", screen)
	}
	if state := tmux("display-message", "-p", "#{cursor_flag} #{alternate_on} #{wrap_flag}"); state != "1 0 1\n" {
		t.Errorf("cursor, alternate screen, wrapping: %s", state)
	}
}

// What is printed for programs is what they understand.
func TestReadIsUnderstood(t *testing.T) {
	for _, c := range []struct {
		format, program string
		args            []string
		want            string
	}{
		{"csv", "python3", []string{"-c", `import csv, sys
rows = list(csv.DictReader(open(0, newline="")))
print(*["%s %s %s %s" % (r["board"], r["sensor"], float(r["value"]) if r["value"] else r["error"], r["unit"]) for r in sorted(rows, key=lambda r: r["sensor"])], sep="|")`},
			"'=desk,\"1\" '-broken 'no answer, \"none\" |'=desk,\"1\" temp -1.5 °C\n"},
		{"json", "jq", []string{"-rs", `sort_by(.sensor) | map("\(.board) \(.sensor) \(.value // .error) \(.unit)") | join("|")`},
			"=desk,\"1\" -broken 'no answer, \"none\" |=desk,\"1\" temp -1.5 °C\n"},
	} {
		addr := boardtest.Serve(t, `=desk,"1"`, "a1b2c3d4e5f6", httpclient.Reading{Sensor: "temp", Value: ptr(-1.5), Unit: "°C"},
			httpclient.Reading{Sensor: "-broken", Error: `'no answer, "none"`}).String()
		a, stdout, _ := testApp()
		if err := (readCommand{a, readOptions{names: []string{addr}, format: c.format}}).once(t.Context()); err != nil {
			t.Fatal(err)
		}
		program := c.program
		if program == "python3" {
			program = need.Program(t, "python3", "python3")
		} else {
			program = tool(t, c.program)
		}
		cmd := exec.Command(program, c.args...)
		cmd.Env = append(os.Environ(), "PYTHONIOENCODING=utf-8", "PYTHONUTF8=1")
		cmd.Stdin = stdout
		var said bytes.Buffer
		cmd.Stderr = &said
		out, err := cmd.Output()
		if err != nil || string(out) != c.want {
			t.Errorf("%s makes of it %q, %v %s; want %q", c.program, out, err, said.String(), c.want)
		}
	}
}
