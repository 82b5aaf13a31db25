//go:build unix

package serialio

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// lock takes the advisory lock on path that pyserial's exclusive mode takes, and holds it on a descriptor of
// its own until unlock.
func lock(path string) (unlock func(), err error) {
	// Without O_NONBLOCK the open would wait for a carrier.
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	switch {
	case err == nil:
	case errors.Is(err, unix.EBUSY):
		return nil, busy(path)
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return nil, &PermissionError{path, owningGroup(path)}
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENOTDIR):
		return nil, &NotFoundError{path}
	case errors.Is(err, unix.EISDIR):
		return nil, &NotSerialError{path}
	default:
		return nil, &OpenError{path, err}
	}
	unlock = func() {
		// Closing does not unlock while a child process that is being started has a copy of the descriptor.
		_ = unix.Flock(fd, unix.LOCK_UN)
		_ = unix.Close(fd)
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil || stat.Mode&unix.S_IFMT != unix.S_IFCHR {
		unlock()
		return nil, &NotSerialError{path}
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		unlock()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, busy(path)
		}
		return nil, &OpenError{path, err}
	}
	tune(fd)
	return unlock, nil
}

// owningGroup returns the name of the group that may open path, empty if no group may.
func owningGroup(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Perm()&0o060 != 0o060 {
		return ""
	}
	gid := strconv.FormatUint(uint64(stat.Gid), 10)
	if group, err := user.LookupGroupId(gid); err == nil {
		return group.Name
	}
	return gid
}
