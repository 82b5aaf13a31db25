package boards

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"mpctl/internal/test/boardtest"
	"mpctl/internal/test/netns"
)

func TestEmptyHint(t *testing.T) {
	netns.Require(t)
	f := New(Options{})
	hints := func(t *testing.T, want string) {
		t.Helper()
		if got := f.EmptyHint(t.Context()); !strings.HasPrefix(got, want) {
			t.Errorf("hint = %q, want %q", got, want)
		}
	}
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	hints(t, "only loopback is up")
	t.Run("down", func(t *testing.T) {
		netns.Down(t, lo)
		hints(t, "no network interface is up")
	})
	t.Run("VPN alone", func(t *testing.T) {
		netns.RouteDefault(t, netns.AddLink(t, "wg0", netip.MustParsePrefix("198.51.100.2/32")))
		hints(t, "only loopback and the VPN in wg0 are up")
	})
	t.Run("alone on a network", func(t *testing.T) {
		netns.AddLink(t, "wlan0", netip.MustParsePrefix("203.0.113.2/24"))
		// This computer's own answers do not count.
		boardtest.Announce(t, "desk", "a1b2c3d4e5f6", netip.MustParseAddrPort("127.0.0.1:80"))
		hints(t, "searched on lo, wlan0, where no device of any kind answers: a firewall")
		t.Run("with a VPN", func(t *testing.T) {
			netns.RouteDefault(t, netns.AddLink(t, "tun0", netip.MustParsePrefix("198.51.100.2/24")))
			hints(t, "searched on lo, wlan0, tun0, where no device of any kind answers, and the default route leads into the VPN in tun0")
		})
		t.Run("named", func(t *testing.T) {
			f.o.Interfaces = []string{"wlan0"}
			defer func() { f.o.Interfaces = nil }()
			hints(t, "only searched on wlan0, where no device of any kind answers")
		})
	})
	f.o.Interfaces = []string{"lo"}
	hints(t, "only searched on lo")
}
