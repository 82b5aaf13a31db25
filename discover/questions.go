package discover

import (
	"slices"
	"time"

	"github.com/miekg/dns"
)

const (
	maxQuestions = 16          // in one packet: no board answers more, and the packet stays below any MTU
	maxKnown     = 32          // known answers in one packet, for the same reason
	maxTries     = 8           // to get the records that an announcement has left out
	maxWait      = time.Second // then the cache is looked at again, for the link's other querier fills it too
)

// ask returns the query to send now, nil if there is nothing to ask, and when to call ask again. In a round the query is
// for all boards, otherwise only for records of known instances that are missing or expire soon. Instances that have
// expired or stay incomplete are removed.
func (c *cache) ask(now time.Time, round, shared bool) (query *dns.Msg, wake time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := questions{now: now, wake: now.Add(maxWait), refresh: shared || c.listeners.Load() == 0}
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
	if q.names[Service] {
		q.msg.Answer = c.knownAnswers(now)
	}
	return &q.msg, q.wake
}

func (c *cache) askAbout(in *instance, q *questions) {
	h := c.hosts[in.host]
	srv, txt, addr := in.srv.live(q.now), in.txt.live(q.now), h.best(q.now)
	switch {
	case srv && txt && addr.rr != nil:
		in.tries, in.next = 0, q.now
	case !q.isTime(in.next):
	case srv && txt:
		if q.add(h.name, dns.TypeA, dns.TypeAAAA) {
			in.countTry(q)
		}
	default:
		if q.add(in.name, dns.TypeSRV, dns.TypeTXT) {
			in.countTry(q)
		}
	}
	if q.refresh {
		q.addIfDue(&in.ptr, Service)
		q.addIfDue(&in.srv, in.name)
		q.addIfDue(&in.txt, in.name)
		if h != nil {
			for i := range h.addrs {
				q.addIfDue(&h.addrs[i], h.name)
			}
		}
	}
}

// countTry sets the time of the next try to get missing records.
func (in *instance) countTry(q *questions) {
	in.next = q.now.Add(repeatPause(in.tries))
	in.tries++
	q.isTime(in.next)
}

// knownAnswers returns the PTR records that boards need not send again (RFC 6762 §7.1).
func (c *cache) knownAnswers(now time.Time) []dns.RR {
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
			rr := withoutCacheFlush(dns.Copy(in.ptr.rr))
			rr.Header().Ttl = left
			known = append(known, rr)
		}
	}
	return known
}

// questions is a query that is being put together.
type questions struct {
	msg     dns.Msg
	names   map[string]bool // that are asked for
	class   uint16          // bits to set in the class of every question
	now     time.Time
	wake    time.Time // when there is something to ask next
	refresh bool      // ask for records that expire soon
}

// isTime reports whether t has come. If not, wake is t at the latest.
func (q *questions) isTime(t time.Time) bool {
	if q.now.Before(t) {
		if t.Before(q.wake) {
			q.wake = t
		}
		return false
	}
	return true
}

// add asks for types of a name. It returns false if the packet is full; the next packet follows soon.
func (q *questions) add(name string, types ...uint16) bool {
	if len(q.msg.Question)+len(types) > maxQuestions {
		q.isTime(q.now.Add(10 * time.Millisecond))
		return false
	}
	if q.names == nil {
		q.names = map[string]bool{}
	}
	for _, kind := range types {
		question := dns.Question{Name: name, Qtype: kind, Qclass: dns.ClassINET | q.class}
		if !slices.Contains(q.msg.Question, question) {
			q.msg.Question = append(q.msg.Question, question)
		}
	}
	q.names[name] = true
	return true
}

// addIfDue asks for a record that expires soon.
func (q *questions) addIfDue(r *record, name string) {
	if !r.live(q.now) || r.gone {
		return
	}
	if q.isTime(r.due) && q.add(name, r.rr.Header().Rrtype) {
		r.due = r.due.Add(r.step)
		if r.due.Before(q.now) {
			r.due = q.now.Add(r.step)
		}
		q.isTime(r.due)
	}
}
