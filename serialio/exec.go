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
	execTime    = time.Minute           // what any code gets when ctx allows more
	resyncTime  = 3 * time.Second       // what a board gets to be back at its prompt after an interrupt
	maxOutput   = 1 << 20               // bytes of output taken of one Exec
	maxTrace    = 16 << 10              // bytes of traceback kept
	plainChunk  = 256                   // bytes sent at once to a board without flow control…
	plainPause  = 10 * time.Millisecond // …and the pause after them, as mpremote and Thonny do
	startPrompt = "Type \"help()\" for more information.\r\n>>> "
)

// Exec runs code on the board and returns what it printed, lines ended by \n. It takes a minute at most.
// Code must not hold the control bytes 00 to 04, nor CR; see [Bytes] and [Quote].
//
// Errors: *ExecError with the board's traceback (the output up to it is returned too), *TimeoutError,
// *RestartedError, *ProtocolError, *GoneError, *StuckError, or that of ctx. After any but *GoneError and
// *StuckError the code has been stopped and the board is back at its raw prompt, if it can be had there.
func (r *REPL) Exec(ctx context.Context, code string) ([]byte, error) {
	var out []byte
	err := r.exec(ctx, code, func(chunk []byte) error {
		out = append(out, chunk...)
		return nil
	})
	return bytes.ReplaceAll(out, []byte("\r\n"), []byte("\n")), err
}

// ExecLines is Exec that hands over each line of output, without its end, when it is complete.
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

// failed gives err its final type, and brings the board back to its prompt where err left it elsewhere.
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

// submit sends code and returns when the board has begun to run it.
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

// detect finds out, once, whether the board knows raw-paste mode. If it does, the mode has been entered only
// to be left again: entering it is then a matter of three bytes each time.
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
	// An empty paste, so that the probe is over whichever way the caller goes on.
	if err := r.finishPaste(ctx); err != nil {
		return err
	}
	return r.collect(ctx, func([]byte) error { return nil })
}

// enterPaste asks for raw-paste mode, and sends at once code that the first credit is good for. The board answers R 01
// and its window, R 00 when it knows of the mode but has it not, or, older than 1.14, with the raw banner.
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

// submitPaste sends code under the board's credit: never more is on its way than the board said it has
// buffer for, so nothing is lost on a UART and no write blocks on USB.
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
			case b == ctrlD[0]: // it cannot compile what it has; the traceback follows
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
		case b == ctrlA[0]: // credit that is not needed any more
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
	var tail []byte // the latest output, to see a restart in
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
