package discover

import (
	"net"
	"net/netip"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
)

// responder answers each query on a link with the raw packets that answer returns for it, until the test ends.
func responder(t *testing.T, l link, answer func(q *dns.Msg) [][]byte) {
	t.Helper()
	handleQueries(t, l, func(conn *net.UDPConn, q *dns.Msg, from netip.AddrPort) {
		for _, packet := range answer(q) {
			_, _ = conn.WriteToUDPAddrPort(packet, from)
		}
	})
}

// handleQueries calls handle for each query that is multicast on a link, until the test ends. conn has port 5353.
func handleQueries(t *testing.T, l link, handle func(conn *net.UDPConn, q *dns.Msg, from netip.AddrPort)) {
	t.Helper()
	conn, err := net.ListenMulticastUDP("udp4", &l.ifi, net.UDPAddrFromAddrPort(group4))
	if err != nil {
		t.Fatal(err)
	}
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(&l.ifi); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		buf := make([]byte, maxPacket)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			q := new(dns.Msg)
			if q.Unpack(buf[:n]) == nil && !q.Response {
				handle(conn, q, from)
			}
		}
	}()
}

// reply packs a response to q with the given records in its answer section.
func reply(t *testing.T, q *dns.Msg, records ...string) []byte {
	t.Helper()
	m := &dns.Msg{MsgHdr: dns.MsgHdr{Id: q.Id, Response: true, Authoritative: true}}
	for _, s := range records {
		rr, err := dns.NewRR(s)
		if err != nil {
			t.Errorf("record %q: %v", s, err)
			return nil
		}
		m.Answer = append(m.Answer, rr)
	}
	packet, err := m.Pack()
	if err != nil {
		t.Errorf("packing %q: %v", records, err)
	}
	return packet
}

// announced returns the records of a board as the firmware announces them, for legacy unicast.
func announced(name, id, addr string) []string {
	return []string{
		"_mpctl._tcp.local. 10 IN PTR " + name + "._mpctl._tcp.local.",
		name + "._mpctl._tcp.local. 10 IN SRV 0 0 8080 " + name + ".local.",
		name + `._mpctl._tcp.local. 10 IN TXT "txtvers=1" "id=` + id + `" "fw=1.0" "board=esp32" "sensors=light,sound"`,
		name + ".local. 10 IN A " + addr,
	}
}

// asks reports whether a query has a question for a name and type.
func asks(q *dns.Msg, name string, qtype uint16) bool {
	for _, question := range q.Question {
		if dns.CanonicalName(question.Name) == dns.CanonicalName(name) && question.Qtype == qtype {
			return true
		}
	}
	return false
}
