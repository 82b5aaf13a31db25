package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"syscall"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/termsafe"
	"mpctl/serialio"
	"mpctl/sim"
)

// Exit codes, as docs/scripting.md promises them.
const (
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitNetwork     = 4
	exitHTTPStatus  = 5
	exitSerial      = 6
	exitProvision   = 7
	exitInterrupted = 130
)

var errInterrupted = errors.New("interrupted")

// usageError is a command line that cannot be carried out as given.
type usageError struct{ msg, hint string }

func (e usageError) Error() string { return e.msg }
func (e usageError) Hint() string  { return e.hint }

// exitCode is the one place where types of error become exit codes.
func exitCode(err error) int {
	var several *severalError
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &several):
		return several.code
	case isA[usageError](err), isA[*discover.InterfaceError](err), isA[*httpclient.URLError](err),
		isA[*sim.ConfigError](err):
		return exitUsage
	case isA[*notFoundError](err), isA[*ambiguousError](err), isA[*nothingFoundError](err), isA[*httpclient.NameError](err),
		isA[*unseenError](err):
		return exitNotFound
	case isA[serialio.Error](err), isA[noPortError](err):
		return exitSerial
	case isA[*rejectedError](err):
		return exitProvision
	case isA[*httpclient.StatusError](err):
		return exitHTTPStatus
	case isA[httpclient.Error](err):
		return exitNetwork
	}
	return exitFailure
}

// isA tells whether err is or wraps a T.
func isA[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// hinter is an error that knows what the user can do about it.
type hinter interface{ Hint() string }

func hintOf(err error) string {
	var h hinter
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// fault is an error in JSON.
type fault struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

func (a *app) fault(err error) fault { return fault{exitCode(err), err.Error(), hintOf(err)} }

// report writes err for the user, as text or JSON, and returns the exit code.
func (a *app) report(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, syscall.EPIPE): // whoever read the output has gone; that is their right
		return 0
	}
	if a.json {
		a.noteJSON(map[string]fault{"error": a.fault(err)})
		return exitCode(err)
	}
	a.complain(err)
	return exitCode(err)
}

// complain writes an error for people, and below it what they can do.
func (a *app) complain(err error) {
	a.note("%v", err)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(a.stderr, "hint: %s\n", termsafe.Line(hint))
	}
}

// writeLine writes a line onto stdout at once, whoever else writes.
func (a *app) writeLine(line []byte) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, err := fmt.Fprintf(a.stdout, "%s\n", line)
	return err
}

// note puts one line on stderr under the program's name.
func (a *app) note(format string, args ...any) {
	fmt.Fprintf(a.stderr, "mpctl: %s\n", termsafe.Line(fmt.Sprintf(format, args...)))
}

// noteJSON puts v on stderr as one line of JSON.
func (a *app) noteJSON(v any) {
	line, _ := json.Marshal(v)
	if isTerminal(a.stderr) {
		line = []byte(termsafe.Line(string(line)))
	}
	fmt.Fprintf(a.stderr, "%s\n", line)
}
