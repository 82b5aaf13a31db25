//go:build unix

package partfile

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock takes a lock that lasts until f is closed.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return ErrBusy
	}
	return err
}
