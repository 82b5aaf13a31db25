package discover

import (
	"context"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// asker is a source that speaks mDNS by itself, on one link, in one of two ways. From a port of its own it asks as
// a simple resolver does: answers come at once and by unicast (RFC 6762 §6.7), and nothing else is heard. On port
// 5353 it is one of those who listen to everything that is said (§5.2). Both fill one cache.
type asker struct {
	link
	cache  *cache
	shared bool
}

func newAskers(l link) []Source {
	c := newCache(l.ifi.Name)
	return []Source{&asker{l, c, false}, &asker{l, c, true}}
}

func (a *asker) String() string {
	if a.shared {
		return "mDNS on " + a.link.String()
	}
	return "mDNS query on " + a.link.String()
}

const (
	firstRepeat = time.Second // RFC 6762 §5.2 says when, for who asks from port 5353
	maxRepeat   = time.Hour
)

func (a *asker) Find(ctx context.Context, found func(Sighting)) error {
	s, err := a.open(a.shared)
	if err != nil {
		return err
	}
	if a.shared {
		a.cache.listeners.Add(1)
		defer a.cache.listeners.Add(-1)
	}
	var round time.Time
	n := 0
	next := func(now time.Time) (*dns.Msg, time.Time) {
		due := !now.Before(round)
		if due {
			// Either goes on, if rarely: some responders answer a port of its own alone, and some the group alone.
			wait := pause(n)
			if a.shared {
				wait = firstRepeat << min(n, 12)
			}
			round = now.Add(min(wait, maxRepeat))
			n++
		}
		m, wake := a.cache.ask(now, due, a.shared)
		if round.Before(wake) {
			wake = round
		}
		return m, wake
	}
	return s.exchange(ctx, next, func(m *dns.Msg, from netip.Addr) bool {
		sightings, incomplete := a.cache.add(m, from, a.shared, time.Now())
		for _, s := range sightings {
			found(s)
		}
		return incomplete
	})
}

// doubt asks for the board anew, and believes nothing older.
func (a *asker) doubt(b Board) { a.cache.doubt(b.Name, time.Now()) }
