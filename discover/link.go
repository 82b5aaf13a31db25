package discover

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// InterfaceError is an interface that was asked for by name and cannot be searched.
type InterfaceError struct {
	Name string
	Have []string // names that would do
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

// link is an interface in one address family. Each is asked on its own, so that a family that cannot send does
// not keep the other from trying.
type link struct {
	ifi net.Interface
	v6  bool
}

func (l link) String() string {
	if l.v6 {
		return l.ifi.Name + " (IPv6)"
	}
	return l.ifi.Name
}

// Interfaces returns the names of the interfaces that Scan searches when it is given none.
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

// usableLinks returns the links of the named interfaces, or of every one that may lead to a board.
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
		if !isVirtual(ifi.Name) {
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

// linksOf returns the families ifi can multicast in. Loopback counts although Linux does not give it the
// MULTICAST flag: simulated boards live there, on IPv4.
func linksOf(ifi net.Interface) []link {
	loopback := ifi.Flags&net.FlagLoopback != 0
	if ifi.Flags&net.FlagUp == 0 || ifi.Flags&net.FlagMulticast == 0 && !loopback {
		return nil
	}
	addrs, err := ifi.Addrs()
	if err != nil {
		return nil
	}
	var v4, v6 bool
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok {
			v4 = v4 || n.IP.To4() != nil
			v6 = v6 || n.IP.To4() == nil && !loopback
		}
	}
	var links []link
	if v4 {
		links = append(links, link{ifi: ifi})
	}
	if v6 {
		links = append(links, link{ifi: ifi, v6: true})
	}
	return links
}

// isVirtual tells interfaces that lead to virtual machines, containers and tunnels, not to boards.
func isVirtual(name string) bool {
	for _, prefix := range []string{"docker", "veth", "vEthernet", "VMnet", "vmnet", "utun"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
