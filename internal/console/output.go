package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tidwall/pretty"

	"mpctl/internal/console/termsafe"
)

// Table prints rows on stdout: aligned under a header on a terminal, else tab-separated. A table without rows prints
// nothing.
func (c *Console) Table(t *Table) error { return c.table(c.out, t) }

func (c *Console) table(s *stream, t *Table) error {
	if len(t.rows) == 0 {
		return nil
	}
	if s.terminal == nil {
		return c.write(s, []byte(t.tabbed()))
	}
	columns, _ := terminalSize(s.terminal)
	return c.write(s, []byte(strings.Join(t.Lines(columns, c.Colour()), "\n")+"\n"))
}

// Row prints one row on stdout, tab-separated on a terminal too.
func (c *Console) Row(cells ...string) error { return c.write(c.out, []byte(tabbed(cells))) }

func tabbed(cells []string) string {
	safe := make([]string, len(cells))
	for i, cell := range cells {
		safe[i] = termsafe.Line(cell)
	}
	return strings.Join(safe, "\t") + "\n"
}

// Lines prints lines on stdout that are already harmless: those of a chart, with their colours.
func (c *Console) Lines(lines []string) error {
	return c.write(c.out, []byte(strings.Join(lines, "\n")+"\n"))
}

// Columns returns how wide stdout is, and whether that is a terminal's width.
func (c *Console) Columns() (columns int, known bool) {
	if c.out.terminal == nil {
		return defaultWidth, false
	}
	columns, _ = terminalSize(c.out.terminal)
	return columns, true
}

// PrintJSON prints v on stdout as one line of JSON.
func (c *Console) PrintJSON(v any) error { return c.json(c.out, v) }

func (c *Console) json(s *stream, v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	if s.terminal != nil {
		line = termsafe.JSON(line)
	}
	return c.write(s, append(line, '\n'))
}

var jsonColours = &pretty.Style{
	Key:    [2]string{"\x1b[36m", "\x1b[0m"},
	String: [2]string{"\x1b[32m", "\x1b[0m"},
	Number: [2]string{"\x1b[33m", "\x1b[0m"},
	True:   [2]string{"\x1b[35m", "\x1b[0m"},
	False:  [2]string{"\x1b[35m", "\x1b[0m"},
	Null:   [2]string{"\x1b[35m", "\x1b[0m"},
}

// Document prints a JSON document from outside on stdout, in colour on a terminal.
func (c *Console) Document(text []byte) error {
	if c.out.terminal == nil {
		return c.write(c.out, text)
	}
	return c.write(c.out, documentForTerminal(text, c.Colour()))
}

func documentForTerminal(text []byte, colour bool) []byte {
	// It is made harmless before it is coloured: the colours are ours.
	var safe bytes.Buffer
	w := termsafe.NewWriter(&safe)
	_, _ = w.Write(text) // into memory
	_ = w.Close()
	if !colour {
		return safe.Bytes()
	}
	return pretty.Color(safe.Bytes(), jsonColours)
}

// Text returns a writer onto stdout for text from outside: made harmless on a terminal, else byte for byte. Close
// writes what waits for the rest of a character; it does not close stdout.
func (c *Console) Text() io.WriteCloser {
	if c.out.terminal == nil {
		return unclosed{c.Raw()}
	}
	return termsafe.NewWriter(c.Raw())
}

// Raw returns a writer onto stdout that passes on what it is given, byte for byte, to a terminal too.
func (c *Console) Raw() io.Writer { return rawWriter{c} }

type rawWriter struct{ c *Console }

func (r rawWriter) Write(p []byte) (int, error) {
	if err := r.c.write(r.c.out, p); err != nil {
		return 0, err
	}
	return len(p), nil
}

type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }
