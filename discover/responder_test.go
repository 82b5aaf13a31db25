package discover

import (
	"net"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
)

// responder answers each query on loopback with what answer returns for it, as raw packets.
func responder(t *testing.T, l link, answer func(q *dns.Msg) [][]byte) {
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
			if q.Unpack(buf[:n]) != nil || q.Response {
				continue
			}
			for _, packet := range answer(q) {
				_, _ = conn.WriteToUDPAddrPort(packet, from)
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

// announced is a whole board as the firmware announces it.
func announced(name, id, addr string) []string {
	return []string{
		"_mpctl._tcp.local. 10 IN PTR " + name + "._mpctl._tcp.local.",
		name + "._mpctl._tcp.local. 10 IN SRV 0 0 8080 " + name + ".local.",
		name + `._mpctl._tcp.local. 10 IN TXT "txtvers=1" "id=` + id + `" "fw=1.0" "board=esp32" "sensors=light,sound"`,
		name + ".local. 10 IN A " + addr,
	}
}

func asks(q *dns.Msg, name string, qtype uint16) bool {
	for _, question := range q.Question {
		if dns.CanonicalName(question.Name) == dns.CanonicalName(name) && question.Qtype == qtype {
			return true
		}
	}
	return false
}
