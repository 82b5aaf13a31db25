package main

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// unseenError is a board that is on a network, but that this computer does not reach there.
type unseenError struct {
	addr  netip.Addr
	here  []netip.Prefix // this computer's networks
	local bool           // the board's address is in one of them
}

func (e *unseenError) Error() string {
	if e.local {
		return fmt.Sprintf("the board is on this computer's network, at %s, but the two do not reach each other", e.addr)
	}
	var here []string
	for _, prefix := range e.here {
		here = append(here, prefix.String())
	}
	return fmt.Sprintf("the board is on another network: it is at %s, this computer on %s", e.addr, strings.Join(here, ", "))
}

func (e *unseenError) Hint() string {
	if e.local {
		return "guest networks often keep their clients apart, and so do firewalls and VPNs: use another network, or switch that off"
	}
	return "connect this computer to the board's WiFi, or the board to this computer's with --ssid; a VPN can also be in between"
}

// unseen tells the two reasons apart for which a board at addr does not answer.
func unseen(addr netip.Addr) error {
	e := &unseenError{addr: addr}
	addresses, _ := net.InterfaceAddrs() // without them it is another network
	for _, a := range addresses {
		prefix, err := netip.ParsePrefix(a.String())
		if err != nil || prefix.Addr().IsLinkLocalUnicast() {
			continue
		}
		e.local = e.local || prefix.Contains(addr)
		if !prefix.Addr().IsLoopback() {
			e.here = append(e.here, prefix)
		}
	}
	return e
}
