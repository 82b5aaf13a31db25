package discover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const (
	mdnsPort      = 5353
	maxPacket     = 9000    // RFC 6762 §17
	unicastWanted = 1 << 15 // the QU bit, RFC 6762 §5.4
	maxBadReads   = 16
)

var (
	group4 = netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), mdnsPort)
	group6 = netip.AddrPortFrom(netip.MustParseAddr("ff02::fb"), mdnsPort)
)

// resendInterval is the pause after the n-th sending of a question: WiFi loses multicast.
func resendInterval(n int) time.Duration {
	switch n {
	case 0:
		return 300 * time.Millisecond
	case 1:
		return 700 * time.Millisecond
	case 2:
		return time.Second
	}
	return 2 * time.Second
}

// exchange multicasts questions again and again until ctx ends, and hands over the responses. It asks from a
// port of its own, so that the answers come by unicast (RFC 6762 §6.7): neither port 5353 nor group membership
// is needed. What to ask is asked before each sending, on the goroutine that also handles the responses.
func (l link) exchange(ctx context.Context, questions func() []dns.Question, handle func(*dns.Msg, netip.Addr)) error {
	conn, err := l.listen()
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	group := group4
	if l.v6 {
		group = netip.AddrPortFrom(group6.Addr().WithZone(l.ifi.Name), mdnsPort)
	}
	id := dns.Id()
	buf := make([]byte, maxPacket)
	var next time.Time
	for sent, bad := 0, 0; ; {
		if now := time.Now(); !now.Before(next) {
			m := dns.Msg{MsgHdr: dns.MsgHdr{Id: id}, Question: questions()}
			packet, err := m.Pack()
			if err != nil {
				return fmt.Errorf("packing a question: %w", err)
			}
			if _, err := conn.WriteToUDPAddrPort(packet, group); err != nil {
				return ended(ctx, err)
			}
			next = now.Add(resendInterval(sent))
			sent++
		}
		if err := conn.SetReadDeadline(next); err != nil {
			return ended(ctx, err)
		}
		n, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
		case ctx.Err() != nil:
			return nil
		case err != nil:
			// An ICMP error of an earlier packet, or a datagram too long: the next read may do.
			if bad++; bad == maxBadReads {
				return err
			}
		case from.Port() == mdnsPort: // RFC 6762 §6: others are to be ignored
			if m := parseResponse(buf[:n], id); m != nil {
				handle(m, from.Addr().Unmap())
			}
		}
	}
}

// ended keeps quiet about the error of a socket that was closed because the time is over.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (l link) listen() (*net.UDPConn, error) {
	if l.v6 {
		conn, err := net.ListenUDP("udp6", nil)
		if err != nil {
			return nil, err
		}
		p := ipv6.NewPacketConn(conn)
		err = errors.Join(p.SetMulticastInterface(&l.ifi), p.SetMulticastHopLimit(255), p.SetMulticastLoopback(true))
		if err != nil {
			conn.Close()
			return nil, err
		}
		return conn, nil
	}
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return nil, err
	}
	p := ipv4.NewPacketConn(conn)
	err = errors.Join(p.SetMulticastInterface(&l.ifi), p.SetMulticastTTL(255), p.SetMulticastLoopback(true))
	if err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// parseResponse returns nil for anything but a good response to the question with the given id. Responders that
// go by the QU bit alone answer with id 0 (RFC 6762 §18.1).
func parseResponse(packet []byte, id uint16) *dns.Msg {
	m := new(dns.Msg)
	if err := m.Unpack(packet); err != nil {
		return nil
	}
	if !m.Response || m.Opcode != dns.OpcodeQuery || m.Rcode != dns.RcodeSuccess || m.Id != id && m.Id != 0 {
		return nil
	}
	return m
}
