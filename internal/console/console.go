// Package console owns stdin, stdout, stderr and the terminal: nothing else in mpctl writes to a stream.
//
// The rules it keeps:
//
//   - Results go to stdout, everything else to stderr.
//   - What a person sees is made for a person, what a program reads is made for a program: the same table is aligned
//     and coloured on a terminal, and tab-separated in a pipe.
//   - A terminal gets nothing but printable characters of whatever came from outside, in JSON too. Package termsafe
//     says what that means. The one exception is [Console.Raw], which a user has to ask for.
//   - At most one group of lines is redrawn in place, and every frame is cut to the size that the terminal has by then.
//     Messages do not tear it: they wait, or go above.
package console

import (
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// Console is what one run of a command reads from and writes to. Set the exported fields before the first output.
// It is safe for concurrent use.
type Console struct {
	JSON    bool // results and errors are JSON, one value a line
	NoColor bool
	Verbose bool // Trace prints

	stdin       io.Reader
	out, errOut *stream
	environment func(string) string

	mu    sync.Mutex // of all writing
	shown *region    // the lines redrawn in place at the moment, nil if there are none
	held  []byte     // messages that wait for shown to end
}

// stream is stdout or stderr.
type stream struct {
	w        io.Writer
	terminal *os.File // the same as w if that is a terminal, else nil
}

// New returns a Console on the given streams. environment looks up NO_COLOR and TERM.
func New(stdin io.Reader, stdout, stderr io.Writer, environment func(string) string) *Console {
	return &Console{stdin: stdin, out: newStream(stdout), errOut: newStream(stderr), environment: environment}
}

// Standard returns the Console of this process.
func Standard() *Console { return New(os.Stdin, os.Stdout, os.Stderr, os.Getenv) }

func newStream(w io.Writer) *stream {
	f, _ := terminalOf(w)
	return &stream{w, f}
}

func terminalOf(stream any) (*os.File, bool) {
	if f, ok := stream.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		return f, true
	}
	return nil, false
}

// ShowsResults reports whether a person sees stdout as it is written.
func (c *Console) ShowsResults() bool { return c.out.terminal != nil }

// ShowsMessages reports whether a person sees stderr as it is written, and wants text there.
func (c *Console) ShowsMessages() bool { return c.errOut.terminal != nil && !c.JSON }

// CanAsk reports whether a person can answer a prompt.
func (c *Console) CanAsk() bool {
	_, ok := terminalOf(c.stdin)
	return ok
}

// Colour reports whether a terminal may be sent colours.
func (c *Console) Colour() bool {
	return !c.NoColor && c.environment("NO_COLOR") == "" && !c.isDumb()
}

// isDumb reports whether the terminal cannot move its cursor.
func (c *Console) isDumb() bool { return c.environment("TERM") == "dumb" }

// write writes onto a stream without tearing what is drawn in place.
func (c *Console) write(s *stream, p []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.shown == nil || s.terminal == nil {
		_, err := s.w.Write(p)
		return err
	}
	if c.shown.holdsMessages && s == c.errOut {
		c.held = append(c.held, p...)
		return nil
	}
	_ = c.shown.erase() // what cannot be drawn cannot be torn either
	_, err := s.w.Write(p)
	_ = c.shown.redraw()
	return err
}
