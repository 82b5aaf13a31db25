//go:build linux || darwin

package firmware_test

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

	"mpctl/firmware"
)

const (
	cacheBit = 1 << 15 // cache-flush in a record's class, unicast-wanted in a question's
	service  = "_mpctl._tcp.local."
	instance = "desk._mpctl._tcp.local."
	host     = "desk.local."
	meta     = "_services._dns-sd._udp.local."
)

var group = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}

func loopback(t *testing.T) *net.Interface {
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

// listener hears what is multicast on loopback.
type listener struct {
	t    *testing.T
	conn *net.UDPConn
}

func listen(t *testing.T) *listener {
	t.Helper()
	conn, err := net.ListenMulticastUDP("udp4", loopback(t), group)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &listener{t, conn}
}

// heard is a message and where and when it came.
type heard struct {
	*dns.Msg
	raw  []byte
	from *net.UDPAddr
	at   time.Time
}

func receive(t *testing.T, conn *net.UDPConn, deadline time.Time) (heard, error) {
	t.Helper()
	if err := conn.SetReadDeadline(deadline); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 9000)
	n, from, err := conn.ReadFromUDP(buf)
	if err != nil {
		return heard{}, err
	}
	m := new(dns.Msg)
	if err := m.Unpack(buf[:n]); err != nil {
		t.Fatalf("a packet from %v that is not DNS: %v: %x", from, err, buf[:n])
	}
	return heard{m, buf[:n], from, time.Now()}, nil
}

// next is the next response that satisfies want; it fails when none comes. meanwhile, if given, is called now and
// again: to ask anew, as a record is not multicast twice within a second.
func (l *listener) next(want func(heard) bool, meanwhile func()) heard {
	l.t.Helper()
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		if meanwhile != nil {
			meanwhile()
		}
		for round := time.Now().Add(1100 * time.Millisecond); ; {
			h, err := receive(l.t, l.conn, round)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				l.t.Fatal(err)
			}
			if h.Response && want(h) {
				return h
			}
		}
	}
	l.t.Fatal("no such response came")
	return heard{}
}

// asker sends questions from a port of 127.0.0.1: 5353 asks as a responder does, any other as a simple resolver.
type asker struct {
	t    *testing.T
	conn *net.UDPConn
}

func newAsker(t *testing.T, port int) *asker {
	t.Helper()
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		cerr := c.Control(func(fd uintptr) {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)
		})
		return errors.Join(err, cerr)
	}}
	pc, err := reuse.ListenPacket(t.Context(), "udp4", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	conn := pc.(*net.UDPConn)
	if err := ipv4.NewPacketConn(conn).SetMulticastInterface(loopback(t)); err != nil {
		t.Fatal(err)
	}
	return &asker{t, conn}
}

func question(name string, kind uint16) *dns.Msg {
	return &dns.Msg{Question: []dns.Question{{Name: name, Qtype: kind, Qclass: dns.ClassINET}}}
}

func (a *asker) send(m *dns.Msg) {
	a.t.Helper()
	packet, err := m.Pack()
	if err != nil {
		a.t.Fatal(err)
	}
	a.sendRaw(packet)
}

func (a *asker) sendRaw(packet []byte) {
	a.t.Helper()
	if _, err := a.conn.WriteToUDP(packet, group); err != nil {
		a.t.Fatal(err)
	}
}

// unicast is the next message that came to the asker's own port.
func (a *asker) unicast() heard {
	a.t.Helper()
	h, err := receive(a.t, a.conn, time.Now().Add(patience))
	if err != nil {
		a.t.Fatalf("no unicast answer: %v", err)
	}
	if h.from.Port != 5353 {
		a.t.Errorf("answered from port %d, want 5353", h.from.Port)
	}
	return h
}

// legacy asks with an ID and returns the answer to just this question.
func (a *asker) legacy(m *dns.Msg) heard {
	a.t.Helper()
	m.Id = dns.Id()
	a.send(m)
	h := a.unicast()
	if h.Id != m.Id {
		a.t.Errorf("ID %d, want %d of the question", h.Id, m.Id)
	}
	return h
}

// describe gives records as "name TYPE TTL data", with a ! behind the type where the cache-flush bit is set.
func describe(records []dns.RR) []string {
	var lines []string
	for _, rr := range records {
		rr = dns.Copy(rr)
		header := rr.Header()
		mark := ""
		if header.Class&cacheBit != 0 {
			mark = "!"
		}
		header.Class &^= cacheBit
		data := strings.TrimPrefix(rr.String(), header.String())
		lines = append(lines, fmt.Sprintf("%s %s%s %d %s", header.Name, dns.TypeToString[header.Rrtype], mark, header.Ttl, data))
	}
	slices.Sort(lines)
	return lines
}

// zone is what the board is to say, with the cache-flush mark and the TTLs of a multicast.
func (b *board) zone() map[string]string {
	txt := fmt.Sprintf(`"txtvers=1" "id=%s" "fw=%s" "board=mpython" "sensors=light,sound"`, b.ID(), firmware.Version())
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

// header of what is multicast: RFC 6762 section 18.
func (l *listener) check(b *board, h heard) {
	l.t.Helper()
	if h.Id != 0 || !h.Authoritative || h.RecursionDesired || h.Rcode != 0 || len(h.Question) > 0 {
		l.t.Errorf("header %+v with %d questions, want ID 0, AA and no question", h.MsgHdr, len(h.Question))
	}
	if want := (&net.UDPAddr{IP: b.Addr().AsSlice(), Port: 5353}).String(); h.from.String() != want {
		l.t.Errorf("came from %v, want %s", h.from, want)
	}
}
