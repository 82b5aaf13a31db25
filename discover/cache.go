package discover

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

const (
	maxPerHost = 16   // instances on one host
	maxTXT     = 1300 // bytes: RFC 6763 §6.2
)

// cache holds the records of our service on one link until they expire. It holds no others, because a network announces
// other services without end.
type cache struct {
	zone      string       // of link-local IPv6 addresses
	listeners atomic.Int32 // queriers on port 5353; while there is one, only it refreshes records

	mu        sync.Mutex
	instances map[string]*instance    // by name in canonical form: case does not matter (RFC 6762 §16)
	hosts     map[string]*hostRecords // by name in canonical form
}

func newCache(zone string) *cache {
	return &cache{zone: zone, instances: map[string]*instance{}, hosts: map[string]*hostRecords{}}
}

// instance is a board's service.
type instance struct {
	name          string // as the board spells it
	host          string // key in cache.hosts
	ptr, srv, txt record
	tries         int       // how often the missing records were asked for
	next          time.Time // when to ask for them again
}

// add takes in a response from an address, sent to all (shared) or by unicast. It returns the boards that the response
// says something about, and whether records of others are missing.
func (c *cache) add(m *dns.Msg, from netip.Addr, shared bool, now time.Time) (sightings []sighting, incomplete bool) {
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
	// Only a PTR record makes an instance known and only an SRV record a host, and records come in any order: so one pass
	// each for PTR, for SRV and TXT, and for addresses.
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
			if totalLen(rr.Txt) > maxTXT {
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

// instance returns the instance of a PTR record, new if it was not known, nil if the cache is full.
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

// setHost makes the target of an SRV record the instance's host. It returns false if the host has too many instances.
func (c *cache) setHost(key string, in *instance, srv *dns.SRV) bool {
	name := dns.CanonicalName(srv.Target)
	if in.host == name {
		return true
	}
	h := c.hosts[name]
	if h == nil {
		h = &hostRecords{name: srv.Target}
	} else if len(h.instances) == maxPerHost {
		return false
	}
	c.leaveHost(key, in)
	c.hosts[name] = h
	in.host = name
	h.instances = append(h.instances, key)
	return true
}

// leaveHost takes an instance off its host, and forgets a host without instances.
func (c *cache) leaveHost(key string, in *instance) {
	if h := c.hosts[in.host]; h != nil {
		h.instances = slices.DeleteFunc(h.instances, func(k string) bool { return k == key })
		if len(h.instances) == 0 {
			delete(c.hosts, in.host)
		}
	}
}

func totalLen(txt []string) (n int) {
	for _, s := range txt {
		n += len(s)
	}
	return n
}

// sighting returns the board of an instance; ok is false while a record of it is missing.
func (c *cache) sighting(in *instance, now time.Time) (s sighting, ok bool) {
	addr := c.hosts[in.host].best(now)
	if !in.ptr.live(now) || !in.srv.live(now) || !in.txt.live(now) || addr.rr == nil {
		return sighting{}, false
	}
	srv := in.srv.rr.(*dns.SRV)
	if srv.Port == 0 {
		return sighting{}, false
	}
	b := Board{
		Name: instanceName(in.name),
		Host: unescape(strings.TrimSuffix(srv.Target, ".")),
		Addr: addrOf(addr.rr, c.zone),
		Port: srv.Port,
	}
	b.describe(in.txt.rr.(*dns.TXT).Txt)
	until := slices.MinFunc([]time.Time{in.ptr.expires, in.srv.expires, addr.expires}, time.Time.Compare)
	return sighting{Board: b, ttl: until.Sub(now), gone: in.ptr.gone || in.srv.gone}, true
}

// reconfirm has the records of a board asked for at once, and expire soon unless they are heard again. The name is the
// board's.
func (c *cache) reconfirm(name string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, in := range c.instances {
		if instanceName(in.name) != name {
			continue
		}
		in.ptr.reconfirm(now)
		in.srv.reconfirm(now)
		if h := c.hosts[in.host]; h != nil {
			for i := range h.addrs {
				h.addrs[i].reconfirm(now)
			}
		}
	}
}
