//go:build linux || darwin

package discover

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"mpctl/internal/test/mdnstest"
)

// hostilePackets returns packets that try to confuse or to exhaust whoever reads them.
func hostilePackets(t testing.TB) [][]byte {
	t.Helper()
	header := func(asked, answers, more uint16) []byte {
		b := []byte{0, 0, 0x84, 0, 0, 0, 0, 0, 0, 0, 0, 0}
		binary.BigEndian.PutUint16(b[4:], asked)
		binary.BigEndian.PutUint16(b[6:], answers)
		binary.BigEndian.PutUint16(b[10:], more)
		return b
	}
	good, err := mdnstest.Response(t, announced("evil", "ffffffffffff", "127.0.0.1")...).Pack()
	if err != nil {
		t.Fatal(err)
	}
	miscounted := append([]byte(nil), good...)
	binary.BigEndian.PutUint16(miscounted[6:], 0xffff)
	chain := header(0, 1, 0) // Each name ends with a pointer to the name before.
	for at := 12; at < 4000; at += 4 {
		chain = append(chain, 1, 'a', 0xc0|byte(at>>8), byte(at))
	}
	text := func(records ...string) []byte {
		packet, err := mdnstest.Response(t, records...).Pack()
		if err != nil {
			t.Fatal(err)
		}
		return packet
	}
	return [][]byte{
		{}, {0}, []byte("garbage that is longer than a header"),
		append(header(0, 1, 0), 0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12), // a name that points to itself
		append(header(0, 1, 0), 0xc0, 14, 0xc0, 12),                                // two names that point to each other
		append(header(0, 1, 0), 0xff, 0xff),                                        // a name that points beyond the end
		append(header(0xffff, 0xffff, 0xffff), good[12:]...),
		miscounted, good[:len(good)-3], chain,
		append(header(0, 1, 0), make([]byte, 65000)...),
		text("_mpctl._tcp.local. 10 IN PTR \\027[2J\\007\\013._mpctl._tcp.local.", "\\027[2J._mpctl._tcp.local. 10 IN SRV 0 0 80 \\027]0;x\\007.local."),
		text("_mpctl._tcp.local. 4500 IN PTR _mpctl._tcp.local.", "_mpctl._tcp.local. 4500 IN SRV 0 0 80 _mpctl._tcp.local."),
		text("x._mpctl._tcp.local. 10 IN TXT \""+strings.Repeat("a", 255)+"\"", "_mpctl._tcp.local. 10 IN PTR x._mpctl._tcp.local."),
	}
}

// otherTraffic returns the n-th packet of a network's mDNS traffic that has nothing to do with boards.
func otherTraffic(t testing.TB, n int) []byte {
	t.Helper()
	name := fmt.Sprintf("device-%d", n)
	m := mdnstest.Response(t,
		"_ipp._tcp.local. 4500 IN PTR "+name+"._ipp._tcp.local.", name+"._ipp._tcp.local. 120 IN SRV! 0 0 631 "+name+".local.",
		name+"._ipp._tcp.local. 4500 IN TXT! \"id=a1b2c3\" \"rp=printers/x\"", name+".local. 120 IN A! 127.9.9.9")
	if n%3 == 0 {
		m = mdnstest.Question("_googlecast._tcp.local.", dns.TypePTR)
		m.Answer = mdnstest.Records(t, "_googlecast._tcp.local. 4500 IN PTR "+name+"._googlecast._tcp.local.")
	}
	packet, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return packet
}

// flood sends 10,000 packets a second from port 5353 until the test ends.
func flood(t *testing.T) {
	t.Helper()
	packets := hostilePackets(t)
	for n := range 2000 {
		packets = append(packets, otherTraffic(t, n))
	}
	from := mdnstest.New(t, "127.9.9.9", mdnstest.Port)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() { cancel(); running.Wait() })
	running.Go(func() {
		ticks := time.NewTicker(10 * time.Millisecond)
		defer ticks.Stop()
		for n := 0; ; {
			select {
			case <-ticks.C:
			case <-ctx.Done():
				return
			}
			for range 100 {
				from.SendRaw(packets[n%len(packets)])
				n++
			}
		}
	})
}

func TestFlood(t *testing.T) {
	want := mdnstest.Numbered(20)
	crowd(t, 0, want...)
	flood(t)
	for range 3 {
		got, warnings, err := Scan(t.Context(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		// The hostile board with the escape sequence in its name has no address, so it is not found.
		if missing, extra := difference(want, got); len(missing)+len(extra) > 0 {
			t.Errorf("missing %v, extra %q; %v", missing, extra, warnings)
		}
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapAlloc > 32<<20 {
		t.Errorf("%d MB of heap are in use, want 32 at most", m.HeapAlloc>>20)
	}
}

// TestCacheIsBounded adds more instances, and more of them and more addresses on one host, than a cache may hold.
func TestCacheIsBounded(t *testing.T) {
	c, now := newCache("lo"), time.Now()
	from := netip.MustParseAddr("127.0.0.1")
	for n := range 2 * maxBoards {
		name := fmt.Sprintf("x%d", n)
		m := mdnstest.Response(t, announced(name, "ff", "127.0.0.1")...)
		m.Answer[1].(*dns.SRV).Target = "x.local." // all on one host, with another address in every packet
		m.Answer[3] = &dns.A{Hdr: dns.RR_Header{Name: "x.local.", Rrtype: dns.TypeA, Class: dns.ClassINET, Ttl: 10}, A: []byte{127, 0, byte(n >> 8), byte(n)}}
		c.add(m, from, true, now)
	}
	if n := len(c.instances); n != maxBoards {
		t.Errorf("%d instances, want %d", n, maxBoards)
	}
	if h := c.hosts["x.local."]; len(c.hosts) != 1 || len(h.addrs) != maxAddrs || len(h.instances) != maxPerHost {
		t.Errorf("%d hosts, one with %d addresses and %d instances", len(c.hosts), len(h.addrs), len(h.instances))
	}
	// The cache is empty once all has expired.
	c.ask(now.Add(time.Minute), true, true)
	if len(c.instances)+len(c.hosts) != 0 {
		t.Errorf("%d instances and %d hosts are left", len(c.instances), len(c.hosts))
	}
}
