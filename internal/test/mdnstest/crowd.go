//go:build linux || darwin

package mdnstest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

const (
	service    = "_mpctl._tcp.local."
	beaconPort = 50353
)

// Board is a board without firmware: it only answers, with the same records as the firmware.
type Board struct {
	Name, ID string
	Addr     netip.Addr
	Port     uint16
	Minimal  bool // It sends only the records it was asked for.
	NoBeacon bool
}

// Numbered returns n boards on loopback with port 80: board-0, board-1 and so on.
func Numbered(n int) []Board {
	boards := make([]Board, n)
	for i := range boards {
		addr := netip.AddrFrom4([4]byte{127, 1, byte(i / 250), byte(1 + i%250)})
		boards[i] = Board{Name: fmt.Sprintf("board-%d", i), ID: fmt.Sprintf("a1b2c3%06x", i), Addr: addr, Port: 80}
	}
	return boards
}

// Crowd is boards on one interface.
type Crowd struct {
	ifi     net.Interface
	loss    float64 // part of the packets that is lost
	boards  []*member
	sockets []*net.UDPConn
	running sync.WaitGroup
	ctx     context.Context
	stop    context.CancelFunc
}

type member struct {
	Board
	records      []dns.RR // PTR, SRV, TXT, A
	mdns, beacon *net.UDPConn

	mu          sync.Mutex
	off         bool
	announcedAt time.Time // when it multicast all its records last
}

// Start has boards answer on an interface until Close. A packet to or from a board is lost with the probability loss.
func Start(ifi *net.Interface, loss float64, boards ...Board) (*Crowd, error) {
	c := &Crowd{ifi: *ifi, loss: loss}
	c.ctx, c.stop = context.WithCancel(context.Background())
	group, err := net.ListenMulticastUDP("udp4", ifi, mdnsGroup)
	if err == nil {
		c.sockets = append(c.sockets, group)
		_ = group.SetReadBuffer(4 << 20)
		err = c.open(boards)
	}
	var broadcast *net.UDPConn
	if err == nil {
		broadcast, err = c.listen(netip.AddrPortFrom(netip.IPv4Unspecified(), beaconPort))
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	c.receive(group, c.handleQuery)
	c.receive(broadcast, func(packet []byte, from netip.AddrPort) {
		for _, b := range c.boards {
			c.answerBeacon(b, packet, from)
		}
	})
	return c, nil
}

func (c *Crowd) open(boards []Board) error {
	for _, b := range boards {
		m := &member{Board: b, records: b.records()}
		var err error
		if m.mdns, err = c.listen(netip.AddrPortFrom(b.Addr, Port)); err != nil {
			return err
		}
		p := ipv4.NewPacketConn(m.mdns)
		if err := errors.Join(p.SetMulticastInterface(&c.ifi), p.SetMulticastTTL(255), p.SetMulticastLoopback(true)); err != nil {
			return err
		}
		if !b.NoBeacon {
			if m.beacon, err = c.listen(netip.AddrPortFrom(b.Addr, beaconPort)); err != nil {
				return err
			}
			c.receive(m.beacon, func(packet []byte, from netip.AddrPort) { c.answerBeacon(m, packet, from) })
		}
		c.boards = append(c.boards, m)
	}
	return nil
}

func (c *Crowd) listen(at netip.AddrPort) (*net.UDPConn, error) {
	reuse := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		cerr := raw.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1) })
		return errors.Join(err, cerr)
	}}
	conn, err := reuse.ListenPacket(c.ctx, "udp4", at.String())
	if err != nil {
		return nil, err
	}
	c.sockets = append(c.sockets, conn.(*net.UDPConn))
	return conn.(*net.UDPConn), nil
}

func (c *Crowd) receive(conn *net.UDPConn, handle func([]byte, netip.AddrPort)) {
	c.running.Go(func() {
		buf := make([]byte, 9000)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			handle(buf[:n], from)
		}
	})
}

// Close ends the boards, without a goodbye.
func (c *Crowd) Close() {
	c.stop()
	for _, s := range c.sockets {
		s.Close()
	}
	c.running.Wait()
}

// Announce has a board multicast its records.
func (c *Crowd) Announce(i int) { c.multicast(c.boards[i], c.boards[i].records) }

// Cut switches a board off, without a goodbye.
func (c *Crowd) Cut(i int) { c.boards[i].setOn(false) }

// Leave has a board say goodbye and switches it off.
func (c *Crowd) Leave(i int) {
	b := c.boards[i]
	var goodbye []dns.RR
	for _, rr := range b.records {
		rr = dns.Copy(rr)
		rr.Header().Ttl = 0
		goodbye = append(goodbye, rr)
	}
	c.multicast(b, goodbye)
	b.setOn(false)
}

// Return switches a board on again. The board announces itself.
func (c *Crowd) Return(i int) {
	c.boards[i].setOn(true)
	c.Announce(i)
}

// On reports whether a board is switched on.
func (c *Crowd) On(i int) bool { return !c.boards[i].isOff() }

func (m *member) setOn(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.off = !on
}

func (m *member) isOff() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.off
}

func (c *Crowd) lost() bool { return c.loss > 0 && rand.Float64() < c.loss }

// answerBeacon answers the beacon's question.
func (c *Crowd) answerBeacon(m *member, question []byte, from netip.AddrPort) {
	if m.beacon == nil || string(question) != "mpctl?" || m.isOff() || c.lost() || c.lost() {
		return
	}
	answer, err := json.Marshal(map[string]any{
		"name": m.Name, "id": m.ID, "fw": "1.0", "board": "esp32", "ip": m.Addr, "port": m.Port, "sensors": []string{"light"},
	})
	if err == nil {
		_, _ = m.beacon.WriteToUDPAddrPort(answer, from)
	}
}

// records returns all of a board's records, with cache-flush bits.
func (b Board) records() []dns.RR {
	instance, host := b.Name+"."+service, b.Name+".local."
	header := func(name string, kind, class uint16, ttl uint32) dns.RR_Header {
		return dns.RR_Header{Name: name, Rrtype: kind, Class: class, Ttl: ttl}
	}
	return []dns.RR{
		&dns.PTR{Hdr: header(service, dns.TypePTR, dns.ClassINET, 4500), Ptr: instance},
		&dns.SRV{Hdr: header(instance, dns.TypeSRV, dns.ClassINET|CacheBit, 120), Port: b.Port, Target: host},
		&dns.TXT{Hdr: header(instance, dns.TypeTXT, dns.ClassINET|CacheBit, 4500),
			Txt: []string{"txtvers=1", "id=" + b.ID, "fw=1.0", "board=esp32", "sensors=light"}},
		&dns.A{Hdr: header(host, dns.TypeA, dns.ClassINET|CacheBit, 120), A: b.Addr.AsSlice()},
	}
}

func (c *Crowd) handleQuery(packet []byte, from netip.AddrPort) {
	const response = 0x80
	q := new(dns.Msg)
	if len(packet) < 12 || packet[2]&response != 0 || q.Unpack(packet) != nil {
		return
	}
	known := map[string]bool{}
	for _, rr := range q.Answer {
		if ptr, ok := rr.(*dns.PTR); ok && ptr.Hdr.Ttl >= 4500/2 {
			known[strings.ToLower(ptr.Ptr)] = true
		}
	}
	for _, b := range c.boards {
		answers, urgent := b.answers(q, known)
		if len(answers) == 0 || b.isOff() || c.lost() {
			continue
		}
		switch {
		case from.Port() != Port:
			c.reply(b, q, answers, from)
		case urgent:
			c.multicast(b, answers)
		default: // Other hosts may answer too: RFC 6762 section 6.
			time.AfterFunc(time.Duration(20+rand.IntN(100))*time.Millisecond, func() { c.multicast(b, answers) })
		}
	}
}

// answers returns a board's answers to a query, and whether no other host can have them, so that they are sent at once.
func (m *member) answers(q *dns.Msg, known map[string]bool) (answers []dns.RR, urgent bool) {
	urgent = true
	for _, question := range q.Question {
		for i, rr := range m.records {
			kind := question.Qtype
			if kind != rr.Header().Rrtype && kind != dns.TypeANY || !strings.EqualFold(question.Name, rr.Header().Name) {
				continue
			}
			if i == 0 && known[strings.ToLower(m.Name+"."+service)] {
				continue
			}
			urgent = urgent && i > 0
			if m.Minimal {
				answers = append(answers, rr)
			} else {
				answers = m.records[i:] // with additional records: RFC 6763 section 12
			}
		}
	}
	return answers, urgent
}

// reply answers a simple resolver (RFC 6762 section 6.7).
func (c *Crowd) reply(m *member, q *dns.Msg, answers []dns.RR, to netip.AddrPort) {
	if c.lost() {
		return
	}
	r := &dns.Msg{MsgHdr: dns.MsgHdr{Id: q.Id, Response: true, Authoritative: true}, Compress: true}
	for _, question := range q.Question {
		question.Qclass &^= CacheBit
		r.Question = append(r.Question, question)
	}
	for _, rr := range answers {
		rr = dns.Copy(rr)
		rr.Header().Class &^= CacheBit
		rr.Header().Ttl = min(rr.Header().Ttl, 10)
		r.Answer = append(r.Answer, rr)
	}
	if packet, err := r.Pack(); err == nil {
		_, _ = m.mdns.WriteToUDPAddrPort(packet, to)
	}
}

// multicast sends records to all, once a second at most unless they are a goodbye.
func (c *Crowd) multicast(m *member, records []dns.RR) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, isGoodbye := time.Now(), records[0].Header().Ttl == 0
	if m.off || !isGoodbye && now.Sub(m.announcedAt) < time.Second || c.lost() {
		return
	}
	if len(records) == len(m.records) {
		m.announcedAt = now
	}
	r := &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Answer: records, Compress: true}
	if packet, err := r.Pack(); err == nil {
		_, _ = m.mdns.WriteToUDPAddrPort(packet, netip.AddrPortFrom(netip.AddrFrom4([4]byte(mdnsGroup.IP.To4())), uint16(mdnsGroup.Port)))
	}
}
