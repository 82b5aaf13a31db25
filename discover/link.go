package discover

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// InterfaceError is returned when an interface that was given by name does not exist, is down or has no address.
type InterfaceError struct {
	Name string
	Have []string // names of the interfaces that can be searched
}

func (e *InterfaceError) Error() string {
	return fmt.Sprintf("network interface %q does not exist, is down or has no address", e.Name)
}

// Hint says what the user can do.
func (e *InterfaceError) Hint() string {
	if len(e.Have) == 0 {
		return "no network interface is up"
	}
	return "up: " + strings.Join(e.Have, ", ")
}

// link is an interface in one address family. Each family is searched on its own, so that one that cannot send does not
// stop the other.
type link struct {
	ifi      net.Interface
	v6       bool
	prefixes []netip.Prefix // of its own addresses
}

// key identifies the link with its addresses. When the addresses change, the key does, and the link gets new sources.
func (l link) key() string { return fmt.Sprintf("%d %v %v", l.ifi.Index, l, l.prefixes) }

// contains reports whether an address belongs to the link's networks. Responses from other addresses must be ignored
// (RFC 6762 §11).
func (l link) contains(addr netip.Addr) bool {
	if addr.Is6() && addr.IsLinkLocalUnicast() {
		return l.v6 && (addr.Zone() == "" || addr.Zone() == l.ifi.Name)
	}
	return slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

func (l link) String() string {
	if l.v6 {
		return l.ifi.Name + " (IPv6)"
	}
	return l.ifi.Name
}

// Interfaces returns the names of the interfaces that are searched when none are given.
func Interfaces() ([]string, error) {
	links, err := usableLinks(nil)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range links {
		names = append(names, l.ifi.Name)
	}
	return slices.Compact(names), nil
}

// usableLinks returns the links of the named interfaces, or of every interface that may lead to a board if none are named.
// An InterfaceError is returned if a named interface has no link.
func usableLinks(names []string) ([]link, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("listing network interfaces: %w", err)
	}
	byName := map[string][]link{}
	var automatic []link
	var have []string
	for _, ifi := range all {
		links := linksOf(ifi)
		if len(links) == 0 {
			continue
		}
		byName[ifi.Name] = links
		have = append(have, ifi.Name)
		if !isVirtual(ifi) {
			automatic = append(automatic, links...)
		}
	}
	if len(names) == 0 {
		return automatic, nil
	}
	var named []link
	for i, name := range names {
		if len(byName[name]) == 0 {
			return nil, &InterfaceError{Name: name, Have: have}
		}
		if !slices.Contains(names[:i], name) {
			named = append(named, byName[name]...)
		}
	}
	return named, nil
}

// linksOf returns the links on which an interface can multicast. On Linux, loopback can although it lacks the MULTICAST
// flag; simulated boards use it, with IPv4.
func linksOf(ifi net.Interface) []link {
	loopback := ifi.Flags&net.FlagLoopback != 0
	if ifi.Flags&net.FlagUp == 0 || ifi.Flags&net.FlagMulticast == 0 && !loopback {
		return nil
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return nil
	}
	v4, v6 := link{ifi: ifi}, link{ifi: ifi, v6: true}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		switch {
		case err != nil:
		case p.Addr().Is4():
			v4.prefixes = append(v4.prefixes, p)
		case !loopback:
			v6.prefixes = append(v6.prefixes, p)
		}
	}
	return slices.DeleteFunc([]link{v4, v6}, func(l link) bool { return len(l.prefixes) == 0 })
}

// isVirtual reports whether an interface leads to virtual machines or containers or through a tunnel, not to boards.
func isVirtual(ifi net.Interface) bool {
	if ifi.Flags&net.FlagPointToPoint != 0 {
		return true
	}
	for _, prefix := range []string{"docker", "br-", "veth", "virbr", "vEthernet", "VMnet", "vmnet", "utun"} {
		if strings.HasPrefix(ifi.Name, prefix) {
			return true
		}
	}
	return false
}
