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
)

// The other end is firmware/board/lib/mpctl/beacon.py.
const (
	beaconPort     = 50353
	beaconQuestion = "mpctl?"
	maxAnswer      = 2048 // bytes

	// How often at the most, which is how soon a Watch knows that a board has become silent, and where nobody may be.
	beaconEvery     = 5 * time.Second
	rememberedEvery = time.Minute
)

// beacon is the source that asks whoever listens on the boards' own port: it finds those whose mDNS does not get
// through, or belongs to firmware that knows nothing of us. The answer comes at once.
type beacon struct {
	name  string
	local netip.Addr            // to ask from; invalid: any
	to    []netip.Addr          // broadcast addresses, or boards of an earlier time
	from  func(netip.Addr) bool // who may answer
	every time.Duration         // at the most, between questions
}

// newBeacons returns the beacon of a link, none if nothing can be broadcast on it.
func newBeacons(l link) []Source {
	var sources []Source
	for _, p := range l.prefixes {
		if to, ok := broadcast(p); ok {
			sources = append(sources, beacon{"beacon on " + l.ifi.Name, p.Addr(), []netip.Addr{to}, p.Contains, beaconEvery})
		}
	}
	return sources
}

// broadcast returns the address of everybody in an IPv4 network.
func broadcast(p netip.Prefix) (netip.Addr, bool) {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return netip.Addr{}, false
	}
	a := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		a[bit/8] |= 0x80 >> (bit % 8)
	}
	return netip.AddrFrom4(a), true
}

// remembered asks boards of an earlier time where they were then.
func remembered(boards []Board) []Source {
	var at []netip.Addr
	for _, b := range boards {
		if b.Addr.Is4() && !slices.Contains(at, b.Addr) {
			at = append(at, b.Addr)
		}
	}
	if len(at) == 0 {
		return nil
	}
	from := func(a netip.Addr) bool { return slices.Contains(at, a) }
	return []Source{beacon{"beacon of remembered boards", netip.Addr{}, at, from, rememberedEvery}}
}

func (b beacon) String() string { return b.name }

func (b beacon) Find(ctx context.Context, found func(Sighting)) error {
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
	_ = conn.SetReadBuffer(1 << 20)
	buf := make([]byte, maxAnswer+1)
	var round time.Time
	for n, bad := 0, 0; ; {
		if now := time.Now(); !now.Before(round) {
			round = now.Add(min(pause(n), b.every))
			n++
			if err := b.ask(conn); err != nil {
				return unlessOver(ctx, err)
			}
		}
		if err := conn.SetReadDeadline(round); err != nil {
			return unlessOver(ctx, err)
		}
		size, from, err := conn.ReadFromUDPAddrPort(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			bad = 0
		case ctx.Err() != nil:
			return nil
		case err != nil: // an ICMP error of an earlier packet: the next read may do
			if bad++; bad == maxBadReads {
				return err
			}
		case from.Port() == beaconPort && b.from(from.Addr().Unmap()):
			if board, ok := parseBeacon(buf[:size], from.Addr().Unmap()); ok {
				found(Sighting{Board: board, TTL: 3*b.every + time.Second})
			}
		}
	}
}

// ask fails if nobody could be asked.
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

// parseBeacon takes an answer apart. The board is where the answer came from, whatever it says.
func parseBeacon(data []byte, from netip.Addr) (Board, bool) {
	var answer struct {
		Name, ID, FW, Board string
		Port                uint16
		Sensors             []string
	}
	if len(data) > maxAnswer || json.Unmarshal(data, &answer) != nil {
		return Board{}, false
	}
	id := strings.ToLower(answer.ID)
	if answer.Name == "" || len(answer.Name) > maxLabel || !isHex(id) || answer.Port == 0 {
		return Board{}, false
	}
	b := Board{Name: answer.Name, ID: id, Addr: from, Port: answer.Port, Model: clip(answer.Board), Firmware: clip(answer.FW)}
	b.addSensors(answer.Sensors)
	return b, true
}
