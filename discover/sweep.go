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

// sweep is the source that is hashicorp/mdns. It binds port 5353 as well, so it hears boards whose answers are
// multicast; it needs a multicast route, and reports one instance a packet at most.
type sweep struct{ link }

// sweepRound is how long the library waits for answers at first.
const sweepRound = 300 * time.Millisecond

func (s sweep) String() string { return "mDNS sweep on " + s.link.String() }

func (s sweep) Find(ctx context.Context, found func(Sighting)) error {
	for n := 0; ctx.Err() == nil; n++ {
		entries, err := s.round(ctx, sweepRound<<min(n, 3))
		if err != nil {
			return err
		}
		for _, e := range entries {
			if b, ok := boardOf(e); ok {
				found(Sighting{Board: b})
			}
		}
	}
	return nil
}

// round asks once. The library does not return when ctx ends, so it is left to its own timeout then; and it
// goes on writing to the entries it has sent until it returns, so they are not looked at before.
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

// boardOf turns an entry into a board. The library also returns what it was not asked for.
func boardOf(e *mdns.ServiceEntry) (Board, bool) {
	name := instanceName(e.Name)
	if name == "" || e.Port <= 0 || e.Port > 0xffff {
		return Board{}, false
	}
	b := Board{Name: name, Host: unescape(strings.TrimSuffix(e.Host, ".")), Port: uint16(e.Port)}
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
