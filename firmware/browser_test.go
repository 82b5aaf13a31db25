//go:build linux || darwin

package firmware_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"testing"
	"time"

	"mpctl/internal/test/need"
)

// tab is a page in a headless Chromium, controlled by the DevTools protocol over two pipes.
type tab struct {
	t       *testing.T
	to      *os.File
	from    *bufio.Reader
	fromEnd *os.File
	session string
	lastID  int
	console []string // errors
}

func openTab(t *testing.T) *tab {
	t.Helper()
	chromium := need.Program(t, "chromium", "chromium")
	browserIn, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, browserOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	home, err := os.MkdirTemp("", "mpctl-browser-")
	if err != nil {
		t.Fatal(err)
	}
	// t.TempDir would fail: children of the browser outlive it for a moment and still write here.
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	cmd := exec.CommandContext(t.Context(), chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-crash-reporter", "--no-proxy-server",
		"--remote-debugging-pipe", "--user-data-dir="+home, "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	cmd.ExtraFiles = []*os.File{browserIn, browserOut} // file descriptors 3 and 4, as the option demands
	cmd.WaitDelay = time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = browserIn.Close(), browserOut.Close()
	tab := &tab{t: t, to: to, from: bufio.NewReader(from), fromEnd: from}
	t.Cleanup(func() {
		tab.session = ""
		_, _ = to.WriteString(`{"id":1000000,"method":"Browser.close"}` + "\x00")
		_ = cmd.Wait()
		_, _ = to.Close(), from.Close()
	})
	var created struct{ TargetID string }
	tab.decode("Target.createTarget", map[string]any{"url": "about:blank"}, &created)
	var attached struct{ SessionID string }
	tab.decode("Target.attachToTarget", map[string]any{"targetId": created.TargetID, "flatten": true}, &attached)
	tab.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		tab.call(domain+".enable", map[string]any{})
	}
	return tab
}

// call sends a command and returns its result. Errors that the page logs meanwhile go to console.
func (tab *tab) call(method string, params map[string]any) json.RawMessage {
	tab.t.Helper()
	tab.lastID++
	command := map[string]any{"id": tab.lastID, "method": method, "params": params}
	if tab.session != "" {
		command["sessionId"] = tab.session
	}
	data, err := json.Marshal(command)
	if err != nil {
		tab.t.Fatal(err)
	}
	if _, err := tab.to.Write(append(data, 0)); err != nil {
		tab.t.Fatalf("writing to Chromium: %v", err)
	}
	if err := tab.fromEnd.SetReadDeadline(time.Now().Add(2 * patience)); err != nil {
		tab.t.Fatal(err)
	}
	for {
		line, err := tab.from.ReadBytes(0)
		if err != nil {
			tab.t.Fatalf("reading from Chromium: %v", err)
		}
		var message struct {
			ID     int
			Method string
			Result json.RawMessage
			Error  *struct{ Message string }
			Params struct {
				Type  string
				Entry struct{ Level string }
			}
		}
		if err := json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &message); err != nil {
			tab.t.Fatalf("Chromium sent %q: %v", line, err)
		}
		switch {
		case message.ID == tab.lastID && message.Error != nil:
			tab.t.Fatalf("%s: %s", method, message.Error.Message)
		case message.ID == tab.lastID:
			return message.Result
		case message.Method == "Runtime.exceptionThrown",
			message.Method == "Runtime.consoleAPICalled" && message.Params.Type == "error",
			message.Method == "Log.entryAdded" && message.Params.Entry.Level == "error":
			tab.console = append(tab.console, string(line))
		}
	}
}

func (tab *tab) decode(method string, params map[string]any, into any) {
	tab.t.Helper()
	if err := json.Unmarshal(tab.call(method, params), into); err != nil {
		tab.t.Fatal(err)
	}
}

// text evaluates an expression of JavaScript. The result is empty if it throws, as it may while a page loads.
func (tab *tab) text(expression string) string {
	tab.t.Helper()
	var got struct{ Result struct{ Value string } }
	tab.decode("Runtime.evaluate", map[string]any{"expression": expression}, &got)
	return got.Result.Value
}
