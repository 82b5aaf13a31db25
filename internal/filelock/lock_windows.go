package filelock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// lock takes a lock that lasts until f is closed. Windows lets nobody else read or write a locked byte, so the lock
// is on one far beyond the end of the file.
func lock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1})
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return ErrLocked
	}
	return err
}
