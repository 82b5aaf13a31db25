// Package serialio finds USB serial ports, opens them without resetting the board behind them, and drives a
// MicroPython board through its raw REPL: it runs code, and uploads files so that a failure at any moment leaves
// the old files whole.
//
// The package never prints and never exits. Every wait has a deadline and follows a context. Errors that the
// cable, the port or the board caused implement [Error]. The output of a board is limited in size but otherwise
// untouched: sanitise it before a terminal shows it. What is tried again, and how often, is decided in one place,
// retry.go: a caller need not retry anything.
//
//	conn, err := serialio.Open("/dev/ttyUSB0")
//	…
//	defer conn.Close()
//	repl, err := serialio.Enter(ctx, conn)
//	…
//	defer repl.Leave()
//	out, err := repl.Exec(ctx, "print(1 + 1)")
//
// Byte by byte, the raw REPL is described in MicroPython's docs/reference/repl.rst and implemented in its
// shared/runtime/pyexec.c (lib/utils/pyexec.c before 1.17).
package serialio

import (
	"io"
	"time"
)

// Link is the part of a serial port that a [REPL] needs; a [Conn] is a Link. Read returns as soon as anything has
// arrived, and 0, nil if nothing arrived within the read timeout.
type Link interface {
	io.ReadWriter
	SetReadTimeout(time.Duration) error
}
