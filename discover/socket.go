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
	maxPacket = 9000 // bytes: RFC 6762 §17

	// readBuffer holds the answers of more than one network that come in one burst. The system may grant less.
	readBuffer = 1 << 20
)

var (
	group4 = netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), mdnsPort)
	group6 = netip.AddrPortFrom(netip.MustParseAddr("ff02::fb"), mdnsPort)
)

// socket sends to the mDNS group of one link. It receives either what is sent to its own port, or, if shared with the
// other mDNS programs of this computer, what is sent to the group.
type socket struct {
	link
	shared bool
	conn   *net.UDPConn
	oob    [128]byte
}

// open returns a socket on the link. Only a shared one needs port 5353 and joins the group.
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
	_ = s.conn.SetReadBuffer(readBuffer)
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
			_ = p.SetControlMessage(ipv6.FlagInterface, true) // Windows has no such messages: it accepts all packets.
		}
		return err
	}
	p := ipv4.NewPacketConn(s.conn)
	err := errors.Join(s.sendFromLink(p), p.SetMulticastTTL(255), p.SetMulticastLoopback(true))
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

// receive returns the length of a packet and the address of the mDNS responder on this link that sent it. The address is
// invalid if the packet came from anywhere else.
func (s *socket) receive(buf []byte) (int, netip.Addr, error) {
	n, oobn, _, from, err := s.conn.ReadMsgUDPAddrPort(buf, s.oob[:])
	addr := from.Addr().Unmap()
	// RFC 6762 §6: responses from any other port are to be ignored.
	if err != nil || from.Port() != mdnsPort || !s.contains(addr) || !s.arrivedHere(s.oob[:oobn]) {
		return n, netip.Addr{}, err
	}
	return n, addr, nil
}

// arrivedHere reports whether a packet came in on this link, by its control message. Some systems also give a socket the
// packets for groups that other programs have joined on other interfaces.
func (s *socket) arrivedHere(oob []byte) bool {
	if s.v6 {
		var c ipv6.ControlMessage
		return c.Parse(oob) != nil || c.IfIndex == 0 || c.IfIndex == s.ifi.Index
	}
	var c ipv4.ControlMessage
	return c.Parse(oob) != nil || c.IfIndex == 0 || c.IfIndex == s.ifi.Index
}
