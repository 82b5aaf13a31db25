//go:build !linux && !darwin && !freebsd

package discover

import (
	"net"

	"golang.org/x/net/ipv4"
)

func (l link) listenGroup() (*net.UDPConn, error) {
	if l.v6 {
		return net.ListenMulticastUDP("udp6", &l.ifi, net.UDPAddrFromAddrPort(group6))
	}
	return net.ListenMulticastUDP("udp4", &l.ifi, net.UDPAddrFromAddrPort(group4))
}

func (s *socket) sendFromLink(p *ipv4.PacketConn) error { return p.SetMulticastInterface(&s.ifi) }
