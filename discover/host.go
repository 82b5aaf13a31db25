package discover

import (
	"net/netip"
	"slices"
	"time"

	"github.com/miekg/dns"
)

const maxAddrs = 8 // of one host

// hostRecords are the address records of a host, a target of SRV records.
type hostRecords struct {
	name      string
	addrs     []record
	instances []string // their keys in cache.instances
}

// hear takes in an address record. It reports whether the record was of use.
func (h *hostRecords) hear(rr dns.RR, addr, from netip.Addr, shared bool, now time.Time) bool {
	if !addr.IsValid() {
		return false
	}
	if rr.Header().Class&cacheFlush != 0 {
		// What was heard more than a second ago and is not in this packet is over (RFC 6762 §10.2).
		for i := range h.addrs {
			r := &h.addrs[i]
			if r.rr.Header().Rrtype == rr.Header().Rrtype && now.Sub(r.heardAt) > goodbyeTTL && r.expires.After(now.Add(goodbyeTTL)) {
				r.flush(now)
			}
		}
	}
	i := slices.IndexFunc(h.addrs, func(r record) bool { return dns.IsDuplicate(withoutCacheFlush(r.rr), withoutCacheFlush(rr)) })
	if i < 0 {
		h.addrs = slices.DeleteFunc(h.addrs, func(r record) bool { return !r.live(now) })
		if len(h.addrs) == maxAddrs || rr.Header().Ttl == 0 {
			return false
		}
		i = len(h.addrs)
		h.addrs = append(h.addrs, record{})
	}
	h.addrs[i].hear(rr, shared, now)
	h.addrs[i].direct = addr == from
	return true
}

// best returns the address record to use: the address that has answered, or else an IPv4 address, or else the one heard
// last. If there is none, the rr of the record returned is nil.
func (h *hostRecords) best(now time.Time) (best record) {
	if h == nil {
		return record{}
	}
	score := func(r record) int {
		n := 0
		if r.gone {
			n -= 4
		}
		if r.direct {
			n += 2
		}
		if r.rr.Header().Rrtype == dns.TypeA {
			n++
		}
		return n
	}
	for _, r := range h.addrs {
		if !r.live(now) {
			continue
		}
		if best.rr == nil || score(r) > score(best) || score(r) == score(best) && r.heardAt.After(best.heardAt) {
			best = r
		}
	}
	return best
}
