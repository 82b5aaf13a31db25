package serialio

import (
	"context"
	"fmt"
	"strings"
)

// Error is implemented by all errors of the port, the line and the board, but not by those of the caller's context.
type Error interface {
	error
	Hint() string // advice for the user; may be empty
	serial()
}

// NotFoundError is returned by [Open] when there is no port at Path.
type NotFoundError struct{ Path string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("opening %s: no such port", e.Path) }
func (e *NotFoundError) Hint() string {
	return "is the board plugged in, with a cable that carries data?"
}
func (e *NotFoundError) serial() {}

// PermissionError is returned by [Open] when the user may not open the port. Group may; it is empty if unknown.
type PermissionError struct{ Path, Group string }

func (e *PermissionError) Error() string { return fmt.Sprintf("opening %s: permission denied", e.Path) }
func (e *PermissionError) Hint() string {
	if e.Group == "" || e.Group == "root" {
		return "your user may not open this port; a udev rule can allow it"
	}
	return fmt.Sprintf("the port belongs to the group %[1]s: run 'sudo usermod -aG %[1]s $USER', then log out and in", e.Group)
}
func (e *PermissionError) serial() {}

// BusyError is returned by [Open] when another program holds the port. If that is unknown, Program is empty and PID 0.
type BusyError struct {
	Path    string
	Program string
	PID     int
}

func (e *BusyError) Error() string {
	if e.PID == 0 {
		return fmt.Sprintf("opening %s: another program is using it", e.Path)
	}
	return fmt.Sprintf("opening %s: %s (pid %d) is using it", e.Path, e.Program, e.PID)
}
func (e *BusyError) Hint() string {
	switch e.Program {
	case "":
		return "close whatever has the port open: a serial monitor, Thonny, mpremote"
	case "ModemManager":
		return "ModemManager tries every new port for a modem; wait half a minute and try again"
	}
	return fmt.Sprintf("close %s and try again", e.Program)
}
func (e *BusyError) serial() {}

// NotSerialError is returned by [Open] when Path is something other than a serial port.
type NotSerialError struct{ Path string }

func (e *NotSerialError) Error() string { return fmt.Sprintf("opening %s: not a serial port", e.Path) }
func (e *NotSerialError) Hint() string  { return "" }
func (e *NotSerialError) serial()       {}

// OpenError is returned by [Open] when the operating system or a driver refuses the port for any other reason.
type OpenError struct {
	Path string
	Err  error
}

func (e *OpenError) Error() string { return fmt.Sprintf("opening %s: %v", e.Path, e.Err) }
func (e *OpenError) Unwrap() error { return e.Err }
func (e *OpenError) Hint() string  { return "unplug the board, plug it in again and retry" }
func (e *OpenError) serial()       {}

// GoneError is returned when the port vanished while it was open.
type GoneError struct {
	Path string
	Err  error
}

func (e *GoneError) Error() string { return fmt.Sprintf("the port %s is gone: %v", e.Path, e.Err) }
func (e *GoneError) Unwrap() error { return e.Err }
func (e *GoneError) Hint() string {
	return "was the cable pulled? plug the board in and run it again; what was on the board before is still there"
}
func (e *GoneError) serial() {}

// StuckError is returned by [Conn.Write] when the port took no data for several seconds.
type StuckError struct{ Path string }

func (e *StuckError) Error() string { return fmt.Sprintf("the port %s takes no data", e.Path) }
func (e *StuckError) Hint() string {
	return "press the board's reset button, or unplug it and plug it in again"
}
func (e *StuckError) serial() {}

// NoREPLError is returned by [Enter] when the board does not show a MicroPython prompt in time. Seen is the end of what
// arrived instead.
type NoREPLError struct{ Seen string }

func (e *NoREPLError) Error() string {
	text := strings.TrimSpace(e.Seen)
	switch {
	case text == "":
		return "no MicroPython prompt: the board is silent"
	case strings.Contains(text, "waiting for download"):
		return "no MicroPython prompt: the board is in its bootloader, waiting for a download"
	case strings.Count(text, "rst:0x") > 1:
		return "no MicroPython prompt: the board restarts again and again"
	}
	return fmt.Sprintf("no MicroPython prompt: the board talks, but not like MicroPython (it said %q)", lastLine(text))
}
func (e *NoREPLError) Hint() string {
	switch {
	case strings.Contains(e.Seen, "waiting for download"):
		return "press the board's reset button without holding any other button"
	case strings.Contains(e.Seen, "Brownout") || strings.Count(e.Seen, "rst:0x") > 1:
		return "try another cable or USB socket; if it goes on, flash MicroPython again"
	}
	return "press the board's reset button and try again; if it has no MicroPython yet, flash that first"
}
func (e *NoREPLError) serial() {}

// NotMicroPythonError is returned by [Probe] when the board runs another implementation, such as circuitpython.
type NotMicroPythonError struct{ Implementation string }

func (e *NotMicroPythonError) Error() string {
	return fmt.Sprintf("the board runs %s, not MicroPython", e.Implementation)
}
func (e *NotMicroPythonError) Hint() string { return "flash MicroPython 1.12 or newer onto it" }
func (e *NotMicroPythonError) serial()      {}

// ExecError is returned when code raised an exception on the board.
type ExecError struct{ Traceback string } // as the board printed it, lines ended by \n

func (e *ExecError) Error() string { return "the board raised " + lastLine(e.Traceback) }
func (e *ExecError) Hint() string {
	switch last := lastLine(e.Traceback); {
	case e.OutOfMemory():
		return "the board is short of memory: press its reset button and try again"
	case strings.HasPrefix(last, "OSError") && (strings.Contains(last, "EROFS") || strings.HasSuffix(last, ": 30")):
		return "the board's file system is read-only: if this computer shows it as a drive, eject that and press the reset button"
	}
	return ""
}

// OutOfMemory reports whether the exception is a MemoryError, of a heap that was too full.
func (e *ExecError) OutOfMemory() bool {
	return strings.HasPrefix(lastLine(e.Traceback), "MemoryError")
}
func (e *ExecError) serial() {}

// TimeoutError is returned when the board does not answer in time.
type TimeoutError struct{ Doing string }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("the board stopped answering while %s", e.Doing)
}
func (e *TimeoutError) Unwrap() error { return context.DeadlineExceeded }
func (e *TimeoutError) Hint() string  { return "press the board's reset button and try again" }
func (e *TimeoutError) serial()       {}

// RestartedError is returned when the board restarted while code was running, and all that was in its memory is lost.
type RestartedError struct{}

func (e *RestartedError) Error() string { return "the board restarted by itself" }
func (e *RestartedError) Hint() string {
	return "a weak USB supply or a watchdog does that; try another cable or socket"
}
func (e *RestartedError) serial() {}

// ProtocolError is returned when the board gives an answer that a raw REPL never gives. Bytes were lost or altered on the
// line, or something else on the board prints.
type ProtocolError struct{ Doing, Got string }

func (e *ProtocolError) Error() string {
	return fmt.Sprintf("%s: the board answered %q", e.Doing, e.Got)
}
func (e *ProtocolError) Hint() string {
	return "try again; if it stays, try another cable, without a hub"
}
func (e *ProtocolError) serial() {}

// AlteredError is returned when this package's own code raised Err in every try. It does so only when it was altered on
// the line.
type AlteredError struct{ Err *ExecError }

func (e *AlteredError) Error() string {
	return fmt.Sprintf("what is sent to the board arrives altered: %v", e.Err)
}
func (e *AlteredError) Unwrap() error { return e.Err }
func (e *AlteredError) Hint() string  { return "try another cable, without a hub" }
func (e *AlteredError) serial()       {}

// OutputError is returned when code printed more than Limit bytes.
type OutputError struct{ Limit int }

func (e *OutputError) Error() string {
	return fmt.Sprintf("the board printed more than %d bytes", e.Limit)
}
func (e *OutputError) Hint() string { return "" }
func (e *OutputError) serial()      {}

// ShadowError is returned by [Upload] when the board has a module Path that is found before a module in /lib.
type ShadowError struct{ Path string }

func (e *ShadowError) Error() string { return fmt.Sprintf("the board has a module %s", e.Path) }
func (e *ShadowError) Hint() string {
	return "it hides the one of that name in /lib; give it another name"
}
func (e *ShadowError) serial() {}

// SpaceError is returned by [Upload] when the file system is too full. Sizes are bytes; Free is -1 if unknown.
type SpaceError struct{ Need, Free int64 }

func (e *SpaceError) Error() string {
	if e.Free < 0 {
		return fmt.Sprintf("the board's file system is full: %d bytes are needed", e.Need)
	}
	return fmt.Sprintf("the board's file system is full: %d bytes are needed, %d are free", e.Need, e.Free)
}
func (e *SpaceError) Hint() string { return "remove files from the board and try again" }
func (e *SpaceError) serial()      {}

// VerifyError is returned by [Upload] when a file was sent twice and did not read back right either time.
type VerifyError struct{ Path string }

func (e *VerifyError) Error() string {
	return fmt.Sprintf("%s read back wrong from the board, twice", e.Path)
}
func (e *VerifyError) Hint() string {
	return "a bad cable or hub alters data; try another. The old files are still in place"
}
func (e *VerifyError) serial() {}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:])
}
