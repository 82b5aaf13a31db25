package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// buffered is a Console on buffers, as pipes are.
func buffered() (c *Console, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return New(strings.NewReader("typed\nrest"), stdout, stderr, func(string) string { return "" }), stdout, stderr
}

func TestPipesGetBytesAsTheyAre(t *testing.T) {
	c, stdout, stderr := buffered()
	w := c.Text()
	for _, err := range []error{
		c.PrintJSON("\u009b\u202e"), c.Row("a\tb", "c\x1b"), c.Document([]byte("{\"a\":\x9b}\n")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := io.WriteString(w, "\x1b[2J\n"); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	if want := "\"\u009b\u202e\"\na b\tc^[\n{\"a\":\x9b}\n\x1b[2J\n"; stdout.String() != want {
		t.Errorf("stdout = %q, want %q", stdout, want)
	}
	if stderr.Len() > 0 {
		t.Errorf("stderr = %q", stderr)
	}
}

func TestMessages(t *testing.T) {
	c, stdout, stderr := buffered()
	c.Note("%s is back", "desk\x1b")
	c.Warn("slow")
	c.Trace("not wanted")
	c.Verbose = true
	c.Trace("wanted")
	c.Tell("  step %d", 1)
	c.Fail(Fault{4, "gone\nfor good", "look"})
	c.JSON = true
	c.Fail(Fault{Code: 3, Message: "no board"})
	want := "mpctl: desk^[ is back\nmpctl: warning: slow\nmpctl: wanted\n  step 1\nmpctl: gone for good\nhint: look\n" +
		`{"error":{"code":3,"message":"no board"}}` + "\n"
	if diff := cmp.Diff(want, stderr.String()); diff != "" {
		t.Errorf("stderr (-want +got):\n%s", diff)
	}
	if stdout.Len() > 0 {
		t.Errorf("stdout = %q", stdout)
	}
}

func TestNothingIsDrawnIntoPipes(t *testing.T) {
	c, stdout, stderr := buffered()
	if live := c.Live(func(int, int) []string { return []string{"x"} }); live != nil {
		t.Error("lines are redrawn in a pipe")
	}
	p := c.Progress()
	task := p.Task("file")
	task.Doing("looking")
	task.Measure(1, 2)
	task.End(true)
	p.Close()
	if err := c.QR("http://desk.local/"); err != nil {
		t.Error(err)
	}
	if stdout.Len()+stderr.Len() > 0 {
		t.Errorf("stdout = %q, stderr = %q", stdout, stderr)
	}
}

func TestAnswersFromAPipe(t *testing.T) {
	c, _, stderr := buffered()
	if c.CanAsk() {
		t.Error("nobody answers in a pipe")
	}
	got, err := c.Ask(t.Context(), "Which one?")
	if got != "typed" || err != nil || stderr.String() != "Which one? " {
		t.Errorf("Ask = %q, %v, after %q", got, err, stderr)
	}
	if _, err := c.AskSecret(t.Context(), "Password:"); !errors.Is(err, errNoTerminal) {
		t.Errorf("AskSecret = %v", err)
	}
	if rest, err := c.ReadLine(); rest != "rest" || err != nil {
		t.Errorf("the next line = %q, %v", rest, err)
	}
}

func TestLongLineIsRefused(t *testing.T) {
	if line, err := ReadLine(strings.NewReader(strings.Repeat("x", maxLine+1))); err == nil {
		t.Errorf("%d bytes were taken for a line", len(line))
	}
}

func TestJSONThatCannotBe(t *testing.T) {
	c, _, _ := buffered()
	var unsupported *json.UnsupportedTypeError
	if err := c.PrintJSON(func() {}); !errors.As(err, &unsupported) {
		t.Errorf("PrintJSON of a function = %v", err)
	}
}
