package provision

import "net/netip"

// Board is a board on the network.
type Board struct {
	ID, Name string
	Addr     netip.AddrPort // of its HTTP API
	Err      error          // why it does not answer
}
