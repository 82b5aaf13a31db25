package discover

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/miekg/dns"
)

const (
	unicastWanted = 1 << 15 // the QU bit, RFC 6762 §5.4
	flushCache    = 1 << 15 // RFC 6762 §10.2
	maxBadReads   = 16
)

// pause is how long to wait after the n-th sending of what is asked again and again: WiFi loses multicast, and who was
// not heard at first is waited for.
func pause(n int) time.Duration {
	switch {
	case n < 2:
		return 100 * time.Millisecond
	case n < opening:
		return 150 * time.Millisecond
	}
	return 300 * time.Millisecond << min(n-opening, 14)
}

// opening is how often is asked in quick succession, for 1.4 s.
const opening = 10

// exchange sends what next returns and hands over the responses, until ctx ends. next says when to call it again; after
// a response for which handle returns true that is at once. Both are called on one goroutine.
func (s *socket) exchange(ctx context.Context, next func(time.Time) (*dns.Msg, time.Time), handle func(*dns.Msg, netip.Addr) bool) error {
	defer s.conn.Close()
	defer context.AfterFunc(ctx, func() { s.conn.Close() })()
	var id uint16 // RFC 6762 §18.1: only for who asks from a port of its own
	if !s.shared {
		id = dns.Id()
	}
	buf := make([]byte, maxPacket)
	var wake time.Time
	for bad := 0; ; {
		if now := time.Now(); !now.Before(wake) {
			var m *dns.Msg
			if m, wake = next(now); m != nil {
				m.Id, m.Compress = id, true
				packet, err := m.Pack()
				if err != nil {
					return fmt.Errorf("packing a question: %w", err)
				}
				if err := s.send(packet); err != nil {
					return unlessOver(ctx, err)
				}
			}
		}
		if err := s.conn.SetReadDeadline(wake); err != nil {
			return unlessOver(ctx, err)
		}
		n, from, err := s.receive(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			bad = 0
		case ctx.Err() != nil:
			return nil
		case err != nil:
			// An ICMP error of an earlier packet, or a datagram too long: the next read may do.
			if bad++; bad == maxBadReads {
				return err
			}
		case from.IsValid():
			if m := parseResponse(buf[:n]); m != nil && (s.shared || m.Id == id || m.Id == 0) {
				if handle(m, from) {
					wake = time.Time{}
				}
			}
		}
	}
}

// unlessOver keeps quiet about the error of a socket that was closed because the time is over.
func unlessOver(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// parseResponse returns nil for anything but a good response. Most packets of a busy network are none: they are
// known by their header.
func parseResponse(packet []byte) *dns.Msg {
	const response, opcode, rcode = 0x80, 0x78, 0x0f
	if len(packet) < 12 || packet[2]&(response|opcode) != response || packet[3]&rcode != 0 {
		return nil
	}
	m := new(dns.Msg)
	if m.Unpack(packet) != nil {
		return nil
	}
	// The library takes what there is of a packet that promises more.
	for i, n := range []int{len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra)} {
		if int(binary.BigEndian.Uint16(packet[4+2*i:])) != n {
			return nil
		}
	}
	return m
}
