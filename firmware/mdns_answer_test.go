//go:build linux || darwin

package firmware_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"mpctl/internal/test/mdnstest"
)

// conversation is a board with a listener and a peer on the same link, and a simple resolver for fences.
type conversation struct {
	*board
	listener *mdnstest.Listener
	peer     *mdnstest.Peer
	resolver *mdnstest.Peer
}

// answered matches a response of the board that has this record.
func (c *conversation) answered(key string) func(mdnstest.Heard) bool {
	want := c.zone()[key]
	return func(h mdnstest.Heard) bool {
		return h.Response && h.From.IP.Equal(c.Addr().AsSlice()) && slices.Contains(mdnstest.Describe(h.Answer), want)
	}
}

// TestAnswers checks what RFC 6762 demands of answers, one row for each paragraph, with one board. The rate limit covers
// the multicasts of earlier rows too, so a row that waits for a multicast answer repeats its question.
func TestAnswers(t *testing.T) {
	b, _ := announced(t)
	for _, row := range []struct {
		section, level, what string
		run                  func(*testing.T, *conversation)
	}{
		{"5.4", "SHOULD", "a unicast answer suffices for a recent record, if the asker wants one", unicastAnswers},
		{"6", "MUST", "a response from another port than 5353 is ignored", ignoresOtherPorts},
		{"6", "MUST", "a record is not multicast twice within a second", limitsRate},
		{"6", "MUST", "a name is defended against a probe within 250 ms of its last multicast", defendsName},
		{"6.6", "MUST", "a record that another host ends is announced again", restoresRecords},
		{"7.1", "MUST", "a known answer of any type is left out", omitsKnownAnswers},
		{"7.2", "MUST", "an asker with more known answers to send is waited for", waitsForKnownAnswers},
		{"9", "MUST", "equal data are no conflict", acceptsEqualData},
		{"16", "MUST", "names compare without regard to case", ignoresCase},
	} {
		t.Run(row.section+" "+row.level+" "+row.what, func(t *testing.T) {
			row.run(t, &conversation{
				b, mdnstest.Listen(t), mdnstest.New(t, "127.0.0.1", mdnstest.Port), mdnstest.New(t, "127.0.0.1", 0),
			})
		})
	}
}

func unicastAnswers(t *testing.T, c *conversation) {
	q := mdnstest.Question(instance, dns.TypeTXT)
	q.Question[0].Qclass |= mdnstest.CacheBit
	c.peer.Send(q)
	if diff := cmp.Diff(c.records("TXT"), mdnstest.Describe(c.peer.Unicast().Answer)); diff != "" {
		t.Error(diff)
	}
}

func ignoresOtherPorts(t *testing.T, c *conversation) {
	c.resolver.Send(mdnstest.Response(t, host+" 120 IN A! 127.9.9.9"))
	fence(t, c.resolver, "a response from another port")
}

func limitsRate(t *testing.T, c *conversation) {
	ask := func() { c.peer.Send(mdnstest.Question(host, dns.TypeA)) }
	first := c.listener.Next(c.answered("A"), ask)
	second := c.listener.Next(c.answered("A"), ask) // asks now, and again after a second
	// The first may have arrived late, which makes the pause seem shorter.
	if pause := second.At.Sub(first.At); pause < 900*time.Millisecond {
		t.Errorf("multicast again after %v, want a second at least", pause)
	}
}

func defendsName(t *testing.T, c *conversation) {
	c.listener.Next(c.answered("A"), func() { c.peer.Send(mdnstest.Question(host, dns.TypeA)) })
	var last time.Time
	for range 3 {
		probe := mdnstest.Probe(t, host, host+" 120 IN A 127.200.0.1")
		h := c.listener.Next(c.answered("A"), func() { c.peer.Send(probe) })
		if gap := h.At.Sub(last); gap < 200*time.Millisecond {
			t.Errorf("defended again after %v, want 250 ms at least", gap)
		}
		last = h.At
	}
	probe := mdnstest.Probe(t, host, host+" 120 IN A 127.200.0.1")
	probe.Question[0].Qclass |= mdnstest.CacheBit
	c.peer.Send(probe)
	if diff := cmp.Diff(c.records("A"), mdnstest.Describe(c.peer.Unicast().Answer)); diff != "" {
		t.Error(diff)
	}
}

func restoresRecords(t *testing.T, c *conversation) {
	for _, key := range []string{"A", "PTR", "meta"} {
		gone := mdnstest.Records(t, map[string]string{
			"A":    host + " 0 IN A! " + c.Addr().String(),
			"PTR":  service + " 2249 IN PTR " + instance,
			"meta": meta + " 0 IN PTR " + service,
		}[key])
		c.listener.Next(c.answered(key), func() {
			c.peer.Send(&dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Answer: gone})
		})
	}
}

func omitsKnownAnswers(t *testing.T, c *conversation) {
	for _, known := range []struct {
		kind   uint16
		name   string
		record string
	}{
		{dns.TypeA, host, host + " 60 IN A " + c.Addr().String()},
		{dns.TypeSRV, instance, instance + " 60 IN SRV 0 0 80 DESK.local."},
		{dns.TypePTR, service, service + " 2250 IN PTR " + instance},
		{dns.TypeTXT, "desk._http._tcp.local.", `desk._http._tcp.local. 2250 IN TXT "path=/"`},
		{dns.TypeAAAA, host, host + " 60 IN NSEC desk.local. A"},
	} {
		q := mdnstest.Question(known.name, known.kind)
		q.Answer = mdnstest.Records(t, known.record)
		c.resolver.Send(q)
		fence(t, c.resolver, known.record)
		q.Answer[0].Header().Ttl--
		if h := c.resolver.Legacy(q); len(h.Answer) != 1 {
			t.Errorf("knowing %s a second less: %v, want an answer", known.record, h.Answer)
		}
	}
}

func waitsForKnownAnswers(t *testing.T, c *conversation) {
	// There are two questions, and the second packet says that one answer is known.
	q := mdnstest.Question(host, dns.TypeA)
	q.Question = append(q.Question, dns.Question{Name: instance, Qtype: dns.TypeTXT, Qclass: dns.ClassINET})
	q.Truncated = true
	c.resolver.Send(q)
	c.resolver.Send(&dns.Msg{Answer: mdnstest.Records(t, host+" 120 IN A "+c.Addr().String())})
	h := c.resolver.Unicast()
	if len(h.Answer) != 1 || h.Answer[0].Header().Rrtype != dns.TypeTXT {
		t.Errorf("answered %v, want what is not known, TXT", h.Answer)
	}
	// The board answers more askers than it can wait for.
	for range 12 {
		q := mdnstest.Question(host, dns.TypeA)
		q.Truncated = true
		other := mdnstest.New(t, "127.0.0.1", 0)
		if h := other.Legacy(q); len(h.Answer) != 1 {
			t.Errorf("answered %v, want the address", h.Answer)
		}
	}
}

func acceptsEqualData(t *testing.T, c *conversation) {
	c.peer.Send(mdnstest.Response(t, host+" 120 IN A! "+c.Addr().String(), instance+" 120 IN SRV! 0 0 80 DESK.LOCAL."))
	fence(t, c.resolver, "an equal record") // would not be answered during a probe
}

func ignoresCase(t *testing.T, c *conversation) {
	if h := c.resolver.Legacy(mdnstest.Question("DESK._Mpctl._TCP.local.", dns.TypeSRV)); len(h.Answer) != 1 {
		t.Errorf("answered %v, want one record", h.Answer)
	}
}
