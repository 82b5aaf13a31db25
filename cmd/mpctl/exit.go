package main

import (
	"errors"
	"syscall"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/console"
	"mpctl/internal/provision"
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

// exitCode is the one place where types of error become exit codes.
func exitCode(err error) int {
	var several *severalError
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &several):
		return several.code
	case isA[usageError](err), isA[*discover.InterfaceError](err), isA[*httpclient.URLError](err),
		isA[*sim.ConfigError](err), isA[*boards.RefError](err), isA[*provision.OptionError](err):
		return exitUsage
	case isA[*boards.NotFoundError](err), isA[*boards.AmbiguousError](err), isA[*boards.NothingFoundError](err),
		isA[*httpclient.NameError](err), isA[*provision.UnreachableError](err):
		return exitNotFound
	case isA[serialio.Error](err), isA[noPortError](err):
		return exitSerial
	case isA[*provision.RejectedError](err):
		return exitProvision
	case isA[*httpclient.StatusError](err):
		return exitHTTPStatus
	case isA[httpclient.Error](err):
		return exitNetwork
	}
	return exitFailure
}

// isA reports whether err is or wraps a T.
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

func faultOf(err error) console.Fault {
	return console.Fault{Code: exitCode(err), Message: err.Error(), Hint: hintOf(err)}
}

// report writes err for the user, as text or JSON, and returns the exit code.
func (a *app) report(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, syscall.EPIPE): // whoever read the output has gone; that is their right
		return 0
	}
	a.Fail(faultOf(err))
	return exitCode(err)
}
