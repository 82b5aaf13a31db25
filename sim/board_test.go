//go:build linux || darwin

package sim_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/netns"
	"mpctl/sim"
)

func TestMain(m *testing.M) {
	netns.Enter()
	os.Exit(m.Run())
}

func start(t *testing.T, c sim.Config) *sim.Board {
	t.Helper()
	netns.Require(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	b, err := sim.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Errorf("the board ended with: %v", err)
		}
	})
	return b
}

// get repeats a request until the board answers, and returns the body.
func get(t *testing.T, b *sim.Board, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://%s%s", b.Addr(), path), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			select {
			case <-ctx.Done():
				t.Fatalf("the board never answered: %v", err)
			case <-time.After(20 * time.Millisecond):
			}
			continue
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
}

// serial is a board's port, opened as by a terminal program.
type serial struct {
	t    *testing.T
	port *os.File
}

func open(t *testing.T, b *sim.Board) *serial {
	t.Helper()
	port, err := os.OpenFile(b.Port(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { port.Close() })
	return &serial{t, port}
}

func (s *serial) send(text string) {
	s.t.Helper()
	if _, err := s.port.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// expect reads up to the end of want, and returns what it has read.
func (s *serial) expect(want string) string {
	s.t.Helper()
	var got bytes.Buffer
	deadline := time.Now().Add(10 * time.Second)
	one := make([]byte, 1)
	for !strings.HasSuffix(got.String(), want) {
		if err := s.port.SetReadDeadline(deadline); err != nil {
			s.t.Fatal(err)
		}
		if _, err := s.port.Read(one); err != nil {
			s.t.Fatalf("waiting for %q: %v; got %q", want, err, got.String())
		}
		got.Write(one)
	}
	return got.String()
}

func TestBoardServesItsLight(t *testing.T) {
	light := 1234
	b := start(t, sim.Config{Light: &light})
	if body := get(t, b, "/"); !strings.Contains(body, "Welcome to MicroPython! Your light sensor value is: 1234") {
		t.Errorf("the page lacks the tutorial's sentence: %s", body)
	}
}

func TestRawREPL(t *testing.T) {
	for model, soft := range map[string]string{sim.MPython: "mpython: soft reboot\r\n", sim.ESP32: "MPY: soft reboot\r\n"} {
		t.Run(model, func(t *testing.T) {
			s := open(t, start(t, sim.Config{Model: model, Blank: true}))
			s.send("\r\x03")
			s.expect(">>> ")
			s.send("\x01")
			s.expect("raw REPL; CTRL-B to exit\r\n>")
			s.send("print(1+1)\x04")
			s.expect("OK2\r\n\x04\x04>")
			s.send("1/0\x04")
			s.expect("OK\x04Traceback (most recent call last):\r\n  File \"<stdin>\", line 1, in <module>\r\nZeroDivisionError: divide by zero\r\n\x04>")
			s.send("while True: pass\x04")
			s.expect("OK")
			s.send("\x03")
			s.expect("KeyboardInterrupt: \r\n\x04>")
			s.send("\x04")
			s.expect("OK\r\n" + soft)
			s.expect("raw REPL; CTRL-B to exit\r\n>")
			s.send("\x02")
			s.expect(">>> ")
			s.send("1+2\r")
			s.expect("1+2\r\n3\r\n>>> ")
		})
	}
}

func TestRawPaste(t *testing.T) {
	s := open(t, start(t, sim.Config{Model: sim.ESP32, Blank: true}))
	s.send("\r\x03\x01")
	s.expect("raw REPL; CTRL-B to exit\r\n>")
	s.send("\x05A\x01")
	s.expect("R\x01\x80\x00\x01")
	s.send("print('" + strings.Repeat("x", 119) + "')")
	s.expect("\x01")
	s.send("\x04")
	s.expect("\x04" + strings.Repeat("x", 119) + "\r\n\x04\x04>")

	old := open(t, start(t, sim.Config{Model: sim.MPython, Blank: true}))
	old.send("\r\x03\x01")
	old.expect("raw REPL; CTRL-B to exit\r\n>")
	old.send("\x05A\x01")
	old.expect("raw REPL; CTRL-B to exit\r\n>")
}

// Input that arrives while code runs waits in a ring of 255 bytes; more than that is lost.
func TestReceiveRingDrops(t *testing.T) {
	s := open(t, start(t, sim.Config{Model: sim.MPython, Blank: true}))
	s.send("\r\x03\x01")
	s.expect("raw REPL; CTRL-B to exit\r\n>")
	s.send("import time; time.sleep(1)\x04")
	s.expect("OK")
	s.send("#" + strings.Repeat("x", 999))
	s.expect("\x04\x04>")
	s.send("\x04")
	s.expect("OK\x04\x04>")
	s.send("print(len('" + strings.Repeat("x", 100) + "'))\x04")
	s.expect("OK100\r\n\x04\x04>")

	// Input that fits into the ring is not lost.
	s.send("import time; time.sleep(1)\x04")
	s.expect("OK")
	s.send("print(len('" + strings.Repeat("x", 200) + "'))\x04")
	s.expect("\x04\x04>")
	s.expect("OK200\r\n\x04\x04>")
}
