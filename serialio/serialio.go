// Package serialio finds USB serial ports, opens them without disturbing the board behind, and works a
// MicroPython board through its raw REPL: running code, and putting files onto it so that a failure at any
// moment leaves the old files whole.
//
// Rules of this package: it never prints and never exits. Every wait has a deadline and follows a context.
// Errors that the cable, the port or the board caused implement [Error]. What a board says is bounded in
// memory but otherwise untouched: sanitise it before a terminal sees it.
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

// Link is what a [REPL] needs of a serial port; [Conn] is one. Read returns 0, nil when nothing arrived
// within the read timeout, and at once when something did.
type Link interface {
	io.ReadWriter
	SetReadTimeout(time.Duration) error
}
