//go:build unix

package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"mpctl/internal/test/termtest"
)

// onTerminal is a Console whose streams are all one terminal, as people have it.
func onTerminal(t *testing.T, columns, rows int) (*Console, *termtest.Terminal) {
	terminal := termtest.New(t, columns, rows)
	return New(terminal.File, terminal.File, terminal.File, func(string) string { return "" }), terminal
}

const evil = "\x1b]52;c;cm0=\x07\x1b[9A\x1b[2J\r\u202e\u200b\u009b31m\u2028"

// The terminal of termtest reports every control character and sequence that is not ours.
func TestWhateverIsPrintedIsHarmless(t *testing.T) {
	c, terminal := onTerminal(t, 400, 40)
	table := NewTable(Titles("A", "B")...)
	table.Add(evil, evil)
	w := c.Text()
	_, textErr := w.Write([]byte(evil + "\n"))
	for _, err := range []error{
		textErr, w.Close(), c.PrintJSON(map[string]string{evil: evil}), c.Row(evil), c.Table(table), c.Document([]byte(`{"` + evil + `":1}` + "\n")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.Note("%s", evil)
	c.Tell("%s", evil)
	c.NoteJSON(evil)
	c.NoteTable(table)
	c.Fail(Fault{1, evil, evil})
	p := c.Progress()
	task := p.Task(evil)
	task.Doing(evil)
	task.End(false)
	p.Close()
	lines := terminal.Await(t, "the last line", func(lines []string) bool {
		return len(lines) > 0 && strings.HasPrefix(lines[len(lines)-1], "hint: ^[]52")
	})
	for _, line := range lines {
		if strings.ContainsAny(line, "\u202e\u200b\u009b\u2028") {
			t.Errorf("%q", line)
		}
	}
}

func TestJSONOnATerminalIsTheSameJSON(t *testing.T) {
	c, terminal := onTerminal(t, 200, 5)
	if err := c.PrintJSON(evil + "\U000e0041"); err != nil {
		t.Fatal(err)
	}
	terminal.Await(t, "everything escaped", func(lines []string) bool {
		return slices.Equal(lines, []string{`"\u001b]52;c;cm0=\u0007\u001b[9A\u001b[2J\r\u202e\u200b\u009b31m\u2028\udb40\udc41"`})
	})
}

func TestLive(t *testing.T) {
	c, terminal := onTerminal(t, 30, 6)
	text := make(chan string, 1)
	text <- "looking"
	shown := ""
	live := c.Live(func(columns, lines int) []string {
		select {
		case shown = <-text:
		default:
		}
		return []string{shown, fmt.Sprintf("%d x %d", columns, lines)}
	})
	terminal.Await(t, "the first frame", func(lines []string) bool { return slices.Equal(lines, []string{"looking", "30 x 5"}) })
	c.Warn("slow") // must not tear the frame
	text <- "found " + strings.Repeat("x", 40)
	live.Changed()
	terminal.Await(t, "the second frame, cut", func(lines []string) bool {
		return slices.Equal(lines, []string{"found " + strings.Repeat("x", 24), "30 x 5"})
	})
	terminal.Resize(t, 20, 6)
	live.Changed()
	terminal.Await(t, "a frame of the new size", func(lines []string) bool {
		return slices.Equal(lines, []string{"found " + strings.Repeat("x", 14), "20 x 5"})
	})
	if err := live.Close(func(int, int) []string { return []string{"all", "of", "it"} }); err != nil {
		t.Fatal(err)
	}
	terminal.Await(t, "the end, and the message that waited", func(lines []string) bool {
		return slices.Equal(lines, []string{"all", "of", "it", "mpctl: warning: slow"})
	})
}

func TestNoLiveLines(t *testing.T) {
	c, _ := onTerminal(t, 30, 6)
	c.JSON = true
	if c.Live(nil) != nil {
		t.Error("lines are redrawn in the middle of JSON")
	}
	c, _ = onTerminal(t, 30, 6)
	c.environment = func(key string) string { return map[string]string{"TERM": "dumb"}[key] }
	if c.Live(nil) != nil || c.Colour() {
		t.Error("a dumb terminal gets control sequences")
	}
}

// 60 columns were too few for the progress of 0.1.0: its frames piled up.
func TestProgressFitsItsTerminal(t *testing.T) {
	for _, columns := range []int{120, 60, 30, 9} {
		c, terminal := onTerminal(t, columns, 10)
		p := c.Progress()
		first, second := p.Task("  firmware"), p.Task("温度计温度计温度计温度计温度计")
		first.Measure(500_000, 1_000_000)
		second.Measure(1<<40, -1)
		terminal.Await(t, "two lines", func(lines []string) bool { return len(lines) == 2 })
		c.Tell("one")
		c.Tell("two")
		terminal.Await(t, "messages above the lines", func(lines []string) bool {
			return len(lines) == 4 && lines[0] == "one" && lines[1] == "two"
		})
		second.End(false)
		first.Measure(1_000_000, 1_000_000)
		first.End(true)
		p.Close()
		terminal.Await(t, "that one is left standing", func(lines []string) bool {
			return len(lines) == 3 && (columns < 60 || strings.Contains(lines[2], "100%  1.0 MB of 1.0 MB"))
		})
	}
}

func TestProgressFollowsTheSizeOfItsTerminal(t *testing.T) {
	c, terminal := onTerminal(t, 80, 5)
	p := c.Progress()
	defer p.Close()
	p.Task("f").Measure(1, 2)
	terminal.Await(t, "a bar", func(lines []string) bool { return len(lines) == 1 && strings.Contains(lines[0], "[##") })
	terminal.Resize(t, 30, 5)
	terminal.Await(t, "a line without one", func(lines []string) bool {
		return len(lines) == 1 && !strings.Contains(lines[0], "[") && strings.Contains(lines[0], "1 B of 2 B")
	})
}

func TestQuestionsTakeTheProgressAway(t *testing.T) {
	c, terminal := onTerminal(t, 40, 5)
	stdin, answer := io.Pipe() // a read from a terminal would outlive the test
	defer answer.Close()
	c.stdin = stdin
	p := c.Progress()
	defer p.Close()
	p.Task("wifi").Doing("…")
	terminal.Await(t, "a task", func(lines []string) bool { return slices.Equal(lines, []string{"wifi  …"}) })
	ctx, cancel := context.WithCancel(t.Context())
	asked := make(chan error)
	go func() {
		_, err := c.Ask(ctx, "Which one?")
		asked <- err
	}()
	terminal.Await(t, "the question alone", func(lines []string) bool { return slices.Equal(lines, []string{"Which one?"}) })
	cancel()
	if err := <-asked; !errors.Is(err, context.Canceled) {
		t.Errorf("Ask = %v", err)
	}
}
