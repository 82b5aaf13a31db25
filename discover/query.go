package discover

import (
	"context"
	"net/netip"

	"github.com/miekg/dns"
)

// query is the source that asks with packets of our own.
type query struct{ link }

func (q query) String() string { return "mDNS query on " + q.link.String() }

func (q query) Find(ctx context.Context, found func(Sighting)) error {
	r := newRecords(q.ifi.Name)
	return q.exchange(ctx, r.questions, func(m *dns.Msg, from netip.Addr) {
		r.add(m, from)
		for _, b := range r.boards() {
			found(Sighting{Board: b})
		}
	})
}
