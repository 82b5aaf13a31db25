//go:build linux || darwin

package sim

import (
	"os"

	"golang.org/x/sys/unix"
)

// makeRaw puts a terminal into the state that MicroPython's REPL expects: every byte passes unchanged, and of the control
// characters only ^C sends a signal, while hw/repl.py has ISIG on. With newlines, LF comes out as CR LF.
func makeRaw(tty *os.File, newlines bool) error {
	return control(tty, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		if err != nil {
			return err
		}
		t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
		if newlines {
			t.Oflag = unix.OPOST | unix.ONLCR
		}
		t.Cflag = t.Cflag&^(unix.CSIZE|unix.PARENB) | unix.CS8 | unix.CREAD | unix.CLOCAL
		for i := range t.Cc {
			t.Cc[i] = disabledChar
		}
		t.Cc[unix.VINTR] = 3
		t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
		return unix.IoctlSetTermios(fd, setTermios, t)
	})
}

// interruptible reports whether ^C sends a signal, which hw/repl.py allows only while code runs.
func interruptible(tty *os.File) bool {
	on := true
	_ = control(tty, func(fd int) error {
		t, err := unix.IoctlGetTermios(fd, getTermios)
		if err == nil {
			on = t.Lflag&unix.ISIG != 0
		}
		return err
	})
	return on
}

// unread returns how many bytes wait to be read from a terminal.
func unread(tty *os.File) int {
	n := 0
	_ = control(tty, func(fd int) (err error) {
		n, err = unix.IoctlGetInt(fd, countUnread)
		return err
	})
	return n
}

// unheard reports whether no program has the slave of a pty's master open.
func unheard(master *os.File) bool {
	hup := false
	_ = control(master, func(fd int) error {
		p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
		if _, err := unix.Poll(p, 0); err != nil {
			return err
		}
		hup = p[0].Revents&unix.POLLHUP != 0
		return nil
	})
	return hup
}

// control calls use with the descriptor of f.
func control(f *os.File, use func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var inner error
	if err := conn.Control(func(fd uintptr) { inner = use(int(fd)) }); err != nil {
		return err
	}
	return inner
}
