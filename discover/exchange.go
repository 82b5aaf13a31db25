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
	unicastWanted = 1 << 15 // in a question's class: the QU bit, RFC 6762 §5.4
	cacheFlush    = 1 << 15 // in a record's class: RFC 6762 §10.2

	maxReadFailures = 16 // in a row
	quickRepeats    = 10 // questions asked in quick succession, within 1.4 s
)

// repeatPause returns how long to wait after asking for the n-th time, counted from 0. WiFi loses multicast packets, so
// the first questions follow each other quickly; a board that has not heard them by then may come at any time.
func repeatPause(n int) time.Duration {
	switch {
	case n < 2:
		return 100 * time.Millisecond
	case n < quickRepeats:
		return 150 * time.Millisecond
	}
	return 300 * time.Millisecond << min(n-quickRepeats, 14)
}

// exchange sends the queries that next returns and passes the responses to handle, until ctx ends. next also returns
// when to call it again; after a response for which handle returns true it is called at once. Both are called on the
// same goroutine.
func (s *socket) exchange(ctx context.Context, next func(time.Time) (*dns.Msg, time.Time), handle func(*dns.Msg, netip.Addr) bool) error {
	defer s.conn.Close()
	defer context.AfterFunc(ctx, func() { s.conn.Close() })()
	var id uint16 // 0 for queries from port 5353: RFC 6762 §18.1
	if !s.shared {
		id = dns.Id()
	}
	buf := make([]byte, maxPacket)
	var wake time.Time
	for failures := 0; ; {
		if now := time.Now(); !now.Before(wake) {
			var m *dns.Msg
			if m, wake = next(now); m != nil {
				m.Id, m.Compress = id, true
				packet, err := m.Pack()
				if err != nil {
					return fmt.Errorf("packing a question: %w", err)
				}
				if err := s.send(packet); err != nil {
					return unlessDone(ctx, err)
				}
			}
		}
		if err := s.conn.SetReadDeadline(wake); err != nil {
			return unlessDone(ctx, err)
		}
		n, from, err := s.receive(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			failures = 0
		case ctx.Err() != nil:
			return nil
		case err != nil:
			// This can be the ICMP error of an earlier packet, or a packet that is too long. The next read can succeed.
			if failures++; failures == maxReadFailures {
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

// unlessDone drops the error of a socket that was closed because ctx has ended.
func unlessDone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// parseResponse returns nil for anything but a good response. On a busy network most packets are something else, so
// the header is checked before the whole packet is unpacked.
func parseResponse(packet []byte) *dns.Msg {
	const response, opcode, rcode = 0x80, 0x78, 0x0f
	if len(packet) < 12 || packet[2]&(response|opcode) != response || packet[3]&rcode != 0 {
		return nil
	}
	m := new(dns.Msg)
	if m.Unpack(packet) != nil {
		return nil
	}
	// The library accepts a packet with fewer records than its header promises. Such a packet is truncated.
	for i, n := range []int{len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra)} {
		if int(binary.BigEndian.Uint16(packet[4+2*i:])) != n {
			return nil
		}
	}
	return m
}
