package serialio

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"time"
)

// The control bytes of the REPL.
const (
	ctrlA = "\x01" // enter raw mode
	ctrlB = "\x02" // back to the friendly prompt
	ctrlC = "\x03" // interrupt; in raw mode: forget the line
	ctrlD = "\x04" // run what was sent; on an empty line: soft reset
)

// enterTime is the time for a board to show its raw prompt. It is enough for a board that is just booting.
const enterTime = 8 * time.Second

// resetTime is the time for a board to accept the order to reset.
const resetTime = 10 * time.Second

// rawBanner ends an answer to ctrlA. The W600 port sends a second CR.
var rawBanner = regexp.MustCompile(`raw REPL; CTRL-B to exit\r*\n>`)

// rawPrompt ends the raw banner whose beginning has been read.
var rawPrompt = regexp.MustCompile(`\n>`)

// friendlyPrompt is the end of the output of a board that waits for a person's input.
var friendlyPrompt = regexp.MustCompile(`>>> $`)

// bootText matches what boards print while they boot: lines of the ESP ROM and bootloader, marks of the mPython board.
var bootText = regexp.MustCompile(`ets [A-Z]|rst:0x|=\$%#=|\$#mac:`)

// dialect is how code reaches the board.
type dialect int

const (
	unknown dialect = iota
	plain           // the board stores all of the code before it compiles it
	paste           // raw-paste: the code is compiled while it arrives, with flow control (MicroPython >= 1.14)
)

// REPL is a board at its raw prompt. It is not safe for concurrent use.
type REPL struct {
	link     Link
	in       input
	dialect  dialect
	window   int  // raw-paste: bytes that one credit allows
	helpers  bool // this package's functions are in the board's memory
	flat     bool // the helpers are flatHelpers
	restarts int  // of the board in the current operation

	inflates bool // the board can inflate raw deflate data
	literal  bool // data are not deflated, although the board can inflate them
}

// Enter interrupts whatever runs on the board and brings the board to its raw prompt, within 8 s. It waits for a board
// that is just booting. It makes no soft reset, so modules that are loaded stay loaded.
//
// Errors: *NoREPLError, *GoneError, *StuckError, or that of ctx. After the last one the board is at its friendly prompt.
func Enter(ctx context.Context, link Link) (*REPL, error) {
	return EnterWithin(ctx, link, enterTime)
}

// EnterWithin is Enter with another limit, for example for a board whose reset button a person is about to press.
func EnterWithin(ctx context.Context, link Link, limit time.Duration) (*REPL, error) {
	r := &REPL{link: link, in: input{link: link}}
	if err := r.sync(ctx, limit); err != nil {
		if ctx.Err() != nil {
			r.Leave()
		}
		return nil, err
	}
	return r, nil
}

// sync brings the board to its raw prompt from any state, and verifies that with an echo.
func (r *REPL) sync(ctx context.Context, budget time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	var seen []byte
	for {
		arrived, err := r.trySync(limited)
		if err == nil {
			return nil
		}
		if seen = append(seen, arrived...); len(seen) > maxUnread {
			seen = seen[len(seen)-maxUnread:]
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case limited.Err() != nil:
			return &NoREPLError{string(seen)}
		case !errors.Is(err, errNoPrompt):
			return err
		}
	}
}

var errNoPrompt = errors.New("no prompt yet")

// trySync is one round of sync. It returns what arrived, which is of interest if that was not the prompt.
func (r *REPL) trySync(ctx context.Context) (arrived []byte, err error) {
	if err := r.write("\r" + ctrlC); err != nil {
		return nil, err
	}
	// Code that was running needs a moment to stop: a ctrlA sent to it at once would be lost. It has stopped when the
	// board is quiet or shows the friendly prompt.
	arrived, err = r.await(ctx, friendlyPrompt, 60*time.Millisecond)
	if errors.Is(err, errNoPrompt) && len(arrived) > 0 {
		var more []byte
		more, err = r.in.settle(ctx, 60*time.Millisecond, 300*time.Millisecond)
		arrived = append(arrived, more...)
	}
	if err != nil && !errors.Is(err, errNoPrompt) {
		return arrived, err
	}
	if bootText.Match(arrived) {
		more, err := r.in.settle(ctx, 400*time.Millisecond, 2*time.Second)
		if arrived = append(arrived, more...); err != nil {
			return arrived, err
		}
	}
	if err := r.write("\r" + ctrlA); err != nil {
		return arrived, err
	}
	banner, err := r.await(ctx, rawBanner, 300*time.Millisecond)
	if err != nil {
		return append(arrived, banner...), err
	}
	// The banner may be old, or the board may be resetting right after it. Only an echo shows that the board listens.
	nonce := newNonce()
	if err := r.write("print('mp'+'" + nonce + "')" + ctrlD); err != nil {
		return arrived, err
	}
	echo, err := r.await(ctx, regexp.MustCompile("OKmp"+nonce+"\r*\n\x04\x04>"), time.Second)
	return append(arrived, echo...), err
}

// await takes input up to the end of what the pattern matches. The error is errNoPrompt if that does not arrive in time.
func (r *REPL) await(ctx context.Context, pattern *regexp.Regexp, limit time.Duration) (arrived []byte, err error) {
	end := time.Now().Add(limit)
	for {
		if at := pattern.FindIndex(r.in.data); at != nil {
			arrived, r.in.data = r.in.data[:at[1]:at[1]], r.in.data[at[1]:]
			return arrived, nil
		}
		r.in.trim()
		err := r.in.moreWithin(ctx, time.Until(end))
		if errors.Is(err, errQuiet) {
			return r.in.take(), errNoPrompt
		}
		if err != nil {
			return r.in.take(), err
		}
	}
}

// SoftReset restarts the board's Python with an empty heap. boot.py runs, main.py does not. Errors: *ProtocolError if
// the board does not say that it restarts, *NoREPLError, *GoneError, *StuckError, or that of ctx.
func (r *REPL) SoftReset(ctx context.Context) error { return r.retry(ctx, false, r.softResetOnce) }

func (r *REPL) softResetOnce(ctx context.Context) error {
	const doing = "it was told to soft-reset"
	r.helpers = false
	if err := r.write(ctrlD); err != nil {
		return err
	}
	// "MPY: soft reboot", "PYB: soft reboot" up to 1.10, "mpython: soft reboot" on the mPython board.
	if got, err := r.await(ctx, regexp.MustCompile(`soft reboot\r*\n`), 5*time.Second); errors.Is(err, errNoPrompt) {
		return &ProtocolError{doing, lastLine(string(got))}
	} else if err != nil {
		return err
	}
	return r.sync(ctx, enterTime)
}

// Reset resets the board as its reset button does, and returns when the board has accepted the order. Afterwards the REPL
// is good only for [REPL.Lines], which passes on what the board prints. Errors are those of Exec but *ExecError.
func (r *REPL) Reset(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, resetTime)
	defer cancel()
	err := r.submit(limited, "import machine\nmachine.reset()")
	var gone *GoneError
	if err == nil || errors.As(err, &gone) { // a native USB port vanishes with the reset
		return nil
	}
	return r.failed(ctx, limited, err, "restarting")
}

// Leave interrupts whatever runs and leaves the board at its friendly prompt, for which it waits a second at most. It
// takes no context because it is also called when the context has ended.
func (r *REPL) Leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if r.write(ctrlB) != nil {
		return
	}
	if _, err := r.await(ctx, friendlyPrompt, 150*time.Millisecond); !errors.Is(err, errNoPrompt) {
		return
	}
	if r.write("\r"+ctrlC) != nil {
		return
	}
	if _, err := r.in.settle(ctx, 60*time.Millisecond, 300*time.Millisecond); err != nil {
		return
	}
	if r.write(ctrlB) == nil {
		_, _ = r.await(ctx, friendlyPrompt, time.Second)
	}
}

func (r *REPL) write(s string) error {
	_, err := r.link.Write([]byte(s))
	return err
}

// newlines turns CR LF, which boards print, into LF.
func newlines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
