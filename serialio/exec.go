package serialio

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	execTime    = time.Minute           // time limit of any code, unless ctx ends before
	resyncTime  = 3 * time.Second       // time for a board to return to its prompt after an interrupt
	maxOutput   = 1 << 20               // bytes of output that one Exec accepts
	maxTrace    = 16 << 10              // bytes of a traceback that are kept
	plainChunk  = 256                   // bytes sent at once to a board without flow control,
	plainPause  = 10 * time.Millisecond // and the pause after them, as in mpremote and Thonny
	startPrompt = "Type \"help()\" for more information.\r\n>>> "
)

// Exec runs code on the board, for at most a minute, and returns its output with lines ended by \n. Code must not contain
// the control bytes 00 to 04 or CR; see [Bytes] and [Quote]. It is never run a second time.
//
// Errors: *ExecError with the board's traceback (the output before it is returned too), *TimeoutError, *OutputError,
// *RestartedError, *ProtocolError, *GoneError, *StuckError, or that of ctx. After any of them but *GoneError and
// *StuckError the code has been stopped, and the board is back at its raw prompt unless it no longer answers.
func (r *REPL) Exec(ctx context.Context, code string) ([]byte, error) {
	var out []byte
	err := r.exec(ctx, code, func(chunk []byte) error {
		out = append(out, chunk...)
		return nil
	})
	return bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n")), err
}

// ExecLines is Exec that passes each line of output to line, without its end, as soon as the line is complete.
func (r *REPL) ExecLines(ctx context.Context, code string, line func(string)) error {
	var lines lineSplitter
	err := r.exec(ctx, code, func(chunk []byte) error {
		lines.write(chunk, line)
		return nil
	})
	lines.flush(line)
	return err
}

func (r *REPL) exec(parent context.Context, code string, sink func([]byte) error) error {
	const doing = "running code on the board"
	ctx, cancel := context.WithTimeout(parent, execTime)
	defer cancel()
	if err := r.submit(ctx, code); err != nil {
		return r.failed(parent, ctx, err, doing)
	}
	if err := r.collect(ctx, sink); err != nil {
		return r.failed(parent, ctx, err, doing)
	}
	return nil
}

// failed brings the board back to its prompt after err, and returns err as Exec's error.
func (r *REPL) failed(parent, ctx context.Context, err error, doing string) error {
	var exec *ExecError
	var gone *GoneError
	var stuck *StuckError
	if errors.As(err, &exec) || errors.As(err, &gone) || errors.As(err, &stuck) {
		return err
	}
	if r.sync(context.WithoutCancel(parent), resyncTime) != nil {
		r.dialect = unknown
	}
	switch {
	case errors.Is(parent.Err(), context.Canceled):
		return fmt.Errorf("%s: %w", doing, parent.Err())
	case ctx.Err() != nil:
		return &TimeoutError{doing}
	}
	return err
}

// submit sends code and returns when the board begins to run it.
func (r *REPL) submit(ctx context.Context, code string) error {
	if i := strings.IndexFunc(code, func(c rune) bool { return c <= maxControl || c == '\r' }); i >= 0 {
		return fmt.Errorf("code for the board has the control byte %#02x at %d", code[i], i)
	}
	if err := r.detect(ctx); err != nil {
		return err
	}
	if r.dialect == paste {
		return r.submitPaste(ctx, code)
	}
	return r.submitPlain(ctx, code)
}

// detect finds out, once, whether the board has raw-paste mode, by entering the mode.
func (r *REPL) detect(ctx context.Context) error {
	if r.dialect != unknown {
		return nil
	}
	ok, err := r.enterPaste(ctx, "")
	if err != nil {
		return err
	}
	if !ok {
		r.dialect = plain
		return nil
	}
	r.dialect = paste
	// An empty paste leaves the mode, so that the caller finds the raw prompt either way.
	if err := r.finishPaste(ctx); err != nil {
		return err
	}
	return r.collect(ctx, func([]byte) error { return nil })
}

// enterPaste asks for raw-paste mode and, without waiting for the answer, sends code, which must fit into the first
// credit. The board answers R 01 and its window; or R 00 if it was built without the mode; or, before MicroPython 1.14,
// the raw banner.
func (r *REPL) enterPaste(ctx context.Context, code string) (ok bool, err error) {
	const doing = "asking for raw-paste mode"
	if err := r.write("\x05A" + ctrlA + code); err != nil {
		return false, err
	}
	var answer [2]byte
	for i := range answer {
		if answer[i], err = r.in.byte(ctx); err != nil {
			return false, err
		}
	}
	switch string(answer[:]) {
	case "R\x00":
		return false, nil
	case "ra":
		_, err := r.await(ctx, rawPrompt, time.Second)
		if errors.Is(err, errNoPrompt) {
			return false, &ProtocolError{doing, "ra"}
		}
		return false, err
	case "R\x01":
	default:
		return false, &ProtocolError{doing, string(answer[:])}
	}
	low, err := r.in.byte(ctx)
	if err != nil {
		return false, err
	}
	high, err := r.in.byte(ctx)
	if err != nil {
		return false, err
	}
	r.window = int(low) | int(high)<<8
	if r.window == 0 {
		return false, &ProtocolError{doing, "a window of no bytes"}
	}
	return true, nil
}

// submitPaste sends code within the board's credit: no more bytes are on their way than the board has buffer for, so
// a UART loses nothing and a write to USB does not block.
func (r *REPL) submitPaste(ctx context.Context, code string) error {
	first := min(r.window, len(code))
	if ok, err := r.enterPaste(ctx, code[:first]); err != nil {
		return err
	} else if !ok {
		return &ProtocolError{"asking for raw-paste mode", "no, after a yes"}
	}
	credit := r.window - first
	code = code[first:]
	for len(code) > 0 {
		if credit == 0 {
			b, err := r.in.byte(ctx)
			switch {
			case err != nil:
				return err
			case b == ctrlA[0]:
				credit += r.window
				continue
			case b == ctrlD[0]: // the code does not compile; the traceback follows
				return r.write(ctrlD)
			}
			return &ProtocolError{"sending code", string([]byte{b})}
		}
		n := min(credit, len(code))
		if err := r.write(code[:n]); err != nil {
			return err
		}
		credit, code = credit-n, code[n:]
	}
	return r.finishPaste(ctx)
}

// finishPaste ends the code and waits until the board has taken all of it.
func (r *REPL) finishPaste(ctx context.Context) error {
	if err := r.write(ctrlD); err != nil {
		return err
	}
	for {
		switch b, err := r.in.byte(ctx); {
		case err != nil:
			return err
		case b == ctrlA[0]: // more credit, which is no longer needed
		case b == ctrlD[0]:
			return nil
		default:
			return &ProtocolError{"sending code", string([]byte{b})}
		}
	}
}

// submitPlain sends code at a pace that a board with 255 bytes of buffer keeps up with.
func (r *REPL) submitPlain(ctx context.Context, code string) error {
	for len(code) > 0 {
		n := min(plainChunk, len(code))
		if err := r.write(code[:n]); err != nil {
			return err
		}
		code = code[n:]
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(plainPause):
		}
	}
	if err := r.write(ctrlD); err != nil {
		return err
	}
	for _, want := range []byte("OK") {
		if b, err := r.in.byte(ctx); err != nil {
			return err
		} else if b != want {
			return &ProtocolError{"sending code", string([]byte{b})}
		}
	}
	return nil
}

// collect reads what running code prints, then its traceback, then the prompt.
func (r *REPL) collect(ctx context.Context, sink func([]byte) error) error {
	var tail []byte // the end of the output, in which a restart shows
	var total int
	err := r.in.until(ctx, ctrlD[0], func(chunk []byte) error {
		if total += len(chunk); total > maxOutput {
			return &OutputError{maxOutput}
		}
		tail = append(tail, chunk...)
		tail = tail[max(0, len(tail)-len(startPrompt)):]
		if string(tail) == startPrompt {
			return &RestartedError{}
		}
		return sink(chunk)
	})
	if err != nil {
		return err
	}
	var traceback []byte
	err = r.in.until(ctx, ctrlD[0], func(chunk []byte) error {
		traceback = append(traceback, chunk...)
		traceback = traceback[max(0, len(traceback)-maxTrace):]
		return nil
	})
	if err != nil {
		return err
	}
	switch b, err := r.in.byte(ctx); {
	case err != nil:
		return err
	case b != '>':
		return &ProtocolError{"running code on the board", string([]byte{b})}
	case len(traceback) > 0:
		return &ExecError{newlines(string(traceback))}
	}
	return nil
}
