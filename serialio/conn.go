package serialio

import (
	"errors"
	"io/fs"
	"sync"
	"sync/atomic"
	"time"

	"go.bug.st/serial"
)

// baudRate is what every MicroPython port sets its UART REPL to. Native USB ignores it.
const baudRate = 115200

// writeTimeout is how long a write may wait for a port that takes no data, like that of a board that hangs.
const writeTimeout = 5 * time.Second

// closeTimeout is how long a write that was given up may delay the closing of its port.
const closeTimeout = time.Second

// Conn is an open serial port. It is a [Link]. Reads and writes that fail because the port went away return
// a *GoneError.
type Conn struct {
	path  string
	port  serial.Port
	close func() error

	stuck   atomic.Bool   // a write was given up
	writing chan struct{} // closed when the last write has ended
}

// Open opens the port at path with 115200 baud, 8N1, for this program alone. The lock is that of pyserial's exclusive
// mode, which mpremote and Thonny use. Opening does not reset a board with the usual auto-reset circuit, since DTR and
// RTS rise together.
//
// Errors: *NotFoundError, *PermissionError, *BusyError, *NotSerialError, *OpenError.
func Open(path string) (*Conn, error) {
	unlock, err := lock(path)
	if err != nil {
		return nil, err
	}
	port, err := open(path, serial.Mode{BaudRate: baudRate, DataBits: 8, Parity: serial.NoParity, StopBits: serial.OneStopBit})
	if err != nil {
		unlock()
		return nil, openError(path, err)
	}
	c := &Conn{path: path, port: port}
	c.close = sync.OnceValue(func() error {
		if c.stuck.Load() { // the write must end first, or it might hit another file that gets this descriptor
			select {
			case <-c.writing:
			case <-time.After(closeTimeout):
			}
		}
		// RTS goes first: RTS alone is the reset of an ESP board. A pseudo-terminal has neither line and returns
		// errors.
		_ = port.SetRTS(false)
		_ = port.SetDTR(false)
		err := port.Close()
		unlock()
		return err
	})
	return c, nil
}

func openError(path string, err error) error {
	var coded *serial.PortError
	switch {
	case errors.As(err, &coded):
		switch coded.Code() {
		case serial.PortBusy:
			return busy(path)
		case serial.PortNotFound:
			return &NotFoundError{path}
		case serial.PermissionDenied:
			return &PermissionError{path, owningGroup(path)}
		case serial.InvalidSerialPort:
			return &NotSerialError{path}
		}
	case errors.Is(err, fs.ErrNotExist):
		return &NotFoundError{path}
	}
	return &OpenError{path, err}
}

func busy(path string) error {
	program, pid := holder(path)
	return &BusyError{path, program, pid}
}

// Path is the path that the port was opened by.
func (c *Conn) Path() string { return c.path }

// SetReadTimeout sets how long Read waits for the first byte.
func (c *Conn) SetReadTimeout(d time.Duration) error { return c.gone(c.port.SetReadTimeout(d)) }

// Read reads what has arrived. It returns 0, nil if nothing arrived within the read timeout.
func (c *Conn) Read(p []byte) (int, error) {
	n, err := c.port.Read(p)
	return n, c.gone(err)
}

// Write writes all of p. The error is a *StuckError if the port takes no data for 5 s; no later Write succeeds then.
func (c *Conn) Write(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	if c.stuck.Load() {
		return 0, &StuckError{c.path}
	}
	// The system's write has no deadline, so a goroutine waits for it. The goroutine has a copy of p, because it may
	// still be reading when Write has returned.
	done := make(chan result, 1)
	data := append([]byte(nil), p...)
	ended := make(chan struct{})
	c.writing = ended
	go func() {
		defer close(ended)
		var sent int
		for sent < len(data) && !c.stuck.Load() {
			n, err := c.port.Write(data[sent:])
			sent += n
			if err == nil && n == 0 {
				err = errNothingWritten
			}
			if err != nil {
				done <- result{sent, err}
				return
			}
		}
		done <- result{sent, nil}
	}()
	timer := time.NewTimer(writeTimeout)
	defer timer.Stop()
	select {
	case r := <-done:
		return r.n, c.gone(r.err)
	case <-timer.C:
		c.stuck.Store(true)
		_ = c.port.ResetOutputBuffer() // or closing the port would wait for output that never drains
		return 0, &StuckError{c.path}
	}
}

var errNothingWritten = errors.New("nothing could be written")

// resetPulse is how long the chip's enable pin is held low: it has a capacitor to discharge.
const resetPulse = 100 * time.Millisecond

// Reset resets a board behind a serial bridge with the usual auto-reset circuit, in which RTS alone is the reset line of
// an ESP chip. Use it for ports whose [Port.IsBridge] is true: on native USB ports these lines mean something else. The
// error is a *GoneError.
func (c *Conn) Reset() error {
	for _, set := range []func() error{
		func() error { return c.port.SetDTR(false) },
		func() error { return c.port.SetRTS(true) },
		func() error { time.Sleep(resetPulse); return nil },
		func() error { return c.port.SetRTS(false) },
	} {
		if err := set(); err != nil {
			return c.gone(err)
		}
	}
	return nil
}

// Close releases the port without resetting the board.
func (c *Conn) Close() error { return c.close() }

func (c *Conn) gone(err error) error {
	if err == nil {
		return nil
	}
	return &GoneError{c.path, err}
}
