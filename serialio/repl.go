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

// enterTime is how long a board gets to show its raw prompt. A board that a spurious reset hit boots within it.
const enterTime = 8 * time.Second

// resetTime is how long a board gets to take the order to reset.
const resetTime = 10 * time.Second

// rawBanner ends an answer to ctrlA. The W600 port sends a second CR.
var rawBanner = regexp.MustCompile(`raw REPL; CTRL-B to exit\r*\n>`)

// rawPrompt ends the raw banner whose beginning has been read.
var rawPrompt = regexp.MustCompile(`\n>`)

// friendlyPrompt is where the board waits for a person.
var friendlyPrompt = regexp.MustCompile(`>>> $`)

// bootText is what boards print while they start: ESP ROM and bootloader lines, the mPython board's markers.
var bootText = regexp.MustCompile(`ets [A-Z]|rst:0x|=\$%#=|\$#mac:`)

// dialect is how code reaches the board.
type dialect int

const (
	unknown dialect = iota
	plain           // the board stores all of it before compiling
	paste           // raw-paste: compiled while it arrives, under flow control (MicroPython >= 1.14)
)

// REPL is a board at its raw prompt. It is not safe for concurrent use.
type REPL struct {
	link     Link
	in       input
	dialect  dialect
	window   int  // raw-paste: bytes one credit is good for
	helpers  bool // the board has this package's own functions
	flat     bool // they are flatHelpers
	restarts int  // of the board in the current operation

	inflates bool // the board can inflate raw deflate data
	literal  bool // its heap is too small for that
}

// Enter interrupts whatever the board does and brings it to its raw prompt, within 8 s. A board that is just
// starting is waited for. No soft reset is made, so what the board had imported stays.
//
// Errors: *NoREPLError, *GoneError, *StuckError, or that of ctx, after which the board is left at its
// friendly prompt.
func Enter(ctx context.Context, link Link) (*REPL, error) {
	return EnterWithin(ctx, link, enterTime)
}

// EnterWithin is Enter with another limit, as for a board whose reset button somebody is about to press.
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

// sync brings the board to its raw prompt from wherever it is, and proves it with an echo.
func (r *REPL) sync(ctx context.Context, budget time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	var seen []byte
	for {
		arrived, err := r.trySync(limited)
		if err == nil {
			return nil
		}
		if seen = append(seen, arrived...); len(seen) > keep {
			seen = seen[len(seen)-keep:]
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

// trySync is one round of sync. It returns what arrived when that was not the prompt.
func (r *REPL) trySync(ctx context.Context) (arrived []byte, err error) {
	if err := r.write("\r" + ctrlC); err != nil {
		return nil, err
	}
	// Code that was running needs a moment to notice: a ctrlA sent to it at once would be lost. Quiet tells, or the
	// friendly prompt.
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
	// The banner may be an old one, or the board may be resetting under it: only an echo is proof.
	nonce := newNonce()
	if err := r.write("print('mp'+'" + nonce + "')" + ctrlD); err != nil {
		return arrived, err
	}
	echo, err := r.await(ctx, regexp.MustCompile("OKmp"+nonce+"\r*\n\x04\x04>"), time.Second)
	return append(arrived, echo...), err
}

// await takes input up to the end of what the pattern matches; errNoPrompt if that does not come in time.
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

// Reset resets the board as its button does, and returns when it has been told to. What it prints then comes
// through [REPL.Lines]; the REPL is of no other use afterwards. Errors are those of Exec, exceptions apart.
func (r *REPL) Reset(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, resetTime)
	defer cancel()
	err := r.submit(limited, "import machine\nmachine.reset()")
	var gone *GoneError
	if err == nil || errors.As(err, &gone) { // native USB takes the port away with it
		return nil
	}
	return r.failed(ctx, limited, err, "restarting")
}

// Leave interrupts whatever runs and leaves the board at its friendly prompt, waiting a second at most for
// it. It needs no context: it is what is still done when one has ended.
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

// newlines turns the board's CR LF into LF.
func newlines(s string) string { return strings.ReplaceAll(s, "\r\n", "\n") }
