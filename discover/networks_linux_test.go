package discover

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"mpctl/internal/test/mdnstest"
	"mpctl/internal/test/netns"
)

// crowdOn has boards answer on an interface of another host until the test ends.
func crowdOn(t *testing.T, h *netns.Host, name string, boards ...mdnstest.Board) *mdnstest.Crowd {
	t.Helper()
	var c *mdnstest.Crowd
	h.Do(func() error {
		ifi, err := net.InterfaceByName(name)
		if err == nil {
			c, err = mdnstest.Start(ifi, 0, boards...)
		}
		return err
	})
	t.Cleanup(c.Close)
	return c
}

// TestTwoNetworks has boards on two networks, one board on both, and this computer on both.
func TestTwoNetworks(t *testing.T) {
	home, lab := netns.NewNetwork(t, "home"), netns.NewNetwork(t, "lab")
	home.Join(nil, "eth0", "192.0.2.1/24")
	lab.Join(nil, "wlan0", "198.51.100.1/24")
	first, second := netns.NewHost(t), netns.NewHost(t)
	home.Join(first, "eth0", "192.0.2.2/24", "192.0.2.3/24")
	lab.Join(second, "eth0", "198.51.100.2/24", "198.51.100.3/24")
	boards := []mdnstest.Board{
		{Name: "desk", ID: "a1b2c3000001", Addr: netip.MustParseAddr("192.0.2.2"), Port: 80},
		{Name: "both", ID: "a1b2c3000002", Addr: netip.MustParseAddr("192.0.2.3"), Port: 80},
		{Name: "lamp", ID: "a1b2c3000003", Addr: netip.MustParseAddr("198.51.100.2"), Port: 80},
		{Name: "both", ID: "a1b2c3000002", Addr: netip.MustParseAddr("198.51.100.3"), Port: 80},
	}
	crowdOn(t, first, "eth0", boards[:2]...)
	crowdOn(t, second, "eth0", boards[2:]...)

	got := mustScan(t, Options{Done: func(got []Board) bool { return len(got) >= 3 }})
	var found []string
	for _, b := range got {
		found = append(found, b.Name+" "+b.ID)
	}
	if want := []string{"both a1b2c3000002", "desk a1b2c3000001", "lamp a1b2c3000003"}; !slices.Equal(found, want) {
		t.Errorf("found %v, want %v", found, want)
	}

	for name, want := range map[string][]string{"eth0": {"both", "desk"}, "wlan0": {"both", "lamp"}} {
		got := mustScan(t, Options{Interfaces: []string{name}, Done: namesAre(want...)})
		if missing, extra := difference(boards, got); len(extra) > 0 || len(got) != len(want) {
			t.Errorf("on %s: missing %v, extra %v", name, missing, extra)
		}
	}
}

// TestWatchJoinsANewInterface has this computer join a second network while it watches, leave it and join it again. A
// board counts as reachable when there is a route to it.
func TestWatchJoinsANewInterface(t *testing.T) {
	crowd(t, 0, mdnstest.Numbered(1)...)
	lab := netns.NewNetwork(t, "lab")
	h := netns.NewHost(t)
	lab.Join(h, "eth0", "198.51.100.2/24")
	crowdOn(t, h, "eth0", mdnstest.Board{Name: "lamp", ID: "a1b2c3000003", Addr: netip.MustParseAddr("198.51.100.2"), Port: 80})
	next := startWatch(t, Options{Verify: func(_ context.Context, b Board) (Board, error) {
		conn, err := net.Dial("udp4", b.addrPort().String())
		if err == nil {
			conn.Close()
		}
		return b, err
	}})
	next(Added, "board-0")
	unplug := lab.Join(nil, "wlan0", "198.51.100.1/24")
	next(Added, "lamp")
	unplug()
	next(Lost, "lamp")
	lab.Join(nil, "wlan0", "198.51.100.1/24")
	next(Added, "lamp")
}

// TestPortTaken has another program hold port 5353 for itself alone. That ends the listener on the port, not the search.
func TestPortTaken(t *testing.T) {
	home := netns.NewNetwork(t, "home")
	home.Join(nil, "eth0", "192.0.2.1/24")
	h := netns.NewHost(t)
	home.Join(h, "eth0", "192.0.2.2/24")
	desk := mdnstest.Board{Name: "desk", ID: "a1b2c3000001", Addr: netip.MustParseAddr("192.0.2.2"), Port: 80, NoBeacon: true}
	crowdOn(t, h, "eth0", desk)
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{Port: mdnsPort})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	got, warnings, err := Scan(t.Context(), Options{Interfaces: []string{"eth0"}, Timeout: testTimeout})
	if err != nil {
		t.Fatal(err)
	}
	if missing, extra := difference([]mdnstest.Board{desk}, got); len(missing)+len(extra) > 0 {
		t.Errorf("missing %v, extra %v", missing, extra)
	}
	if !slices.ContainsFunc(warnings, func(w Warning) bool { return w.Source == "mDNS on eth0" && errors.Is(w, syscall.EADDRINUSE) }) {
		t.Errorf("warnings = %v, want one about port 5353", warnings)
	}
}

// TestKnown finds known boards on an interface that is not searched: one by its beacon, one by asking the board itself.
func TestKnown(t *testing.T) {
	boards := mdnstest.Numbered(3)
	boards[1].NoBeacon = true
	c := crowd(t, 0, boards...)
	c.Cut(2)
	netns.NewNetwork(t, "home").Join(nil, "eth0", "192.0.2.1/24")
	o := Options{Interfaces: []string{"eth0"}, Done: namesAre("board-0", "board-1")}
	for _, b := range boards {
		o.Known = append(o.Known, asBoard(b))
	}
	o.Verify = func(_ context.Context, b Board) (Board, error) {
		if b.Name != "board-1" {
			return b, errors.New("no answer")
		}
		return b, nil
	}
	got := mustScan(t, o)
	if missing, extra := difference(boards[:2], got); len(missing)+len(extra) > 0 {
		t.Errorf("missing %v, extra %v", missing, extra)
	}
}
