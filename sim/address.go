//go:build linux || darwin

package sim

import (
	"fmt"
	"net"
	"net/netip"
	"runtime"
)

// claimPort is a TCP port that the process of every simulated board keeps open on the board's address. An address with
// that port open is taken. The system frees it when the process ends, however it ends.
const claimPort = 47353

// claimAddress returns a free loopback address: 127.77.0.1 and up on Linux, which has all of 127.0.0.0/8, otherwise
// 127.0.0.1 for all boards, which then differ by port. Close the listener to free the address.
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

// boardNumber returns four hex digits that are unique among the running boards, from the address of the claim.
func boardNumber(claim net.Listener) string {
	at := claim.Addr().(*net.TCPAddr)
	if at.Port == claimPort {
		ip := at.IP.To4()
		return fmt.Sprintf("%02x%02x", ip[2], ip[3])
	}
	return fmt.Sprintf("%04x", at.Port)
}
