//go:build linux || darwin

package mdnstest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// CacheBit is cache-flush in a record's class (RFC 6762 section 10.2), unicast-wanted in a question's (5.4).
const CacheBit = 1 << 15

// Port is the port of mDNS: an asker on any other is a simple resolver (section 6.7).
const Port = 5353

// Patience is how long a test waits for what must come.
const Patience = 20 * time.Second

// round is how long a listener waits before it has the question asked anew: a record is not multicast twice
// within a second.
const round = 1100 * time.Millisecond

var group = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: Port}

// Loopback is the interface that the peer is on.
func Loopback(t testing.TB) *net.Interface {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if i := slices.IndexFunc(all, func(i net.Interface) bool { return i.Flags&net.FlagLoopback != 0 }); i >= 0 {
		return &all[i]
	}
	t.Fatal("no loopback interface")
	return nil
}

// Heard is a message, and where and when it came.
type Heard struct {
	*dns.Msg
	Raw  []byte
	From *net.UDPAddr
	At   time.Time
}

// Listener hears what is multicast on loopback.
type Listener struct {
	t    testing.TB
	conn *net.UDPConn
}

// Listen joins the group until the test ends.
func Listen(t testing.TB) *Listener {
	t.Helper()
	conn, err := net.ListenMulticastUDP("udp4", Loopback(t), group)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &Listener{t, conn}
}

// Next is the next message that satisfies want; the test fails when none comes. meanwhile, if given, is called
// now and again: to ask anew.
func (l *Listener) Next(want func(Heard) bool, meanwhile func()) Heard {
	l.t.Helper()
	for end := time.Now().Add(Patience); time.Now().Before(end); {
		if meanwhile != nil {
			meanwhile()
		}
		for pause := time.Now().Add(round); ; {
			h, err := receive(l.t, l.conn, pause)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				l.t.Fatal(err)
			}
			if want(h) {
				return h
			}
		}
	}
	l.t.Fatal("no such message came")
	return Heard{}
}

// NextResponse is Next among responses.
func (l *Listener) NextResponse(want func(Heard) bool, meanwhile func()) Heard {
	l.t.Helper()
	return l.Next(func(h Heard) bool { return h.Response && want(h) }, meanwhile)
}

// Peer sends from a port of an address on loopback, and hears what is sent to it alone.
type Peer struct {
	t    testing.TB
	conn *net.UDPConn
}

// New opens a peer at an address of loopback; port 0 takes any.
func New(t testing.TB, address string, port int) *Peer {
	t.Helper()
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		})
		return errors.Join(err, cerr)
	}}
	pc, err := reuse.ListenPacket(t.Context(), "udp4", fmt.Sprintf("%s:%d", address, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	conn := pc.(*net.UDPConn)
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(Loopback(t)); err != nil {
		t.Fatal(err)
	}
	return &Peer{t, conn}
}

// Send multicasts a message.
func (p *Peer) Send(m *dns.Msg) {
	p.t.Helper()
	packet, err := m.Pack()
	if err != nil {
		p.t.Fatal(err)
	}
	p.SendRaw(packet)
}

// SendRaw multicasts a packet as it is.
func (p *Peer) SendRaw(packet []byte) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDP(packet, group); err != nil {
		p.t.Fatal(err)
	}
}

// Unicast is the next message that came to the peer's own port.
func (p *Peer) Unicast() Heard {
	p.t.Helper()
	h, err := receive(p.t, p.conn, time.Now().Add(Patience))
	if err != nil {
		p.t.Fatalf("no unicast answer: %v", err)
	}
	if h.From.Port != Port {
		p.t.Errorf("answered from port %d, want %d", h.From.Port, Port)
	}
	return h
}

// Legacy asks with an ID and returns the answer to just this question.
func (p *Peer) Legacy(m *dns.Msg) Heard {
	p.t.Helper()
	m.Id = dns.Id()
	p.Send(m)
	h := p.Unicast()
	if h.Id != m.Id {
		p.t.Errorf("ID %d, want %d of the question", h.Id, m.Id)
	}
	return h
}

func receive(t testing.TB, conn *net.UDPConn, deadline time.Time) (Heard, error) {
	t.Helper()
	if err := conn.SetReadDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 9000)
	n, from, err := conn.ReadFromUDP(buf)
	if err != nil {
		return Heard{}, err
	}
	m := new(dns.Msg)
	if err := m.Unpack(buf[:n]); err != nil {
		t.Fatalf("a packet from %v that is not DNS: %v: %x", from, err, buf[:n])
	}
	return Heard{m, buf[:n], from, time.Now()}, nil
}

// Question asks for a name and type.
func Question(name string, kind uint16) *dns.Msg {
	return &dns.Msg{Question: []dns.Question{{Name: name, Qtype: kind, Qclass: dns.ClassINET}}}
}

// Records are resource records as text, with ! behind the type where the cache-flush bit is to be set.
func Records(t testing.TB, lines ...string) []dns.RR {
	t.Helper()
	var records []dns.RR
	for _, line := range lines {
		plain := strings.Replace(line, "! ", " ", 1)
		rr, err := dns.NewRR(plain)
		if err != nil {
			t.Fatal(err)
		}
		if plain != line {
			rr.Header().Class |= CacheBit
		}
		records = append(records, rr)
	}
	return records
}

// Response says records to all.
func Response(t testing.TB, lines ...string) *dns.Msg {
	t.Helper()
	return &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Answer: Records(t, lines...)}
}

// Probe claims a name for the records (RFC 6762 section 8.1).
func Probe(t testing.TB, name string, lines ...string) *dns.Msg {
	t.Helper()
	m := Question(name, dns.TypeANY)
	m.Ns = Records(t, lines...)
	return m
}

// Describe gives records as "name TYPE TTL data", sorted, with a ! behind the type where the cache-flush bit is set.
func Describe(records []dns.RR) []string {
	var lines []string
	for _, rr := range records {
		rr = dns.Copy(rr)
		header := rr.Header()
		mark := ""
		if header.Class&CacheBit != 0 {
			mark = "!"
		}
		header.Class &^= CacheBit
		data := strings.TrimPrefix(rr.String(), header.String())
		lines = append(lines, fmt.Sprintf("%s %s%s %d %s", header.Name, dns.TypeToString[header.Rrtype], mark, header.Ttl, data))
	}
	slices.Sort(lines)
	return lines
}
