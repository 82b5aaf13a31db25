package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
)

// testTimeout is far beyond what loopback needs: only a test that fails waits for it.
const testTimeout = 20 * time.Second

var equateAddrs = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })

func board(name, id, addr string) Board {
	return Board{
		Name: name, Host: name + ".local", ID: id, Addr: netip.MustParseAddr(addr), Port: 8080,
		Model: "esp32", Firmware: "1.0", Sensors: []string{"light", "sound"},
	}
}

// namesAre returns an Options.Done that waits for boards with just these names, in this order.
func namesAre(want ...string) func([]Board) bool {
	return func(boards []Board) bool {
		var names []string
		for _, b := range boards {
			names = append(names, b.Name)
		}
		return slices.Equal(names, want)
	}
}

func mustScan(t *testing.T, o Options) []Board {
	t.Helper()
	o.Timeout = testTimeout
	boards, _, err := Scan(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return boards
}

func TestScanFindsWhatHashicorpAnnounces(t *testing.T) {
	l := loopbackLink(t)
	for _, b := range []struct{ name, id, addr string }{{"desk", "a1b2c3d4e5f6", "127.0.0.1"}, {"lamp", "a1b2c3d4e5f7", "127.0.0.2"}} {
		zone, err := mdns.NewMDNSService(b.name, "_mpctl._tcp", "", b.name+".local.", 8080,
			[]net.IP{net.ParseIP(b.addr)}, []string{"txtvers=1", "id=" + b.id, "fw=1.0", "board=esp32", "sensors=light,sound"})
		if err != nil {
			t.Fatal(err)
		}
		server, err := mdns.NewServer(&mdns.Config{Zone: zone, Iface: &l.ifi})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Shutdown()
	}
	got := mustScan(t, Options{Done: namesAre("desk", "lamp")})
	want := []Board{board("desk", "a1b2c3d4e5f6", "127.0.0.1"), board("lamp", "a1b2c3d4e5f7", "127.0.0.2")}
	if diff := cmp.Diff(want, got, equateAddrs); diff != "" {
		t.Fatal(diff)
	}
}

// TestQuerierSurvivesBadPackets runs without the sweep: hashicorp/mdns takes goodbyes and refusals for boards.
func TestQuerierSurvivesBadPackets(t *testing.T) {
	l := loopbackLink(t)
	responder(t, l, func(q *dns.Msg) [][]byte {
		if !asks(q, Service, dns.TypePTR) {
			return nil
		}
		query := new(dns.Msg) // another host's query, with a known answer
		query.SetQuestion(Service, dns.TypePTR)
		query.Id = q.Id
		known, err := dns.NewRR("_mpctl._tcp.local. 10 IN PTR asker._mpctl._tcp.local.")
		if err != nil {
			t.Error(err)
		}
		query.Answer = []dns.RR{known}
		packed, err := query.Pack()
		if err != nil {
			t.Error(err)
		}
		goodbye := announced("gone", "a1b2c3d4e5f8", "127.0.0.4")
		goodbye[0] = "_mpctl._tcp.local. 0 IN PTR gone._mpctl._tcp.local."
		failed := reply(t, q, announced("refused", "a1b2c3d4e5f9", "127.0.0.5")...)
		failed[3] |= dns.RcodeServerFailure
		return [][]byte{
			{}, []byte("garbage"), reply(t, q, announced("desk", "a1b2c3d4e5f6", "127.0.0.1")...)[:40],
			{0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12}, // a name that points to itself
			packed, failed,
			reply(t, q, goodbye...),
			reply(t, q, "_ipp._tcp.local. 10 IN PTR printer._ipp._tcp.local.", "printer._ipp._tcp.local. 10 IN SRV 0 0 631 printer.local.",
				`printer._ipp._tcp.local. 10 IN TXT "id=1"`, "printer.local. 10 IN A 127.0.0.3"),
			reply(t, q, slices.Concat( // two boards in one packet, with names in another case than the question's
				announced("lamp", "a1b2c3d4e5f7", "127.0.0.2"),
				[]string{"_MPCTL._tcp.Local. 10 IN PTR Desk._mpctl._TCP.local."}, announced("desk", "a1b2c3d4e5f6", "127.0.0.1")[1:])...),
		}
	})
	got, warnings, err := scan(t.Context(), newQueriers(l)[:1], Options{Timeout: testTimeout})
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	desk := board("desk", "a1b2c3d4e5f6", "127.0.0.1")
	desk.Name = "Desk"
	if diff := cmp.Diff([]Board{desk, board("lamp", "a1b2c3d4e5f7", "127.0.0.2")}, got, equateAddrs); diff != "" {
		t.Fatal(diff)
	}
}

func TestScanAsksForWhatIsMissing(t *testing.T) {
	l := loopbackLink(t)
	records := announced("desk", "a1b2c3d4e5f6", "127.0.0.1")
	responder(t, l, func(q *dns.Msg) [][]byte {
		switch {
		case asks(q, "desk._mpctl._tcp.local.", dns.TypeSRV):
			return [][]byte{reply(t, q, records[1]), reply(t, q, records[2])}
		case asks(q, "desk.local.", dns.TypeA):
			return [][]byte{reply(t, q, records[3])}
		case asks(q, Service, dns.TypePTR):
			return [][]byte{reply(t, q, records[0])}
		}
		return nil
	})
	got := mustScan(t, Options{Done: namesAre("desk")})
	if diff := cmp.Diff([]Board{board("desk", "a1b2c3d4e5f6", "127.0.0.1")}, got, equateAddrs); diff != "" {
		t.Fatal(diff)
	}
}

func TestScanPrefersTheAddressThatAnswered(t *testing.T) {
	l := loopbackLink(t)
	responder(t, l, func(q *dns.Msg) [][]byte {
		return [][]byte{reply(t, q, slices.Insert(announced("desk", "a1b2c3d4e5f6", "127.0.0.1"), 3, "desk.local. 10 IN A 192.0.2.9")...)}
	})
	got := mustScan(t, Options{Done: namesAre("desk")})
	if diff := cmp.Diff([]Board{board("desk", "a1b2c3d4e5f6", "127.0.0.1")}, got, equateAddrs); diff != "" {
		t.Fatal(diff)
	}
}

func TestScanDecodesNames(t *testing.T) {
	l := loopbackLink(t)
	responder(t, l, func(q *dns.Msg) [][]byte {
		return [][]byte{reply(t, q,
			`_mpctl._tcp.local. 10 IN PTR b\195\188ro\ v1\.2\027[2J._mpctl._tcp.local.`,
			`b\195\188ro\ v1\.2\027[2J._mpctl._tcp.local. 10 IN SRV 0 0 80 x.local.`,
			`b\195\188ro\ v1\.2\027[2J._mpctl._tcp.local. 10 IN TXT "txtvers=1" "ID=A1B2C3" "id=ffffff" "fw=a=\"b\""`,
			"x.local. 10 IN A 127.0.0.1")}
	})
	got := mustScan(t, Options{Done: func(b []Board) bool { return true }})
	want := []Board{{Name: "büro v1.2\x1b[2J", Host: "x.local", Addr: netip.MustParseAddr("127.0.0.1"), Port: 80, Firmware: `a="b"`, ID: "a1b2c3"}}
	if diff := cmp.Diff(want, got, equateAddrs); diff != "" {
		t.Fatal(diff)
	}
}

func TestScanOfAnEmptyNetwork(t *testing.T) {
	loopbackLink(t)
	boards, _, err := Scan(t.Context(), Options{Timeout: 10 * time.Millisecond})
	if len(boards) != 0 || err != nil {
		t.Fatalf("Scan = %v, %v, want nothing and no error", boards, err)
	}
}

func TestNeedlessWarnings(t *testing.T) {
	l := link{ifi: net.Interface{Name: "eth0"}}
	sweepFailed, queryFailed := Warning{sweep{l}.String(), errors.New("no route")}, Warning{(&querier{link: l}).String(), errors.New("no address")}
	if got := withoutNeedless([]Warning{sweepFailed}, []link{l}); len(got) != 0 {
		t.Errorf("warnings %v are left, although queries were sent on eth0", got)
	}
	if got := withoutNeedless([]Warning{sweepFailed, queryFailed}, []link{l}); len(got) != 2 {
		t.Errorf("warnings %v are left, want both: nothing was sent on eth0", got)
	}
}

func TestScanUnknownInterface(t *testing.T) {
	loopbackLink(t)
	_, _, err := Scan(t.Context(), Options{Interfaces: []string{"lo", "nosuch0"}})
	var unknown *InterfaceError
	if !errors.As(err, &unknown) || unknown.Name != "nosuch0" || !slices.Equal(unknown.Have, []string{"lo"}) {
		t.Fatalf("error = %#v, want an InterfaceError for nosuch0 with lo", err)
	}
}

func TestScanCancelled(t *testing.T) {
	loopbackLink(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Scan(ctx, Options{Timeout: testTimeout}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want %v", err, context.Canceled)
	}
}

// fakeSource reports boards and then fails with err, if that is set.
type fakeSource struct {
	boards []Board
	err    error
}

func (fakeSource) String() string  { return "fake" }
func (fakeSource) rank() rank      { return rankMDNS }
func (fakeSource) reconfirm(Board) {}

func (f fakeSource) find(ctx context.Context, report func(sighting)) error {
	for _, b := range f.boards {
		report(sighting{Board: b})
	}
	return f.err
}

func TestFailedSourceIsAWarning(t *testing.T) {
	desk := board("desk", "a1b2c3d4e5f6", "127.0.0.1")
	bare := Board{Name: "desk", Addr: desk.Addr, Port: desk.Port}
	namesake := board("desk", "a1b2c3d4e5ff", "127.0.0.9")
	broken := errors.New("broken")
	boards, warnings, err := scan(t.Context(), []source{
		fakeSource{boards: []Board{bare, desk, desk, namesake}}, fakeSource{err: broken},
	}, Options{Timeout: testTimeout})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Board{desk, namesake}, boards, equateAddrs); diff != "" {
		t.Error(diff)
	}
	if len(warnings) != 1 || !errors.Is(warnings[0], broken) {
		t.Errorf("warnings = %v, want the broken source alone", warnings)
	}
}

func TestTableIsBounded(t *testing.T) {
	var tab table
	now := time.Now()
	for i := range 2 * maxBoards {
		tab.addSighting("flood", rankMDNS, sighting{Board: Board{ID: fmt.Sprintf("%x", i+1)}}, now)
	}
	if len(tab.entries) != maxBoards {
		t.Fatalf("%d boards, want %d", len(tab.entries), maxBoards)
	}
}
