package main

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"

	"mpctl/discover"
)

// emptyHint says what may be wrong when a search found nothing. It asks for any other device on the network.
func (a *app) emptyHint(ctx context.Context) string {
	up, searched := a.interfaces, "only searched on "
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
	case len(a.interfaces) > 0:
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

// isNetwork tells an interface that leads to other computers nearby.
func isNetwork(name string) bool {
	ifi, err := net.InterfaceByName(name)
	return err == nil && ifi.Flags&net.FlagLoopback == 0 && !isTunnel(*ifi)
}

// defaultTunnel returns the interface that the default route leads into, if that is a VPN's.
func defaultTunnel() string {
	for _, anywhere := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // RFC 5737, RFC 3849: addresses that nobody has
		conn, err := net.Dial("udp", anywhere) // sends nothing, and tells what address it would send from
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

// prefixes returns an interface's addresses with their networks.
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
