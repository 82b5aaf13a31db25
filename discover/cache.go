package discover

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

const (
	maxBoards    = 4096
	maxAddrs     = 8    // addresses of one host
	maxPerHost   = 16   // boards on one host
	maxTXT       = 1300 // bytes, RFC 6763 §6.2
	maxQuestions = 16   // in one packet: no board answers more, and it stays below any MTU
	maxKnown     = 32   // answers in one packet, likewise
	maxTries     = 8    // for what an announcement has left out
	maxTTL       = 75 * 60
	doubtFor     = 6 * time.Second
	goodbye      = time.Second // RFC 6762 §10.1
	idle         = time.Second // at the latest then, what has come in by the other socket of a link is looked at
)

// cache is what has been said about our service on one link, until it expires. Nothing else is kept: what a network
// says about other services has no end.
type cache struct {
	zone      string       // of link-local IPv6 addresses
	listeners atomic.Int32 // they keep the cache fresh, and others only where there is none

	mu        sync.Mutex
	instances map[string]*instance // names in canonical form: their case does not count (RFC 6762 §16)
	hosts     map[string]*host
}

func newCache(zone string) *cache {
	return &cache{zone: zone, instances: map[string]*instance{}, hosts: map[string]*host{}}
}

// instance is a board's service. A record's rr is nil until it is known.
type instance struct {
	name          string // as its board spells it
	host          string
	ptr, srv, txt record
	tries         int // to get what is missing
	next          time.Time
}

// host is a target of SRV records.
type host struct {
	name      string
	addrs     []record
	instances []string
}

// record is a resource record with its times.
type record struct {
	rr      dns.RR
	heard   time.Time
	expires time.Time
	due     time.Time // when to ask for it again, and
	step    time.Duration
	direct  bool // an address record that came from this address
	gone    bool // its time to live was 0
}

func (r *record) live(now time.Time) bool { return r.rr != nil && now.Before(r.expires) }

// hear takes in a record. One that was said to us alone has a short life (RFC 6762 §6.7), which does not end that of
// a longer one.
func (r *record) hear(rr dns.RR, shared bool, now time.Time) {
	ttl := time.Duration(min(rr.Header().Ttl, maxTTL)) * time.Second
	if ttl == 0 {
		if r.rr != nil && !r.gone {
			*r = record{rr: r.rr, heard: now, expires: now.Add(goodbye), due: now.Add(time.Hour), gone: true}
		}
		return
	}
	if !shared && now.Add(ttl).Before(r.expires) && dns.IsDuplicate(plain(rr), plain(r.rr)) {
		r.heard = now
		return
	}
	*r = record{rr: rr, heard: now, expires: now.Add(ttl), direct: r.direct}
	// At 80, 85, 90 and 95 % of its life, and up to 2 % later: not all at once (RFC 6762 §5.2).
	r.step = ttl / 20
	r.due = now.Add(ttl*8/10 + time.Duration(rand.Int64N(int64(ttl/50)+1)))
}

// plain is rr without its cache-flush bit.
func plain(rr dns.RR) dns.RR {
	if rr.Header().Class&flushCache != 0 {
		rr = dns.Copy(rr)
		rr.Header().Class &^= flushCache
	}
	return rr
}

// add takes in a response. It returns what that says about boards of which everything is known, and whether of others
// something has to be asked for.
func (c *cache) add(m *dns.Msg, from netip.Addr, shared bool, now time.Time) (sightings []Sighting, incomplete bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var touched []string
	touch := func(keys ...string) {
		for _, key := range keys {
			if !slices.Contains(touched, key) {
				touched = append(touched, key)
			}
		}
	}
	// A host is known by an SRV record only, an instance by a PTR record: wherever in the packet they are.
	records := slices.Concat(m.Answer, m.Extra)
	for _, rr := range records {
		if ptr, ok := rr.(*dns.PTR); ok && dns.CanonicalName(ptr.Hdr.Name) == Service && instanceName(ptr.Ptr) != "" {
			key := dns.CanonicalName(ptr.Ptr)
			if in := c.instance(key, ptr, now); in != nil {
				in.ptr.hear(rr, shared, now)
				touch(key)
			}
		}
	}
	for _, rr := range records {
		key := dns.CanonicalName(rr.Header().Name)
		in := c.instances[key]
		if in == nil {
			continue
		}
		switch rr := rr.(type) {
		case *dns.SRV:
			if c.setHost(key, in, rr) {
				in.srv.hear(rr, shared, now)
			}
		case *dns.TXT:
			if size(rr.Txt) > maxTXT {
				continue
			}
			in.txt.hear(rr, shared, now)
		default:
			continue
		}
		touch(key)
	}
	for _, rr := range records {
		switch rr.(type) {
		case *dns.A, *dns.AAAA:
			if h := c.hosts[dns.CanonicalName(rr.Header().Name)]; h != nil && h.hear(rr, addrOf(rr, c.zone), from, shared, now) {
				touch(h.instances...)
			}
		}
	}
	for _, key := range touched {
		if s, ok := c.sighting(c.instances[key], now); ok {
			sightings = append(sightings, s)
		} else {
			incomplete = true
		}
	}
	return sightings, incomplete
}

// instance returns the instance of a PTR record, a new one if there is room.
func (c *cache) instance(key string, ptr *dns.PTR, now time.Time) *instance {
	in := c.instances[key]
	if in == nil && ptr.Hdr.Ttl > 0 && len(c.instances) < maxBoards {
		in = &instance{next: now}
		c.instances[key] = in
	}
	if in != nil {
		in.name = ptr.Ptr
	}
	return in
}

// setHost makes the target of an SRV record the instance's host, if there is room.
func (c *cache) setHost(key string, in *instance, srv *dns.SRV) bool {
	name := dns.CanonicalName(srv.Target)
	if in.host == name {
		return true
	}
	h := c.hosts[name]
	if h == nil {
		h = &host{name: srv.Target}
	} else if len(h.instances) == maxPerHost {
		return false
	}
	c.leaveHost(key, in)
	c.hosts[name] = h
	in.host = name
	h.instances = append(h.instances, key)
	return true
}

func (c *cache) leaveHost(key string, in *instance) {
	if h := c.hosts[in.host]; h != nil {
		h.instances = slices.DeleteFunc(h.instances, func(k string) bool { return k == key })
		if len(h.instances) == 0 {
			delete(c.hosts, in.host)
		}
	}
}

func size(txt []string) (n int) {
	for _, s := range txt {
		n += len(s)
	}
	return n
}

// hear takes in an address record; it returns false if there is nothing in it.
func (h *host) hear(rr dns.RR, addr, from netip.Addr, shared bool, now time.Time) bool {
	if !addr.IsValid() {
		return false
	}
	if rr.Header().Class&flushCache != 0 { // what this packet does not repeat is over
		for i := range h.addrs {
			r := &h.addrs[i]
			if r.rr.Header().Rrtype == rr.Header().Rrtype && now.Sub(r.heard) > goodbye && r.expires.After(now.Add(goodbye)) {
				r.expires, r.due = now.Add(goodbye), now.Add(time.Hour)
			}
		}
	}
	i := slices.IndexFunc(h.addrs, func(r record) bool { return dns.IsDuplicate(plain(r.rr), plain(rr)) })
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

// best returns the address record to use: the one that has answered, or else IPv4 and what was heard last.
func (h *host) best(now time.Time) (best record) {
	if h == nil {
		return record{}
	}
	rank := func(r record) int {
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
		if best.rr == nil || rank(r) > rank(best) || rank(r) == rank(best) && r.heard.After(best.heard) {
			best = r
		}
	}
	return best
}

// addrOf returns the address in an A or AAAA record, invalid if no host can have it.
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

// sighting returns the board of an instance if everything is known of it.
func (c *cache) sighting(in *instance, now time.Time) (Sighting, bool) {
	addr := c.hosts[in.host].best(now)
	if !in.ptr.live(now) || !in.srv.live(now) || !in.txt.live(now) || addr.rr == nil {
		return Sighting{}, false
	}
	srv := in.srv.rr.(*dns.SRV)
	if srv.Port == 0 {
		return Sighting{}, false
	}
	b := Board{
		Name: instanceName(in.name),
		Host: unescape(strings.TrimSuffix(srv.Target, ".")),
		Addr: addrOf(addr.rr, c.zone),
		Port: srv.Port,
	}
	b.describe(in.txt.rr.(*dns.TXT).Txt)
	until := slices.MinFunc([]time.Time{in.ptr.expires, in.srv.expires, addr.expires}, time.Time.Compare)
	return Sighting{Board: b, TTL: until.Sub(now), Gone: in.ptr.gone || in.srv.gone}, true
}

// ask returns what has to be asked now, nil if nothing, and when to call again. In a round new boards are asked for.
func (c *cache) ask(now time.Time, round, shared bool) (*dns.Msg, time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := questions{now: now, wake: now.Add(idle), refresh: shared || c.listeners.Load() == 0}
	if !shared {
		q.class = unicastWanted
	}
	if round {
		q.add(Service, dns.TypePTR)
	}
	for key, in := range c.instances {
		if !in.ptr.live(now) || in.tries > maxTries {
			c.leaveHost(key, in)
			delete(c.instances, key)
			continue
		}
		c.askAbout(in, &q)
	}
	if len(q.msg.Question) == 0 {
		return nil, q.wake
	}
	if q.asked[Service] {
		q.msg.Answer = c.known(now)
	}
	return &q.msg, q.wake
}

func (c *cache) askAbout(in *instance, q *questions) {
	h := c.hosts[in.host]
	srv, txt, addr := in.srv.live(q.now), in.txt.live(q.now), h.best(q.now)
	switch {
	case srv && txt && addr.rr != nil:
		in.tries, in.next = 0, q.now
	case !q.ready(in.next):
	case srv && txt:
		if q.add(h.name, dns.TypeA, dns.TypeAAAA) {
			in.again(q)
		}
	default:
		if q.add(in.name, dns.TypeSRV, dns.TypeTXT) {
			in.again(q)
		}
	}
	if q.refresh {
		q.renew(&in.ptr, Service)
		q.renew(&in.srv, in.name)
		q.renew(&in.txt, in.name)
		if h != nil {
			for i := range h.addrs {
				q.renew(&h.addrs[i], h.name)
			}
		}
	}
}

func (in *instance) again(q *questions) {
	in.next = q.now.Add(pause(in.tries))
	in.tries++
	q.ready(in.next)
}

// known are the answers that need not be given again: RFC 6762 §7.1.
func (c *cache) known(now time.Time) []dns.RR {
	var known []dns.RR
	for _, in := range c.instances {
		if len(known) == maxKnown {
			break
		}
		if _, complete := c.sighting(in, now); !complete || in.ptr.gone {
			continue
		}
		left := uint32(in.ptr.expires.Sub(now) / time.Second)
		if ttl := in.ptr.rr.Header().Ttl; left >= ttl/2 {
			rr := plain(dns.Copy(in.ptr.rr))
			rr.Header().Ttl = left
			known = append(known, rr)
		}
	}
	return known
}

// doubt has the records of an instance asked for at once and again, and lets them expire soon (RFC 6762 §10.4).
func (c *cache) doubt(name string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, in := range c.instances {
		if instanceName(in.name) != name {
			continue
		}
		records := []*record{&in.ptr, &in.srv}
		if h := c.hosts[in.host]; h != nil {
			for i := range h.addrs {
				records = append(records, &h.addrs[i])
			}
		}
		for _, r := range records {
			if soon := now.Add(doubtFor); r.rr != nil && !r.gone && r.expires.After(soon) {
				r.expires, r.due, r.step = soon, now, doubtFor/4
			}
		}
	}
}

// questions is a packet being written.
type questions struct {
	msg     dns.Msg
	asked   map[string]bool
	class   uint16
	now     time.Time
	wake    time.Time
	refresh bool
}

// ready tells whether a time has come; if not, it is remembered.
func (q *questions) ready(t time.Time) bool {
	if q.now.Before(t) {
		if t.Before(q.wake) {
			q.wake = t
		}
		return false
	}
	return true
}

// add asks for types of a name. It returns false if the packet is full: the rest is asked for soon after.
func (q *questions) add(name string, types ...uint16) bool {
	if len(q.msg.Question)+len(types) > maxQuestions {
		q.ready(q.now.Add(10 * time.Millisecond))
		return false
	}
	if q.asked == nil {
		q.asked = map[string]bool{}
	}
	for _, kind := range types {
		question := dns.Question{Name: name, Qtype: kind, Qclass: dns.ClassINET | q.class}
		if !slices.Contains(q.msg.Question, question) {
			q.msg.Question = append(q.msg.Question, question)
		}
	}
	q.asked[name] = true
	return true
}

// renew asks for a record whose life is nearly over.
func (q *questions) renew(r *record, name string) {
	if !r.live(q.now) || r.gone {
		return
	}
	if q.ready(r.due) && q.add(name, r.rr.Header().Rrtype) {
		r.due = r.due.Add(r.step)
		if r.due.Before(q.now) {
			r.due = q.now.Add(r.step)
		}
		q.ready(r.due)
	}
}
