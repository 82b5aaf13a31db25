package discover

import (
	"context"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// querier is the source that speaks mDNS on one link, in one of two ways. From a port of its own it sends one-shot
// queries: they are answered at once and by unicast (RFC 6762 §5.1, §6.7), and it hears nothing else. On the shared port
// 5353 it queries continuously and hears whatever is sent to the group, announcements and goodbyes too (§5.2). The two
// queriers of a link fill one cache.
type querier struct {
	link
	cache  *cache
	shared bool
}

func newQueriers(l link) []source {
	c := newCache(l.ifi.Name)
	return []source{&querier{l, c, false}, &querier{l, c, true}}
}

func (q *querier) String() string {
	if q.shared {
		return "mDNS on " + q.link.String()
	}
	return "mDNS query on " + q.link.String()
}

func (*querier) rank() rank { return rankMDNS }

const (
	firstPause = time.Second // on port 5353: RFC 6762 §5.2
	maxPause   = time.Hour
)

func (q *querier) find(ctx context.Context, report func(sighting)) error {
	s, err := q.open(q.shared)
	if err != nil {
		return err
	}
	if q.shared {
		q.cache.listeners.Add(1)
		defer q.cache.listeners.Add(-1)
	}
	var round time.Time // the next one
	n := 0
	next := func(now time.Time) (*dns.Msg, time.Time) {
		due := !now.Before(round)
		if due {
			// Both go on asking, if rarely: some responders answer only queries from a port of its own, others only those
			// from port 5353.
			pause := repeatPause(n)
			if q.shared {
				pause = firstPause << min(n, 12)
			}
			round = now.Add(min(pause, maxPause))
			n++
		}
		m, wake := q.cache.ask(now, due, q.shared)
		if round.Before(wake) {
			wake = round
		}
		return m, wake
	}
	return s.exchange(ctx, next, func(m *dns.Msg, from netip.Addr) bool {
		sightings, incomplete := q.cache.add(m, from, q.shared, time.Now())
		for _, seen := range sightings {
			report(seen)
		}
		return incomplete
	})
}

func (q *querier) reconfirm(b Board) { q.cache.reconfirm(b.Name, time.Now()) }
