package discover

import (
	"net"
	"net/netip"
	"testing"

	"github.com/hashicorp/mdns"

	"mpctl/internal/test/netns"
)

// TestNeighbours has a printer answer on loopback, with and without taking its address for another computer's.
func TestNeighbours(t *testing.T) {
	netns.Require(t)
	links, err := usableLinks([]string{"lo"})
	if err != nil {
		t.Fatal(err)
	}
	foreign := func(netip.Addr) bool { return false }
	if neighbours(t.Context(), links, foreign) {
		t.Error("a neighbour on an empty network")
	}
	zone, err := mdns.NewMDNSService("printer", "_ipp._tcp", "", "printer.local.", 631, []net.IP{net.IPv4(127, 0, 0, 1)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	server, err := mdns.NewServer(&mdns.Config{Zone: zone, Iface: &links[0].ifi})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	if !neighbours(t.Context(), links, foreign) {
		t.Error("the printer is not heard")
	}
	if others, err := Neighbours(t.Context(), []string{"lo"}); err != nil || others {
		t.Errorf("Neighbours = %v, %v, want false: the printer is this computer", others, err)
	}
}
