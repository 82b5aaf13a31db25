package serialio

import (
	"context"
	"errors"
	"strings"
)

// Everything that is tried again is tried again here, a single call of a function on the board at a time:
//
//	what went wrong                                        before the next try            how often
//	the line lost or altered bytes: *ProtocolError,        back to the raw prompt         maxTries tries
//	  *TimeoutError, an exception that altered code raises
//	answers stay wrong: *ProtocolError in every try,       soft reset                     once a call
//	  for something else on the board prints in between
//	the heap is full: MemoryError                          soft reset                     once a call
//	the board restarted: *RestartedError                   back to the raw prompt, with   once an operation: Probe,
//	                                                         the time to boot               ReadFile, Outdated, Upload
//	anything else, OSError among it, or ctx has ended      -                              never
//
// A call that is retried may be made twice, and needs nothing in the board's memory but the helpers, which are sent
// again when they are lost. This is true of all calls of this package. An expression of the caller ([REPL.Eval]) may need
// what the caller has put into the board's memory, so for it only faults of the line are retried. Code of the caller
// ([REPL.Exec]) is never run twice.
//
// A call that succeeds may still have written altered data. So an upload compares all files on the board before they take
// their places, and sends those that differ a second time, in smaller pieces ([upload.stage]).

// maxTries is how often a call is made that the line may have altered.
const maxTries = 3

// maxRestarts is how often the board may restart in one operation. A board that restarts more often will not stop.
const maxRestarts = 1

// beginOperation gives an operation its own count of restarts.
func (r *REPL) beginOperation() { r.restarts = 0 }

// retry makes attempts as the table above says. own reports whether attempt consists of this package's own calls.
// Errors are those of Exec and, of an own attempt, *AlteredError.
func (r *REPL) retry(ctx context.Context, own bool, attempt func(context.Context) error) error {
	hasReset := false
	for tries := 1; ; tries++ {
		err := attempt(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		var protocol *ProtocolError
		var restarted *RestartedError
		recovery := r.resync
		switch {
		case own && errors.As(err, &restarted) && r.restarts < maxRestarts:
			r.restarts++
			recovery, tries = r.reenter, 0
		case own && !hasReset && (isOutOfMemory(err) || tries == maxTries && errors.As(err, &protocol)):
			hasReset = true
			recovery, tries = r.SoftReset, 0
		case tries < maxTries && isLineFault(err):
		default:
			return final(err, own)
		}
		if err := recovery(ctx); err != nil {
			return err
		}
	}
}

// final is the error of the last try. Own calls raise nothing but OSError and MemoryError, so any other exception
// comes of code that the line altered.
func final(err error, own bool) error {
	var exec *ExecError
	if own && isLineFault(err) && errors.As(err, &exec) {
		return &AlteredError{exec}
	}
	return err
}

// resync makes sure of the board after the line altered something. What the board has got of it may still be on its
// way to be run, and answered; and a ctrlB made of another byte has led to the friendly prompt, where the rest of
// it can do anything, a soft reset included.
func (r *REPL) resync(ctx context.Context) error {
	r.helpers = false
	return r.sync(ctx, resyncTime)
}

// reenter is Enter for a board that has restarted. What boots then may even be another MicroPython.
func (r *REPL) reenter(ctx context.Context) error {
	r.helpers, r.dialect = false, unknown
	return r.sync(ctx, enterTime)
}

// isLineFault reports whether err may come of bytes that the line lost or altered.
func isLineFault(err error) bool {
	var protocol *ProtocolError
	var timeout *TimeoutError
	var exec *ExecError
	if errors.As(err, &exec) {
		last := lastLine(exec.Traceback)
		return !strings.HasPrefix(last, "OSError") && !strings.HasPrefix(last, "MemoryError")
	}
	return errors.As(err, &protocol) || errors.As(err, &timeout)
}

// isOutOfMemory reports whether err is the board's MemoryError.
func isOutOfMemory(err error) bool {
	var exec *ExecError
	return errors.As(err, &exec) && exec.OutOfMemory()
}
