//go:build linux || darwin

package firmware_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mpctl/firmware"
	"mpctl/internal/test/netns"
	"mpctl/sim"
)

// patience is how long a test waits for something that must happen.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	netns.Enter()
	// Simulated boards register in the user's cache folder.
	cache, err := os.MkdirTemp("", "mpctl-firmware-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("XDG_CACHE_HOME", cache)
	code := m.Run()
	os.RemoveAll(cache)
	os.Exit(code)
}

// board is a simulated board and its serial port, opened as a terminal program opens it.
type board struct {
	*sim.Board
	t    *testing.T
	port *os.File
}

// blank starts a board with an empty flash and waits for its prompt.
func blank(t *testing.T, c sim.Config) *board {
	t.Helper()
	netns.Require(t)
	c.Blank = true
	if c.Baud == 0 {
		c.Baud = 921600
	}
	s, err := sim.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("the board ended with: %v", err)
		}
	})
	port, err := os.OpenFile(s.Port(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { port.Close() })
	b := &board{s, t, port}
	b.send("\r\x03")
	b.expect(">>> ")
	return b
}

// install writes the firmware, its settings and other files onto the flash. config replaces or adds settings.
func (b *board) install(config map[string]any, files map[string]string) {
	b.t.Helper()
	wifi := sim.DefaultNetworks()[0]
	settings := map[string]any{"v": 1, "name": "desk", "port": 80, "wifi": []any{map[string]any{"ssid": wifi.SSID, "password": wifi.Password}}}
	maps.Copy(settings, config)
	data, err := json.Marshal(settings)
	if err != nil {
		b.t.Fatal(err)
	}
	b.write("/mpctl.json", data)
	for _, f := range firmware.Files() {
		b.write(f.Path, f.Data)
	}
	for path, text := range files {
		b.write(path, []byte(text))
	}
}

func (b *board) write(path string, data []byte) {
	b.t.Helper()
	path = filepath.Join(b.Flash(), filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// reset restarts a board at its prompt.
func (b *board) reset() {
	b.t.Helper()
	b.send("import machine; machine.reset()\r")
}

// serving starts a board named desk with the firmware and waits until it listens.
func serving(t *testing.T, config map[string]any, files map[string]string) *board {
	t.Helper()
	light := 1234
	b := blank(t, sim.Config{Light: &light})
	b.install(config, files)
	b.reset()
	b.expect("Listening, connect your browser to ")
	b.expect("\n")
	return b
}

func (b *board) send(text string) {
	b.t.Helper()
	if _, err := b.port.WriteString(text); err != nil {
		b.t.Fatal(err)
	}
}

// expect reads up to want, and returns the output before it.
func (b *board) expect(want string) string {
	b.t.Helper()
	if err := b.port.SetReadDeadline(time.Now().Add(patience)); err != nil {
		b.t.Fatal(err)
	}
	var got bytes.Buffer
	one := make([]byte, 1)
	for !bytes.HasSuffix(got.Bytes(), []byte(want)) {
		if _, err := b.port.Read(one); err != nil {
			b.t.Fatalf("waiting for %q: %v; got %q", want, err, got.String())
		}
		got.Write(one)
	}
	return strings.TrimSuffix(got.String(), want)
}

// interrupt sends Ctrl-C, and returns the output up to the prompt.
func (b *board) interrupt() string {
	b.t.Helper()
	b.send("\x03")
	return b.expect(">>> ")
}

// run runs code in the raw REPL of a board at its prompt, and returns what it printed and its traceback. Long code
// belongs into a file: the serial line has a small buffer and no flow control.
func (b *board) run(code string) (printed, traceback string) {
	b.t.Helper()
	if len(code) > 200 {
		b.t.Fatalf("%d bytes of code do not fit the board's receive buffer", len(code))
	}
	b.send("\x01")
	b.expect("raw REPL; CTRL-B to exit\r\n>")
	b.send(code + "\x04")
	b.expect("OK")
	printed = b.expect("\x04")
	traceback = b.expect("\x04")
	b.expect(">")
	b.send("\x02")
	b.expect(">>> ")
	return printed, traceback
}

// dial opens a connection to the board's port 80, on which reads and writes time out.
func (b *board) dial() net.Conn {
	b.t.Helper()
	conn, err := net.DialTimeout("tcp4", b.Addr().String()+":80", patience)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		b.t.Fatal(err)
	}
	return conn
}

// eventually waits until done reports true; what says in the error for what it has waited.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("in vain: %s", what)
		}
	}
}
