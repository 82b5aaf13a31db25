//go:build !linux && !darwin && !freebsd

package discover

import "net"

func (l link) listenGroup() (*net.UDPConn, error) {
	if l.v6 {
		return net.ListenMulticastUDP("udp6", &l.ifi, net.UDPAddrFromAddrPort(group6))
	}
	return net.ListenMulticastUDP("udp4", &l.ifi, net.UDPAddrFromAddrPort(group4))
}
