package boards

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"

	"mpctl/discover"
)

// EmptyHint returns a sentence about why a search found nothing. To tell, it asks for any other device on the network,
// which takes up to a second.
func (f *Finder) EmptyHint(ctx context.Context) string {
	up, searched := f.o.Interfaces, "only searched on "
	if len(up) == 0 {
		var err error
		if up, err = discover.Interfaces(); err != nil || len(up) == 0 {
			return "no network interface is up: connect this computer to the boards' WiFi"
		}
		searched = "searched on "
	}
	searched += strings.Join(up, ", ")
	tunnel := defaultTunnel()
	switch {
	case slices.ContainsFunc(up, isNetwork):
	case len(f.o.Interfaces) > 0:
		return searched
	case tunnel != "":
		return "only loopback and the VPN in " + tunnel + " are up: connect this computer to the boards' WiFi"
	default:
		return "only loopback is up: connect this computer to the boards' WiFi"
	}
	others, err := discover.Neighbours(ctx, up)
	switch {
	case err == nil && others:
		return searched + ", where other devices answer: is a board switched on, and in the same network? a new one needs 'mpctl provision' first"
	case tunnel != "":
		return searched + ", where no device of any kind answers, and the default route leads into the VPN in " + tunnel + ": leave it, or have it spare the local network"
	}
	return searched + ", where no device of any kind answers: a firewall, a guest network or an access point that keeps its members apart may block multicast"
}

// isNetwork reports whether the interface leads to other computers nearby.
func isNetwork(name string) bool {
	ifi, err := net.InterfaceByName(name)
	return err == nil && ifi.Flags&net.FlagLoopback == 0 && !isTunnel(*ifi)
}

// defaultTunnel returns the VPN interface that the default route leads into, or "".
func defaultTunnel() string {
	for _, unassigned := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // RFC 5737, RFC 3849
		conn, err := net.Dial("udp", unassigned) // sends nothing, but chooses the address to send from
		if err != nil {
			continue
		}
		local := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().WithZone("")
		conn.Close()
		interfaces, _ := net.Interfaces()
		for _, ifi := range interfaces {
			if isTunnel(ifi) && slices.ContainsFunc(prefixes(ifi), func(p netip.Prefix) bool { return p.Addr() == local }) {
				return ifi.Name
			}
		}
	}
	return ""
}

func isTunnel(ifi net.Interface) bool {
	return ifi.Flags&net.FlagPointToPoint != 0 ||
		slices.ContainsFunc([]string{"tun", "utun", "wg", "ppp", "tailscale"}, func(kind string) bool { return strings.HasPrefix(ifi.Name, kind) })
}

// prefixes returns an interface's addresses, each with the length of its network.
func prefixes(ifi net.Interface) []netip.Prefix {
	var all []netip.Prefix
	addrs, _ := ifi.Addrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, p)
		}
	}
	return all
}
