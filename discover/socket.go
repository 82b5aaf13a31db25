package discover

import (
	"errors"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	mdnsPort  = 5353
	maxPacket = 9000 // RFC 6762 §17
)

var (
	group4 = netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), mdnsPort)
	group6 = netip.AddrPortFrom(netip.MustParseAddr("ff02::fb"), mdnsPort)
)

// socket sends to the mDNS group of one link, and hears either what is sent to its own port alone or, shared with
// every other mDNS program of this computer, what is said to the group.
type socket struct {
	link
	shared bool
	conn   *net.UDPConn
	oob    [128]byte
}

// open needs neither port 5353 nor group membership unless shared.
func (l link) open(shared bool) (*socket, error) {
	s := &socket{link: l, shared: shared}
	var err error
	switch {
	case shared:
		s.conn, err = l.listenGroup()
	case l.v6:
		s.conn, err = net.ListenUDP("udp6", nil)
	default:
		s.conn, err = net.ListenUDP("udp4", nil)
	}
	if err != nil {
		return nil, err
	}
	// More than one network answers in one burst; the system may grant less.
	_ = s.conn.SetReadBuffer(1 << 20)
	if err := s.configure(); err != nil {
		s.conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *socket) configure() error {
	if s.v6 {
		p := ipv6.NewPacketConn(s.conn)
		err := errors.Join(p.SetMulticastInterface(&s.ifi), p.SetMulticastHopLimit(255), p.SetMulticastLoopback(true))
		if s.shared {
			_ = p.SetControlMessage(ipv6.FlagInterface, true) // Windows has none, and there all is heard
		}
		return err
	}
	p := ipv4.NewPacketConn(s.conn)
	err := errors.Join(p.SetMulticastInterface(&s.ifi), p.SetMulticastTTL(255), p.SetMulticastLoopback(true))
	if s.shared {
		_ = p.SetControlMessage(ipv4.FlagInterface, true)
	}
	return err
}

func (s *socket) send(packet []byte) error {
	group := group4
	if s.v6 {
		group = netip.AddrPortFrom(group6.Addr().WithZone(s.ifi.Name), mdnsPort)
	}
	_, err := s.conn.WriteToUDPAddrPort(packet, group)
	return err
}

// receive returns a packet and the mDNS responder on this link that sent it; of others, an invalid address.
func (s *socket) receive(buf []byte) (int, netip.Addr, error) {
	n, oobn, _, from, err := s.conn.ReadMsgUDPAddrPort(buf, s.oob[:])
	addr := from.Addr().Unmap()
	// RFC 6762 §6: responses from any other port are to be ignored.
	if err != nil || from.Port() != mdnsPort || !s.holds(addr) || !s.arrived(s.oob[:oobn]) {
		return n, netip.Addr{}, err
	}
	return n, addr, nil
}

// arrived tells whether a packet came in on this link, by its control message. Some systems give a socket whatever any
// program has joined, anywhere.
func (s *socket) arrived(oob []byte) bool {
	if s.v6 {
		var c ipv6.ControlMessage
		return c.Parse(oob) != nil || c.IfIndex == 0 || c.IfIndex == s.ifi.Index
	}
	var c ipv4.ControlMessage
	return c.Parse(oob) != nil || c.IfIndex == 0 || c.IfIndex == s.ifi.Index
}
