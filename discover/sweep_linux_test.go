package discover

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"

	"mpctl/internal/test/netns"
)

// TestSweep searches with hashicorp/mdns alone.
func TestSweep(t *testing.T) {
	l := loopbackLink(t)
	netns.RouteMulticast(t, &l.ifi)
	responder(t, l, func(q *dns.Msg) [][]byte {
		return [][]byte{
			reply(t, q, "_ipp._tcp.local. 10 IN PTR printer._ipp._tcp.local.", "printer._ipp._tcp.local. 10 IN SRV 0 0 631 printer.local.",
				`printer._ipp._tcp.local. 10 IN TXT "id=1"`, "printer.local. 10 IN A 127.0.0.3"),
			reply(t, q, announced(`desk\ lamp`, "a1b2c3d4e5f6", "127.0.0.1")...),
		}
	})
	got, warnings, err := scan(t.Context(), []source{sweep{l}}, Options{Timeout: testTimeout})
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	if diff := cmp.Diff([]Board{board("desk lamp", "a1b2c3d4e5f6", "127.0.0.1")}, got, equateAddrs); diff != "" {
		t.Fatal(diff)
	}
}

// TestSweepAcceptsAnyPort has a board answer from another port than 5353: our queriers must ignore it, the sweep finds it.
func TestSweepAcceptsAnyPort(t *testing.T) {
	l := loopbackLink(t)
	netns.RouteMulticast(t, &l.ifi)
	other, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	ctx, cancel := context.WithCancel(t.Context())
	queries := 0
	handleQueries(t, l, func(_ *net.UDPConn, q *dns.Msg, from netip.AddrPort) {
		if _, err := other.WriteToUDPAddrPort(reply(t, q, announced("desk", "a1b2c3d4e5f6", "127.0.0.1")...), from); err != nil {
			t.Error(err)
		}
		if queries++; queries == 5 {
			cancel() // By now the queriers have read at least one answer.
		}
	})
	if got, _, _ := scan(ctx, newQueriers(l), Options{Timeout: testTimeout}); len(got) != 0 {
		t.Errorf("our queriers found %v", got)
	}
	if got := mustScan(t, Options{Done: namesAre("desk")}); len(got) != 1 {
		t.Errorf("found %v, want desk", got)
	}
}

func TestBoardOfRejects(t *testing.T) {
	good := mdns.ServiceEntry{Name: "desk._mpctl._tcp.local.", Host: "desk.local.", Port: 80, AddrV4: []byte{127, 0, 0, 1}}
	if b, ok := boardOf(&good); !ok || b.Addr != netip.MustParseAddr("127.0.0.1") {
		t.Fatalf("boardOf(good) = %+v, %t", b, ok)
	}
	for name, spoil := range map[string]func(*mdns.ServiceEntry){
		"another service": func(e *mdns.ServiceEntry) { e.Name = "desk._http._tcp.local." },
		"no port":         func(e *mdns.ServiceEntry) { e.Port = 0 },
		"no address":      func(e *mdns.ServiceEntry) { e.AddrV4 = nil },
		"unspecified":     func(e *mdns.ServiceEntry) { e.AddrV4 = []byte{0, 0, 0, 0} },
	} {
		e := good
		spoil(&e)
		if b, ok := boardOf(&e); ok {
			t.Errorf("%s: boardOf = %+v, want none", name, b)
		}
	}
}
