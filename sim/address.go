//go:build linux || darwin

package sim

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// claimPort is a TCP port that every simulated board's owner keeps open on the board's address. Holding it
// is what makes the address taken; the system gives it back when the owner ends, however it ends.
const claimPort = 47353

// claimAddress finds a free loopback address: 127.77.0.1 and up where the system has all of 127.0.0.0/8,
// else 127.0.0.1 for all boards (then they differ by port).
func claimAddress() (netip.Addr, net.Listener, error) {
	if runtime.GOOS != "linux" {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		return netip.MustParseAddr("127.0.0.1"), l, err
	}
	var last error
	for n := 1; n < 1<<12; n++ {
		addr := netip.AddrFrom4([4]byte{127, 77, byte(n >> 8), byte(n)})
		l, err := net.Listen("tcp4", netip.AddrPortFrom(addr, claimPort).String())
		if err == nil {
			return addr, l, nil
		}
		last = err
	}
	return netip.Addr{}, nil, fmt.Errorf("finding a free loopback address: %w", last)
}

// boardNumber is what of a simulated board's id is unique among those running, four hex digits: from the claim's address.
func boardNumber(claim net.Listener) string {
	at := claim.Addr().(*net.TCPAddr)
	if at.Port == claimPort {
		ip := at.IP.To4()
		return fmt.Sprintf("%02x%02x", ip[2], ip[3])
	}
	return fmt.Sprintf("%04x", at.Port)
}
