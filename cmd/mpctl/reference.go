package main

import (
	"fmt"
	"net/netip"
	"strings"

	"mpctl/discover"
	"mpctl/internal/identity"
)

// reference is how a user names a board: an address, or a name that may also be the beginning of an id.
type reference struct {
	text string
	addr netip.AddrPort
	name string // lower case, without .local
}

func parseReference(text string) (reference, error) {
	r := reference{text: text}
	if addr, err := netip.ParseAddrPort(text); err == nil && addr.Port() != 0 {
		r.addr = addr
		return r, nil
	}
	if addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")); err == nil {
		r.addr = netip.AddrPortFrom(addr, identity.DefaultPort)
		return r, nil
	}
	r.name = strings.TrimSuffix(strings.ToLower(strings.TrimSuffix(text, ".")), ".local")
	if r.name == "" || strings.ContainsAny(r.name, ":/[]") {
		return r, usageError{
			msg:  fmt.Sprintf("%q names no board", text),
			hint: "a board is a name like desk, desk.local, an address like 192.168.1.7:80, or 6 or more digits of its id",
		}
	}
	return r, nil
}

// names tells whether b is the one board that r can mean.
func (r reference) names(b discover.Board) bool {
	return strings.EqualFold(b.Name, r.name) || strings.EqualFold(b.Host, r.name+".local") || b.ID != "" && b.ID == r.name
}

// begins tells whether b's id begins with r. Boards of one maker share the first six digits.
func (r reference) begins(b discover.Board) bool {
	return len(r.name) >= identity.MinIDPrefix && strings.HasPrefix(b.ID, r.name)
}
