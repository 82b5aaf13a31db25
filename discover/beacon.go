package discover

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"mpctl/internal/identity"
)

// The other end is firmware/board/lib/mpctl/beacon.py.
const (
	beaconPort      = 50353
	beaconQuestion  = "mpctl?"
	maxBeaconAnswer = 2048 // bytes

	// The longest pause between questions. On a link the pause decides how soon Watch notices that a board is silent;
	// where a board was earlier there may be nobody to ask.
	maxBeaconPause      = 5 * time.Second
	maxKnownBeaconPause = time.Minute
)

// beacon is the source that asks on the boards' own port. It finds boards whose mDNS does not get through, or whose
// port 5353 belongs to firmware other than ours. A board answers at once.
type beacon struct {
	name     string
	local    netip.Addr            // to ask from; invalid: any
	to       []netip.Addr          // broadcast addresses, or addresses of known boards
	accepts  func(netip.Addr) bool // reports whether an answer from an address counts
	maxPause time.Duration         // between questions
}

// newBeacons returns one beacon for each IPv4 network of a link.
func newBeacons(l link) []source {
	var sources []source
	for _, p := range l.prefixes {
		if to, ok := broadcast(p); ok {
			sources = append(sources, beacon{"beacon on " + l.ifi.Name, p.Addr(), []netip.Addr{to}, p.Contains, maxBeaconPause})
		}
	}
	return sources
}

// broadcast returns the broadcast address of an IPv4 network; ok is false if the network has none.
func broadcast(p netip.Prefix) (addr netip.Addr, ok bool) {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return netip.Addr{}, false
	}
	a := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(a), true
}

// newKnownBeacons returns the beacon that asks known boards where they were, if there are any.
func newKnownBeacons(boards []Board) []source {
	var addrs []netip.Addr
	for _, b := range boards {
		if b.Addr.Is4() && !slices.Contains(addrs, b.Addr) {
			addrs = append(addrs, b.Addr)
		}
	}
	if len(addrs) == 0 {
		return nil
	}
	accepts := func(a netip.Addr) bool { return slices.Contains(addrs, a) }
	return []source{beacon{"beacon of remembered boards", netip.Addr{}, addrs, accepts, maxKnownBeaconPause}}
}

func (b beacon) String() string { return b.name }

func (beacon) rank() rank { return rankBeacon }

// reconfirm does nothing: a beacon asks again anyway, and remembers nothing.
func (beacon) reconfirm(Board) {}

func (b beacon) find(ctx context.Context, report func(sighting)) error {
	var local *net.UDPAddr
	if b.local.IsValid() {
		local = net.UDPAddrFromAddrPort(netip.AddrPortFrom(b.local, 0))
	}
	conn, err := net.ListenUDP("udp4", local)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetReadBuffer(readBuffer)
	buf := make([]byte, maxBeaconAnswer+1)
	var round time.Time // the next one
	for n, failures := 0, 0; ; {
		if now := time.Now(); !now.Before(round) {
			round = now.Add(min(repeatPause(n), b.maxPause))
			n++
			if err := b.ask(conn); err != nil {
				return unlessDone(ctx, err)
			}
		}
		if err := conn.SetReadDeadline(round); err != nil {
			return unlessDone(ctx, err)
		}
		size, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			failures = 0
		case ctx.Err() != nil:
			return nil
		case err != nil: // This can be the ICMP error of an earlier packet, and the next read can succeed.
			if failures++; failures == maxReadFailures {
				return err
			}
		case from.Port() == beaconPort && b.accepts(from.Addr().Unmap()):
			if found, ok := parseBeacon(buf[:size], from.Addr().Unmap()); ok {
				report(sighting{Board: found, ttl: 3*b.maxPause + time.Second})
			}
		}
	}
}

// ask sends the question to all addresses. An error is returned if it could be sent to none.
func (b beacon) ask(conn *net.UDPConn) error {
	var failed []error
	for _, to := range b.to {
		if _, err := conn.WriteToUDPAddrPort([]byte(beaconQuestion), netip.AddrPortFrom(to, beaconPort)); err != nil {
			failed = append(failed, err)
		}
	}
	if len(failed) < len(b.to) {
		return nil
	}
	return failed[0]
}

// parseBeacon returns the board that has answered; ok is false if the answer is no board's. The board's address is the
// one that the answer came from, whatever the answer says.
func parseBeacon(data []byte, from netip.Addr) (b Board, ok bool) {
	var answer struct {
		Name, ID, FW, Board string
		Port                uint16
		Sensors             []string
	}
	if len(data) > maxBeaconAnswer || json.Unmarshal(data, &answer) != nil {
		return Board{}, false
	}
	id := strings.ToLower(answer.ID)
	if answer.Name == "" || len(answer.Name) > identity.MaxText || !identity.IsID(id) || answer.Port == 0 {
		return Board{}, false
	}
	b = Board{Name: answer.Name, ID: id, Addr: from, Port: answer.Port, Model: clip(answer.Board), Firmware: clip(answer.FW)}
	b.addSensors(answer.Sensors)
	return b, true
}
