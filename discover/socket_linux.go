package discover

import (
	"os"

	"golang.org/x/sys/unix"
)

// onlyJoined has the socket receive only the groups that it has joined itself, not those that other programs have joined
// on other interfaces.
func onlyJoined(fd, level int, v6 bool) error {
	option := unix.IP_MULTICAST_ALL
	if v6 {
		option = unix.IPV6_MULTICAST_ALL
	}
	if err := unix.SetsockoptInt(fd, level, option, 0); err != nil && err != unix.ENOPROTOOPT {
		return os.NewSyscallError("setsockopt", err)
	}
	return nil
}
