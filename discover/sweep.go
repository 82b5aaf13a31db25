package discover

import (
	"context"
	"io"
	"log"
	"net/netip"
	"strings"
	"time"

	"github.com/hashicorp/mdns"
)

// sweep is the source that uses hashicorp/mdns: the lenient reader beside our queriers, in a Scan only.
//
// A querier has to ignore a response from another port than 5353 (RFC 6762 §6) or from outside the link's networks
// (§11). A board can send no other if firmware that is not ours owns its port 5353, or if its netmask is wrong.
// hashicorp/mdns accepts such responses, so the sweep finds these boards.
//
// Nothing else is left to it, and of two sources it is believed last. It takes goodbyes and other hosts' questions for
// boards and does not say how long a sighting holds, so Watch could not learn from it that a board is gone. It reports
// one board per packet at most, none whose responder sends just the record it was asked for, and it hears multicast
// only where the system's multicast route leads.
type sweep struct{ link }

// sweepRound is how long hashicorp/mdns first waits for answers.
const sweepRound = 300 * time.Millisecond

func (s sweep) String() string { return "mDNS sweep on " + s.link.String() }

func (sweep) rank() rank { return rankSweep }

// reconfirm does nothing: each round of a sweep asks anew, and none remembers anything.
func (sweep) reconfirm(Board) {}

func (s sweep) find(ctx context.Context, report func(sighting)) error {
	for n := 0; ctx.Err() == nil; n++ {
		entries, err := s.round(ctx, sweepRound<<min(n, 3))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if b, ok := boardOf(e); ok {
				report(sighting{Board: b})
			}
		}
	}
	return nil
}

// round asks once and returns the entries when the timeout is over, or nothing if ctx ends before. hashicorp/mdns does
// not return when ctx ends, so it is then left alone until its timeout. Until it returns it goes on writing to the
// entries it has sent, so nothing reads them before.
func (s sweep) round(ctx context.Context, timeout time.Duration) ([]*mdns.ServiceEntry, error) {
	ch := make(chan *mdns.ServiceEntry, maxBoards)
	done := make(chan error, 1)
	go func() {
		done <- mdns.QueryContext(ctx, &mdns.QueryParam{
			Service:     strings.TrimSuffix(Service, ".local."),
			Timeout:     timeout,
			Interface:   &s.ifi,
			Entries:     ch,
			DisableIPv4: s.v6,
			DisableIPv6: !s.v6,
			Logger:      log.New(io.Discard, "", 0),
		})
	}()
	select {
	case <-ctx.Done():
		return nil, nil
	case err := <-done:
		if err != nil {
			return nil, err
		}
	}
	close(ch)
	var entries []*mdns.ServiceEntry
	for e := range ch {
		entries = append(entries, e)
	}
	return entries, nil
}

// boardOf returns the board of an entry; ok is false if the entry is none. hashicorp/mdns also returns services that it
// was not asked for.
func boardOf(e *mdns.ServiceEntry) (b Board, ok bool) {
	name := instanceName(e.Name)
	if name == "" || e.Port <= 0 || e.Port > 0xffff {
		return Board{}, false
	}
	b = Board{Name: name, Host: unescape(strings.TrimSuffix(e.Host, ".")), Port: uint16(e.Port)}
	if addr, ok := netip.AddrFromSlice(e.AddrV4); ok {
		b.Addr = addr.Unmap()
	} else if e.AddrV6IPAddr != nil {
		addr, _ := netip.AddrFromSlice(e.AddrV6IPAddr.IP)
		b.Addr = addr.WithZone(e.AddrV6IPAddr.Zone)
	}
	if !b.Addr.IsValid() || b.Addr.IsUnspecified() || b.Addr.IsMulticast() {
		return Board{}, false
	}
	b.describe(e.InfoFields)
	return b, true
}
