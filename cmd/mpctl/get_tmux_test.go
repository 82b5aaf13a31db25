//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tmux is a terminal that obeys escape sequences, with a shell in it.
type tmux struct {
	t               *testing.T
	program, socket string
	lines           int
}

func startTmux(t *testing.T) *tmux {
	t.Helper()
	dir, err := os.MkdirTemp("", "tmux") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &tmux{t: t, program: webProgram(t, "tmux"), socket: filepath.Join(dir, "s")}
	m.run("new-session", "-d", "-x", "100", "-y", "30", "env PS1='> ' sh")
	t.Cleanup(func() { m.run("kill-server") })
	m.run("set-option", "-g", "set-clipboard", "on") // an application may fill its buffers
	m.until(">")
	return m
}

func (m *tmux) run(args ...string) string {
	m.t.Helper()
	c := exec.Command(m.program, append([]string{"-u", "-f", "/dev/null", "-S", m.socket}, args...)...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(m.socket), "TERM=xterm", "LC_ALL=C.UTF-8", "GORACE=atexit_sleep_ms=0"}
	out, err := c.CombinedOutput()
	if err != nil {
		m.t.Fatalf("tmux %s: %v: %s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

// screen is what stands on it, with the sequences of the colours.
func (m *tmux) screen() string { return m.run("capture-pane", "-p", "-e") }

// until waits until text is on the screen.
func (m *tmux) until(text string) {
	m.t.Helper()
	for end := time.Now().Add(20 * time.Second); !strings.Contains(m.screen(), text); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			m.t.Fatalf("%q did not come; the screen shows\n%s", text, m.screen())
		}
	}
}

// start types a line onto an empty screen, and returns what is printed when it ends, before the exit code.
func (m *tmux) start(line string) string {
	m.t.Helper()
	m.lines++
	end := fmt.Sprintf("line %d ends with ", m.lines)
	m.run("send-keys", "clear; "+line+"; echo '"+end+"'$?", "Enter")
	return end
}

// enter is start, and waits for that end.
func (m *tmux) enter(line, exit string) string {
	m.t.Helper()
	m.until(m.start(line) + exit)
	return m.screen()
}

func TestTmux(t *testing.T) {
	w := startWeb(t)
	m := startTmux(t)

	if got := m.enter("mpctl get "+w.URL+"/json", "0"); !strings.Contains(got, "  \x1b[36m\"name\"\x1b[39m: \x1b[32m\"desk\"") {
		t.Errorf("JSON:\n%s", got)
	}
	if got := m.enter("mpctl get "+w.URL+"/picture", "1"); !strings.Contains(got, "hint: use -o FILE") {
		t.Errorf("a picture:\n%s", got)
	}

	attack := "start\x1b]2;owned\x1b\\\x1b]52;c;b3duZWQ=\x07\x1b[2J\x1b[5;5Hmoved\rover"
	url := hostile(t, attack)
	title := m.run("display-message", "-p", "#{pane_title}")
	if got := m.enter("mpctl get "+url+"/body", "0"); !strings.Contains(got, `<start^[]2;owned^[\^[]52;c;b3duZWQ=^G^[[2J^[[5;5Hmoved^Mover>`) {
		t.Errorf("an attack:\n%s", got)
	}
	if now := m.run("display-message", "-p", "#{pane_title}"); now != title || m.run("list-buffers") != "" {
		t.Errorf("the title is %q, the clipboard holds %q", now, m.run("list-buffers"))
	}
	// The same would have worked.
	m.enter("mpctl get --raw "+url+"/body", "0")
	if now := m.run("display-message", "-p", "#{pane_title}"); now != "owned" || m.run("show-buffer") != "owned" {
		t.Errorf("this terminal does not obey: its title is %q", now)
	}

	path := filepath.Join(t.TempDir(), "f")
	end := m.start("mpctl get " + w.URL + "/held -o " + path)
	m.until("f  [###############...............]   50%  1.0 MB of 2.1 MB")
	m.run("send-keys", "C-c")
	m.until("mpctl: interrupted")
	m.until(end + "130")
	close(w.release)
	m.enter("mpctl get "+w.URL+"/held -o "+path, "0")
	wantFile(t, path)
}
