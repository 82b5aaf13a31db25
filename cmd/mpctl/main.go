// Mpctl finds MicroPython boards, puts its firmware and a WiFi on them, and reads their sensors.
//
// Rules of this command: results go to stdout, everything else to stderr. Commands return errors and never
// exit; exit.go maps each type of error to its exit code. internal/console is the only way to the terminal.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"mpctl/internal/console"
	"mpctl/internal/remembered"
)

func main() {
	os.Exit(run())
}

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A second signal kills at once: the first one only asks.
	context.AfterFunc(ctx, stop)

	a := &app{Console: console.Standard(), env: os.Getenv, memory: remembered.Default()}
	err := newRootCmd(a).ExecuteContext(ctx)
	if err != nil && ctx.Err() != nil {
		err = errInterrupted
	}
	// Parsing may have stopped before it came to --json.
	a.JSON = a.JSON || err != nil && asksForJSON(os.Args[1:])
	return a.report(err)
}
