//go:build linux || darwin

package mdnstest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// Port is the port of mDNS. Queries from another port are answered as those of a simple resolver (RFC 6762 section 6.7).
const Port = 5353

// Timeout is how long a test waits for what must come.
const Timeout = 20 * time.Second

// repeatPause is how long a listener waits before the question is asked again. A record is not multicast twice within a
// second.
const repeatPause = 1100 * time.Millisecond

var mdnsGroup = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: Port}

// Loopback returns the interface that all peers are on.
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

// Heard is a message that was received.
type Heard struct {
	*dns.Msg
	Raw  []byte // the whole packet
	From *net.UDPAddr
	At   time.Time
}

// Listener receives what is multicast on loopback.
type Listener struct {
	t    testing.TB
	conn *net.UDPConn
}

// Listen joins the mDNS group until the test ends.
func Listen(t testing.TB) *Listener {
	t.Helper()
	conn, err := net.ListenMulticastUDP("udp4", Loopback(t), mdnsGroup)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &Listener{t, conn}
}

// Next returns the next message for which want returns true; the test fails if none comes. meanwhile, unless it is nil,
// is called at first and about once a second, to ask again.
func (l *Listener) Next(want func(Heard) bool, meanwhile func()) Heard {
	l.t.Helper()
	for end := time.Now().Add(Timeout); time.Now().Before(end); {
		if meanwhile != nil {
			meanwhile()
		}
		for deadline := time.Now().Add(repeatPause); ; {
			h, err := receive(l.t, l.conn, deadline)
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
	l.t.Fatal("the expected message did not come")
	return Heard{}
}

// NextResponse is Next for responses only.
func (l *Listener) NextResponse(want func(Heard) bool, meanwhile func()) Heard {
	l.t.Helper()
	return l.Next(func(h Heard) bool { return h.Response && want(h) }, meanwhile)
}

// Peer sends from an address and port on loopback, and receives what is sent to these.
type Peer struct {
	t    testing.TB
	conn *net.UDPConn
}

// New opens a peer at an address of loopback, with any free port if port is 0, until the test ends.
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
	if _, err := p.conn.WriteToUDP(packet, mdnsGroup); err != nil {
		p.t.Fatal(err)
	}
}

// Unicast returns the next message to the peer's own port; the test fails if none comes.
func (p *Peer) Unicast() Heard {
	p.t.Helper()
	h, err := receive(p.t, p.conn, time.Now().Add(Timeout))
	if err != nil {
		p.t.Fatalf("no unicast answer: %v", err)
	}
	if h.From.Port != Port {
		p.t.Errorf("answered from port %d, want %d", h.From.Port, Port)
	}
	return h
}

// Legacy asks as a simple resolver does, with an ID, and returns the answer.
func (p *Peer) Legacy(m *dns.Msg) Heard {
	p.t.Helper()
	m.Id = dns.Id()
	p.Send(m)
	h := p.Unicast()
	if h.Id != m.Id {
		p.t.Errorf("ID %d, want the question's, %d", h.Id, m.Id)
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
