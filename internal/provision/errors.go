package provision

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// OptionError is returned for an option that cannot be right, and for one that is missing where nobody is there to ask.
type OptionError struct{ msg, hint string }

func (e *OptionError) Error() string { return e.msg }
func (e *OptionError) Hint() string  { return e.hint }

// RejectedError is returned for a board that the firmware cannot run on, and when the network does not let the board in.
type RejectedError struct{ msg, hint string }

func (e *RejectedError) Error() string { return e.msg }
func (e *RejectedError) Hint() string  { return e.hint }

// CrashedError is returned by Verify when the firmware has ended with an exception.
type CrashedError struct{ Exception string } // its last line, as the board printed it

func (e *CrashedError) Error() string { return "the firmware stopped on the board: " + e.Exception }
func (e *CrashedError) Hint() string {
	return "if the board has a main.py.bak or a sensors.py of yours, look there first; else this is a bug of mpctl"
}

// UnreachableError is returned by Verify for a board that is on a network, but that this computer does not reach there.
type UnreachableError struct {
	addr  netip.Addr
	here  []netip.Prefix // this computer's networks
	local bool           // the board's address is in one of them
}

func (e *UnreachableError) Error() string {
	if e.local {
		return fmt.Sprintf("the board is on this computer's network, at %s, but the two do not reach each other", e.addr)
	}
	var here []string
	for _, prefix := range e.here {
		here = append(here, prefix.String())
	}
	return fmt.Sprintf("the board is on another network: it is at %s, this computer on %s", e.addr, strings.Join(here, ", "))
}

func (e *UnreachableError) Hint() string {
	if e.local {
		return "guest networks often keep their clients apart, and so do firewalls and VPNs: use another network, or switch that off"
	}
	return "connect this computer to the board's WiFi, or the board to this computer's with --ssid; a VPN can also be in between"
}

// unreachable finds out for which of two reasons a board at addr does not answer.
func unreachable(addr netip.Addr) *UnreachableError {
	e := &UnreachableError{addr: addr}
	addresses, _ := net.InterfaceAddrs() // Without them the board is on another network.
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
