package netns

import (
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/vishvananda/netlink"

	"mpctl/internal/test/need"
)

// RouteMulticast gives the namespace a multicast route through an interface, as a computer on a network has. hashicorp/mdns
// joins its group on the interface of that route, and fails without one.
func RouteMulticast(t testing.TB, ifi *net.Interface) {
	t.Helper()
	route(t, ifi, netip.PrefixFrom(netip.AddrFrom4([4]byte{224}), 4))
}

// RouteDefault gives the namespace a default route through an interface. The route exists as long as the interface.
func RouteDefault(t testing.TB, ifi *net.Interface) {
	t.Helper()
	route(t, ifi, netip.PrefixFrom(netip.IPv4Unspecified(), 0))
}

func route(t testing.TB, ifi *net.Interface, to netip.Prefix) {
	t.Helper()
	Require(t)
	must(t, netlink.RouteReplace(&netlink.Route{LinkIndex: ifi.Index, Scope: netlink.SCOPE_LINK, Dst: subnet(to)}))
}

func subnet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}

// AddLink adds an interface with an address until the test ends. Nothing is at its other end.
func AddLink(t testing.TB, name string, addr netip.Prefix) *net.Interface {
	t.Helper()
	Require(t)
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	var failed error
	// Not every kernel has both kinds.
	for _, link := range []netlink.Link{&netlink.Dummy{LinkAttrs: attributes}, &netlink.Bridge{LinkAttrs: attributes}} {
		err := netlink.LinkAdd(link)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		t.Cleanup(func() { must(t, netlink.LinkDel(link)) })
		must(t, netlink.AddrAdd(link, &netlink.Addr{IPNet: subnet(addr)}))
		must(t, netlink.LinkSetUp(link))
		ifi, err := net.InterfaceByName(name)
		must(t, err)
		return ifi
	}
	need.Missing(t, "no interface can be added: "+failed.Error())
	return nil
}

// Down brings an interface down until the test ends.
func Down(t testing.TB, ifi *net.Interface) {
	t.Helper()
	Require(t)
	link, err := netlink.LinkByIndex(ifi.Index)
	must(t, err)
	must(t, netlink.LinkSetDown(link))
	t.Cleanup(func() { must(t, netlink.LinkSetUp(link)) })
}
