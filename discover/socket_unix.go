//go:build linux || darwin || freebsd

package discover

import (
	"errors"
	"net"
	"os"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// listenGroup returns a socket bound to the group's address, which package net cannot open. A socket bound to every
// address would take unicast packets away from the computer's own responder.
func (l link) listenGroup() (*net.UDPConn, error) {
	family, level, join := unix.AF_INET, unix.IPPROTO_IP, joinGroup4
	var addr unix.Sockaddr = &unix.SockaddrInet4{Port: mdnsPort, Addr: group4.Addr().As4()}
	if l.v6 {
		family, level, join = unix.AF_INET6, unix.IPPROTO_IPV6, joinGroup6
		addr = &unix.SockaddrInet6{Port: mdnsPort, Addr: group6.Addr().As16(), ZoneId: uint32(l.ifi.Index)}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	unix.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "mdns")
	defer f.Close() // FilePacketConn duplicates the descriptor.
	err = errors.Join(
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)),
		os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)),
		onlyJoined(fd, level, l.v6),
	)
	if err != nil {
		return nil, err
	}
	if err := unix.Bind(fd, addr); err != nil {
		return nil, os.NewSyscallError("bind to port 5353", err)
	}
	if err := join(fd, l.ifi.Index); err != nil {
		return nil, os.NewSyscallError("join multicast group", err)
	}
	conn, err := net.FilePacketConn(f)
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// sendFromLink chooses the interface to multicast on, and the source address: without a route the system may choose
// 0.0.0.0, and Avahi does not answer that.
func (s *socket) sendFromLink(*ipv4.PacketConn) error {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return err
	}
	from := &unix.IPMreqn{Address: s.prefixes[0].Addr().As4(), Ifindex: int32(s.ifi.Index)}
	cerr := raw.Control(func(fd uintptr) { err = unix.SetsockoptIPMreqn(int(fd), unix.IPPROTO_IP, unix.IP_MULTICAST_IF, from) })
	return errors.Join(cerr, os.NewSyscallError("setsockopt", err))
}

func joinGroup4(fd, index int) error {
	return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, &unix.IPMreqn{
		Multiaddr: group4.Addr().As4(), Ifindex: int32(index),
	})
}

func joinGroup6(fd, index int) error {
	return unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP, &unix.IPv6Mreq{
		Multiaddr: group6.Addr().As16(), Interface: uint32(index),
	})
}
