package boards

import (
	"net/netip"
	"strings"

	"mpctl/internal/identity"
)

// Ref is a user's way of naming a board: an address, or a name that may also be the beginning of an id.
type Ref struct {
	text string
	addr netip.AddrPort
	name string // lower case, without .local
}

// ParseRef parses desk, desk.local, IP, IP:port, or 6 or more digits of an id. The error is a *RefError.
func ParseRef(text string) (Ref, error) {
	r := Ref{text: text}
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
		return r, &RefError{text}
	}
	return r, nil
}

// String returns the reference as the user wrote it.
func (r Ref) String() string { return r.text }

// Addr returns the address that the user gave, which is invalid if the reference is a name.
func (r Ref) Addr() netip.AddrPort { return r.addr }

// Names reports whether b has the name, the host name or the whole id that r is.
func (r Ref) Names(b Board) bool {
	return r.name != "" &&
		(strings.EqualFold(b.Name, r.name) || strings.EqualFold(b.Host, r.name+".local") || b.ID == r.name)
}

// IsPrefixOf reports whether r is the beginning of b's id. It has to be longer than a few digits, because boards of one
// maker share the first six.
func (r Ref) IsPrefixOf(b Board) bool {
	return len(r.name) >= identity.MinIDPrefix && strings.HasPrefix(b.ID, r.name)
}
