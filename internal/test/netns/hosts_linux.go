package netns

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// Host is another computer on a test's networks, a network namespace of its own.
type Host struct {
	t  testing.TB
	ns netns.NsHandle
}

// NewHost returns a computer that has only loopback, until it joins a Network.
func NewHost(t testing.TB) *Host {
	t.Helper()
	Require(t)
	h := &Host{t: t}
	onThread(t, func() error {
		var err error
		h.ns, err = netns.New()
		return err
	})
	t.Cleanup(func() { h.ns.Close() })
	h.Do(upLoopback)
	return h
}

// Do runs f on the host. Sockets that f opens belong to the host, afterwards too.
func (h *Host) Do(f func() error) {
	h.t.Helper()
	onThread(h.t, func() error {
		if err := netns.Set(h.ns); err != nil {
			return err
		}
		return f()
	})
}

// onThread runs f on a thread of its own, which may change namespaces.
func onThread(t testing.TB, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // Never unlocked, so the thread ends with the goroutine.
		done <- f()
	}()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Network is a switch in the test's own namespace, where it has no address.
type Network struct {
	t      testing.TB
	bridge netlink.Link
	ports  int
}

// NewNetwork returns a network that exists until the test ends.
func NewNetwork(t testing.TB, name string) *Network {
	t.Helper()
	Require(t)
	attributes := netlink.NewLinkAttrs()
	attributes.Name = "br-" + name
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	must(t, netlink.LinkAdd(bridge))
	t.Cleanup(func() { _ = netlink.LinkDel(bridge) })
	must(t, netlink.LinkSetUp(bridge))
	return &Network{t: t, bridge: bridge}
}

// Join connects a host to the network until unplug is called or the test ends. On the host the interface has the given
// name and addresses. A nil host is the test's own namespace.
func (n *Network) Join(h *Host, name string, addresses ...string) (unplug func()) {
	n.t.Helper()
	n.ports++
	attributes := netlink.NewLinkAttrs()
	attributes.Name = fmt.Sprintf("%s-%d", n.bridge.Attrs().Name, n.ports)
	end := &netlink.Veth{LinkAttrs: attributes, PeerName: name}
	if h != nil {
		end.PeerNamespace = netlink.NsFd(h.ns)
	}
	must(n.t, netlink.LinkAdd(end))
	unplug = func() { _ = netlink.LinkDel(end) }
	n.t.Cleanup(unplug)
	must(n.t, netlink.LinkSetMaster(end, n.bridge))
	must(n.t, netlink.LinkSetUp(end))
	up := func() error {
		link, err := netlink.LinkByName(name)
		for _, a := range addresses {
			var addr *netlink.Addr
			if err == nil {
				addr, err = netlink.ParseAddr(a)
			}
			if err == nil {
				err = netlink.AddrAdd(link, addr)
			}
		}
		if err == nil {
			err = netlink.LinkSetUp(link)
		}
		return err
	}
	if h == nil {
		must(n.t, up())
	} else {
		h.Do(up)
	}
	return unplug
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
