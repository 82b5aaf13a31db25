//go:build linux || darwin

package firmware_test

import (
	"fmt"
	"net"
	"slices"
	"testing"

	"github.com/miekg/dns"

	"mpctl/firmware"
	"mpctl/internal/test/mdnstest"
	"mpctl/sim"
)

const (
	service  = "_mpctl._tcp.local."
	instance = "desk._mpctl._tcp.local."
	host     = "desk.local."
	meta     = "_services._dns-sd._udp.local."
)

// announced starts a board named desk and waits until it has announced its names.
func announced(t *testing.T) (*board, *mdnstest.Listener) {
	t.Helper()
	light := 1234
	b := blank(t, sim.Config{Light: &light})
	l := mdnstest.Listen(t)
	b.install(nil, nil)
	b.reset()
	// It announces twice; after that it sends nothing by itself.
	for range 2 {
		l.NextResponse(func(h mdnstest.Heard) bool {
			return slices.Equal(mdnstest.Describe(h.Answer), b.records(everything...))
		}, nil)
	}
	return b, l
}

// resolver waits until the board named desk answers for its name, and returns a peer that asks as a simple resolver.
func resolver(t *testing.T) *mdnstest.Peer {
	t.Helper()
	peer := mdnstest.New(t, "127.0.0.1", mdnstest.Port)
	mdnstest.Listen(t).Next(claims(host), func() { peer.Send(mdnstest.Question(host, dns.TypeA)) })
	return mdnstest.New(t, "127.0.0.1", 0)
}

// zone is the board's expected records, with the cache-flush mark and the TTLs of a multicast.
func (b *board) zone() map[string]string {
	txt := fmt.Sprintf(`"txtvers=1" "id=%s" "fw=%s" "board=mpython" "sensors=button_a,button_b,light,sound"`, b.ID(), firmware.Version())
	return map[string]string{
		"A":         host + " A! 120 " + b.Addr().String(),
		"PTR":       service + " PTR 4500 " + instance,
		"SRV":       instance + " SRV! 120 0 0 80 " + host,
		"TXT":       instance + " TXT! 4500 " + txt,
		"meta":      meta + " PTR 4500 " + service,
		"http PTR":  "_http._tcp.local. PTR 4500 desk._http._tcp.local.",
		"http SRV":  "desk._http._tcp.local. SRV! 120 0 0 80 " + host,
		"http TXT":  `desk._http._tcp.local. TXT! 4500 "path=/"`,
		"http meta": meta + " PTR 4500 _http._tcp.local.",
		"host NSEC": host + " NSEC! 120 " + host + " A",
		"NSEC":      instance + " NSEC! 120 " + instance + " TXT SRV",
	}
}

func (b *board) records(keys ...string) []string {
	zone := b.zone()
	var lines []string
	for _, key := range keys {
		lines = append(lines, zone[key])
	}
	slices.Sort(lines)
	return lines
}

var everything = []string{"A", "PTR", "SRV", "TXT", "meta", "http PTR", "http SRV", "http TXT", "http meta"}

// check checks the header of a multicast response (RFC 6762 section 18).
func (b *board) check(h mdnstest.Heard) {
	b.t.Helper()
	if h.Id != 0 || !h.Authoritative || h.RecursionDesired || h.Rcode != 0 || len(h.Question) > 0 {
		b.t.Errorf("header %+v with %d questions, want ID 0, AA and no question", h.MsgHdr, len(h.Question))
	}
	if want := (&net.UDPAddr{IP: b.Addr().AsSlice(), Port: 5353}).String(); h.From.String() != want {
		b.t.Errorf("sent by %v, want %s", h.From, want)
	}
}
