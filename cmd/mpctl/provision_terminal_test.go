//go:build unix

package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"mpctl/internal/provision"
)

// The frames of one step must not pile up, however narrow the terminal is.
func TestStepsOnATerminal(t *testing.T) {
	a, terminal := onTerminal(t, 40, 10)
	progress := a.Progress()
	defer progress.Close()
	r := &stepReporter{app: a, progress: progress}
	r.Begin("port")
	terminal.Await(t, "the step under way", func(lines []string) bool { return slices.Equal(lines, []string{"  port      …"}) })
	r.End(provision.Step{Name: "port", Duration: time.Second, Text: "/dev/ttyUSB0"})
	r.Begin("firmware")
	for done := range 100 {
		r.Progress("firmware", 1000*done, 100_000)
	}
	terminal.Await(t, "how far it is", func(lines []string) bool {
		return len(lines) == 2 && lines[0] == "  port      /dev/ttyUSB0  1.0 s" && strings.Contains(lines[1], "of 100.0 kB")
	})
	r.Warn("slow")
	r.End(provision.Step{Name: "firmware", Duration: time.Second, Text: "1.0, 3 files"})
	terminal.Await(t, "what was done", func(lines []string) bool {
		return slices.Equal(lines, []string{"  port      /dev/ttyUSB0  1.0 s", "mpctl: warning: slow", "  firmware  1.0, 3 files  1.0 s"})
	})
}

// Several boards have a line each, which ends with the board's result.
func TestSeveralBoardsOnATerminal(t *testing.T) {
	a, terminal := onTerminal(t, 60, 10)
	progress := a.Progress()
	defer progress.Close()
	var rows []*rowReporter
	for _, port := range []string{"/dev/ttyUSB0", "/dev/ttyUSB1"} {
		rows = append(rows, &rowReporter{app: a, port: port, task: progress.Task(port[len("/dev/"):])})
	}
	rows[0].Begin("board")
	rows[1].Begin("firmware")
	rows[1].Progress("firmware", 1, 2)
	terminal.Await(t, "a line for each", func(lines []string) bool {
		return len(lines) == 2 && lines[0] == "ttyUSB0  board …" && strings.HasPrefix(lines[1], "ttyUSB1  ") && strings.Contains(lines[1], "50%")
	})
	rows[0].task.End(false)
	if err := a.Row("/dev/ttyUSB0 lab-1"); err != nil {
		t.Fatal(err)
	}
	terminal.Await(t, "the result above the other board", func(lines []string) bool {
		return len(lines) == 2 && strings.HasPrefix(lines[0], "/dev/ttyUSB0") && strings.HasPrefix(lines[1], "ttyUSB1  ")
	})
}

// A board's texts reach the terminal as JSON too: nothing in them may control it.
func TestJSONStepsOnATerminal(t *testing.T) {
	a, terminal := onTerminal(t, 200, 10)
	a.JSON = true
	const evil = "\x1b[2J\u009b31m\u202e"
	(&jsonReporter{app: a}).End(provision.Step{Name: "board", Text: evil, Fields: map[string]any{"machine": evil}})
	terminal.Await(t, "the same JSON, escaped", func(lines []string) bool {
		return slices.Equal(lines, []string{`{"step":"board","state":"ok","seconds":0,"machine":"\u001b[2J\u009b31m\u202e"}`})
	})
}
