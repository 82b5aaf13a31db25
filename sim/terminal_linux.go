package sim

import "golang.org/x/sys/unix"

const (
	getTermios   = unix.TCGETS
	setTermios   = unix.TCSETS
	countUnread  = unix.TIOCINQ
	disabledChar = 0
)

// systemConstants are numbers of this system: the socket options that hw/sim_socket.py sets, and arguments of sigprocmask.
var systemConstants = map[string]any{
	"add_membership": 35, "multicast_if": 32, "block_signal": 0, "unblock_signal": 1,
	"datagram": [][3]int{{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1}, {unix.SOL_SOCKET, unix.SO_BROADCAST, 1}, {0, 33, 255}},
}
