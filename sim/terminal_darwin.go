package sim

import "golang.org/x/sys/unix"

const (
	getTermios   = unix.TIOCGETA
	setTermios   = unix.TIOCSETA
	countUnread  = 0x4004667f // FIONREAD, sys/filio.h
	disabledChar = 0xff
)

var systemConstants = map[string]any{
	"add_membership": 12, "multicast_if": unix.IP_MULTICAST_IF, "block_signal": 1, "unblock_signal": 2,
	"datagram": [][3]int{
		{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}, {unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
		{unix.SOL_SOCKET, unix.SO_BROADCAST, 1}, {0, unix.IP_MULTICAST_TTL, 255},
	},
}
