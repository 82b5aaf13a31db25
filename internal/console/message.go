package console

import (
	"fmt"
	"io"

	"mpctl/internal/console/termsafe"
)

// Note prints one line on stderr under the program's name.
func (c *Console) Note(format string, args ...any) {
	c.message("mpctl: " + termsafe.Line(fmt.Sprintf(format, args...)))
}

// Warn prints a line on stderr that is neither a result nor the end.
func (c *Console) Warn(format string, args ...any) { c.Note("warning: "+format, args...) }

// Trace is Note where -v was given.
func (c *Console) Trace(format string, args ...any) {
	if c.Verbose {
		c.Note(format, args...)
	}
}

// Tell prints one line on stderr without the program's name, as a step of a longer procedure.
func (c *Console) Tell(format string, args ...any) {
	c.message(termsafe.Line(fmt.Sprintf(format, args...)))
}

func (c *Console) message(line string) {
	_ = c.write(c.errOut, []byte(line+"\n")) // nobody is left to tell
}

// NoteJSON prints v on stderr as one line of JSON.
func (c *Console) NoteJSON(v any) { _ = c.json(c.errOut, v) }

// NoteTable prints rows on stderr, in the form that suits it.
func (c *Console) NoteTable(t *Table) { _ = c.table(c.errOut, t) }

// Messages returns a writer onto stderr, harmless on a terminal.
func (c *Console) Messages() io.Writer {
	w := messageWriter{c}
	if c.errOut.terminal != nil {
		return termsafe.NewWriter(w)
	}
	return w
}

type messageWriter struct{ c *Console }

func (m messageWriter) Write(p []byte) (int, error) { return len(p), m.c.write(m.c.errOut, p) }

// Fault is an error as users see it. Code is the exit code.
type Fault struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// Fail prints a fault on stderr: for people with the hint on a line of its own, or as JSON.
func (c *Console) Fail(f Fault) {
	if c.JSON {
		c.NoteJSON(map[string]Fault{"error": f})
		return
	}
	text := "mpctl: " + termsafe.Line(f.Message)
	if f.Hint != "" {
		text += "\nhint: " + termsafe.Line(f.Hint)
	}
	c.message(text)
}
