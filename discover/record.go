package discover

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

const (
	maxTTL           = 75 * 60     // seconds
	goodbyeTTL       = time.Second // RFC 6762 §10.1
	reconfirmTimeout = 6 * time.Second
	notDue           = time.Hour // for a record that expires in a second: it is not asked for again
)

// record is a resource record with its times. rr is nil while the record is not known.
type record struct {
	rr      dns.RR
	heardAt time.Time
	expires time.Time
	due     time.Time     // when to ask for it again
	step    time.Duration // from then on until the next time
	direct  bool          // it is an address record that came from this very address
	gone    bool          // its last TTL was 0, a goodbye
}

func (r *record) live(now time.Time) bool { return r.rr != nil && now.Before(r.expires) }

// hear takes in a record that was sent to all (shared) or as a unicast response. The TTL of a unicast response is short
// (RFC 6762 §6.7); it does not shorten the life of a record that was sent to all.
func (r *record) hear(rr dns.RR, shared bool, now time.Time) {
	ttl := time.Duration(min(rr.Header().Ttl, maxTTL)) * time.Second
	if ttl == 0 {
		if r.rr != nil && !r.gone {
			*r = record{rr: r.rr, heardAt: now, expires: now.Add(goodbyeTTL), due: now.Add(notDue), gone: true}
		}
		return
	}
	if !shared && now.Add(ttl).Before(r.expires) && dns.IsDuplicate(withoutCacheFlush(rr), withoutCacheFlush(r.rr)) {
		r.heardAt = now
		return
	}
	*r = record{rr: rr, heardAt: now, expires: now.Add(ttl), direct: r.direct}
	// The record is asked for at 80, 85, 90 and 95 % of its life, and up to 2 % later, so that not all computers of a
	// network ask at once (RFC 6762 §5.2).
	r.step = ttl / 20
	r.due = now.Add(ttl*8/10 + time.Duration(rand.Int64N(int64(ttl/50)+1)))
}

// flush has the record expire in a second (RFC 6762 §10.2).
func (r *record) flush(now time.Time) { r.expires, r.due = now.Add(goodbyeTTL), now.Add(notDue) }

// reconfirm has the record asked for at once, and expire soon unless it is heard again (RFC 6762 §10.4).
func (r *record) reconfirm(now time.Time) {
	if soon := now.Add(reconfirmTimeout); r.rr != nil && !r.gone && r.expires.After(soon) {
		r.expires, r.due, r.step = soon, now, reconfirmTimeout/4
	}
}

func withoutCacheFlush(rr dns.RR) dns.RR {
	if rr.Header().Class&cacheFlush != 0 {
		rr = dns.Copy(rr)
		rr.Header().Class &^= cacheFlush
	}
	return rr
}

// addrOf returns the address in an A or AAAA record, or an invalid address if no host can have that one. Link-local IPv6
// addresses get the zone.
func addrOf(rr dns.RR, zone string) netip.Addr {
	var addr netip.Addr
	switch rr := rr.(type) {
	case *dns.A:
		addr, _ = netip.AddrFromSlice(rr.A)
		addr = addr.Unmap()
	case *dns.AAAA:
		addr, _ = netip.AddrFromSlice(rr.AAAA)
		if addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(zone)
		}
	}
	if !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}
	}
	return addr
}
