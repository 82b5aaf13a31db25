package provision

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBootLog(t *testing.T) {
	const banner = `Type "help()" for more information.`
	l := &bootLog{}
	for _, line := range []string{"=$%#=", "MicroPython v2.6.1 on 2026-01-01; mpython with ESP32", banner} {
		if l.add(line) {
			t.Fatalf("%q was taken for the end of the firmware", line)
		}
	}
	crash := []string{"Traceback (most recent call last):", `  File "main.py", line 1, in <module>`, "ImportError: no module named 'mpctl'"}
	for _, line := range append(crash, "MicroPython v2.6.1") {
		if l.add(line) {
			t.Fatalf("%q was taken for the end of the firmware", line)
		}
	}
	if !l.add(banner) {
		t.Fatal("a traceback and the prompt were not taken for the end of the firmware")
	}
	if got := l.traceback(); !cmp.Equal(got, crash) {
		t.Fatalf("traceback = %q", got)
	}
	for range 10 * maxBootLines {
		l.add("x")
	}
	if len(l.lines) > maxBootLines || l.traceback() != nil {
		t.Fatalf("%d lines are kept", len(l.lines))
	}
}

func TestBootLogAddress(t *testing.T) {
	for line, want := range map[string]string{
		"Listening, connect your browser to http://192.168.1.7/":      "192.168.1.7:80",
		"Listening, connect your browser to http://192.168.1.7:8080/": "192.168.1.7:8080",
		"Listening, connect your browser to http://\x1b[2J/":          "invalid AddrPort",
		"mpctl: WiFi: not let in.":                                    "invalid AddrPort",
	} {
		l := &bootLog{}
		l.add("boot...")
		l.add(line)
		if got := l.address().String(); got != want {
			t.Errorf("address after %q = %s, want %s", line, got, want)
		}
	}
}

func TestNotJoined(t *testing.T) {
	l := &bootLog{}
	nothing := errors.New("nothing")
	if err := notJoined(l, nothing); err != nothing {
		t.Errorf("of a silent board: %v", err)
	}
	l.add("mpctl: No such WiFi found: home")
	l.add("other text")
	if err := notJoined(l, nothing); !isA[*RejectedError](err) || !strings.Contains(err.Error(), "No such WiFi found: home") {
		t.Errorf("of a board that says why: %v", err)
	}
}
