//go:build linux || darwin

package sim

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// shared opens a UDP port that other programs may have open too.
var shared = net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
	var fault error
	err := c.Control(func(fd uintptr) {
		for _, option := range []int{unix.SO_REUSEADDR, unix.SO_REUSEPORT} {
			if fault = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, option, 1); fault != nil {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return fault
}}
