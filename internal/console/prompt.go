package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"mpctl/internal/console/termsafe"
)

// maxLine is the longest line that makes sense as an answer, in bytes.
const maxLine = 1024

var errNoTerminal = errors.New("stdin is not a terminal")

// Ask prints a question on stderr and returns the line that answers it. It returns ctx's error if that ends first.
func (c *Console) Ask(ctx context.Context, question string) (string, error) {
	defer c.suspend()()
	if err := c.write(c.errOut, []byte(termsafe.Line(question)+" ")); err != nil {
		return "", err
	}
	return interruptible(ctx, c.ReadLine)
}

// AskSecret is Ask without echo. It fails if stdin is no terminal.
func (c *Console) AskSecret(ctx context.Context, question string) (string, error) {
	stdin, ok := terminalOf(c.stdin)
	if !ok {
		return "", errNoTerminal
	}
	before, err := term.GetState(int(stdin.Fd()))
	if err != nil {
		return "", err
	}
	defer c.suspend()()
	if err := c.write(c.errOut, []byte(termsafe.Line(question)+" ")); err != nil {
		return "", err
	}
	answer, err := interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(int(stdin.Fd())) })
	c.message("")
	if ctx.Err() != nil {
		restore(stdin, before)
	}
	return string(answer), err
}

func restore(stdin *os.File, state *term.State) { _ = term.Restore(int(stdin.Fd()), state) }

// suspend takes away what is drawn in place until the returned function is called: an answer is typed where the
// cursor is.
func (c *Console) suspend() (resume func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.shown
	if r == nil {
		return func() {}
	}
	_ = r.erase()
	c.shown = nil
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.shown = r
		_ = r.redraw()
	}
}

// ReadLine returns the next line of stdin, as ReadLine does.
func (c *Console) ReadLine() (string, error) { return ReadLine(c.stdin) }

// ReadLine reads one line of at most 1024 bytes, without its end. It reads byte by byte, so that what follows is left
// to the next reader.
func ReadLine(r io.Reader) (string, error) {
	var line []byte
	var b [1]byte
	for len(line) < maxLine {
		n, err := r.Read(b[:])
		if n > 0 && b[0] == '\n' || errors.Is(err, io.EOF) {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		if err != nil {
			return "", err
		}
		line = append(line, b[:n]...)
	}
	return "", fmt.Errorf("the line is longer than %d bytes", maxLine)
}

// interruptible waits for a read that cannot be interrupted, or for ctx. The read then goes on by itself; the program
// is about to end.
func interruptible[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
