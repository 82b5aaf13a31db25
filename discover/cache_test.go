package discover

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"mpctl/internal/test/mdnstest"
)

var localhost = netip.MustParseAddr("127.0.0.1")

// multicast returns a board's announcement to all.
func multicast(t *testing.T, name, addr string) *dns.Msg {
	return mdnstest.Response(t,
		"_mpctl._tcp.local. 4500 IN PTR "+name+"._mpctl._tcp.local.",
		name+"._mpctl._tcp.local. 120 IN SRV! 0 0 8080 "+name+".local.",
		name+`._mpctl._tcp.local. 4500 IN TXT! "id=a1b2c3"`,
		name+".local. 120 IN A! "+addr)
}

// askedTypes returns the types that a query asks for: "A SRV". A nil query asks for nothing.
func askedTypes(m *dns.Msg) string {
	if m == nil {
		return ""
	}
	var types []string
	for _, q := range m.Question {
		types = append(types, dns.TypeToString[q.Qtype])
	}
	slices.Sort(types)
	return strings.Join(types, " ")
}

// TestCacheRefreshes checks that each record is asked for at 80, 85, 90 and 95 % of its life, up to 2 % later, and then
// given up (RFC 6762 section 5.2).
func TestCacheRefreshes(t *testing.T) {
	c, begin := newCache("lo"), time.Now()
	c.add(multicast(t, "desk", "127.0.0.1"), localhost, true, begin)
	var got []string
	for now := begin; now.Before(begin.Add(120 * time.Second)); {
		m, wake := c.ask(now, false, true)
		if kinds := askedTypes(m); kinds != "" {
			percent := now.Sub(begin).Seconds() / 1.2
			step := 80 + 5*int((percent-80)/5)
			for _, kind := range strings.Fields(kinds) {
				got = append(got, fmt.Sprintf("%d%% %s", step, kind))
			}
		}
		if !wake.After(now) {
			t.Fatalf("ask wants to be called again at %v, which is not later", wake)
		}
		now = wake
	}
	slices.Sort(got)
	want := []string{"80% A", "80% SRV", "85% A", "85% SRV", "90% A", "90% SRV", "95% A", "95% SRV"}
	if !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
	// SRV and A are asked for once they have expired, and the incomplete board is no known answer.
	m, _ := c.ask(begin.Add(121*time.Second), true, true)
	if !strings.Contains(askedTypes(m), "SRV") || len(m.Answer) != 0 {
		t.Errorf("without SRV: asked %v", m)
	}
}

func TestCacheSendsKnownAnswers(t *testing.T) {
	c, now := newCache("lo"), time.Now()
	c.add(multicast(t, "desk", "127.0.0.1"), localhost, true, now)
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "4500"}, {100 * time.Second, "4400"}} {
		m, _ := c.ask(now.Add(step.after), true, true)
		if len(m.Answer) != 1 || fmt.Sprint(m.Answer[0].Header().Ttl) != step.want {
			t.Errorf("after %v: known answers %v, want one of %s s", step.after, m.Answer, step.want)
		}
		c.add(multicast(t, "desk", "127.0.0.1"), localhost, false, now.Add(step.after)) // It renews SRV and A only.
		c.instances["desk._mpctl._tcp.local."].ptr.expires = now.Add(4500 * time.Second)
	}
	c.instances["desk._mpctl._tcp.local."].ptr.expires = now.Add(2000 * time.Second)
	if m, _ := c.ask(now, true, true); len(m.Answer) != 0 {
		t.Errorf("known answers %v, want none with less than half its life left", m.Answer)
	}
}

func TestCacheSightings(t *testing.T) {
	begin := time.Now()
	goodbyeOf := func(i int) *dns.Msg {
		m := multicast(t, "desk", "127.0.0.1")
		m.Answer = m.Answer[i : i+1]
		m.Answer[0].Header().Ttl = 0
		return m
	}
	only := func(addr string, kinds ...int) *dns.Msg {
		m := multicast(t, "desk", addr)
		all := m.Answer
		m.Answer = nil
		for _, i := range kinds {
			m.Answer = append(m.Answer, all[i])
		}
		return m
	}
	type packet struct {
		m      *dns.Msg
		shared bool
		after  time.Duration // since the packet before
	}
	for _, c := range []struct {
		name    string
		packets []packet
		want    string
	}{
		{"all at once", []packet{{multicast(t, "desk", "127.0.0.1"), true, 0}}, "127.0.0.1:8080 2m0s"},
		{"one by one", []packet{{only("127.0.0.1", 0), true, 0}, {only("127.0.0.1", 2), true, 0}, {only("127.0.0.1", 1), true, 0},
			{only("127.0.0.1", 3), true, 0}}, "127.0.0.1:8080 2m0s"},
		{"an address before its service is ignored", []packet{{only("127.0.0.1", 3), true, 0}, {only("127.0.0.1", 0, 1, 2), true, 0}}, ""},
		{"a service without a PTR record", []packet{{only("127.0.0.1", 1, 2, 3), true, 0}}, ""},
		{"a new address flushes the old one", []packet{{multicast(t, "desk", "127.0.0.2"), true, 0}, {only("127.0.0.3", 3), true, 2 * time.Second},
			{only("127.0.0.3", 2), true, 2 * time.Second}}, "127.0.0.3:8080 1m56s"},
		{"a short answer does not end a long one", []packet{{multicast(t, "desk", "127.0.0.1"), true, 0},
			{mdnstest.Response(t, announced("desk", "a1b2c3", "127.0.0.1")...), false, time.Second}}, "127.0.0.1:8080 1m59s"},
		{"a short answer with another port does", []packet{{multicast(t, "desk", "127.0.0.1"), true, 0},
			{mdnstest.Response(t, []string{"desk._mpctl._tcp.local. 10 IN SRV 0 0 81 desk.local."}...), false, time.Second}}, "127.0.0.1:81 10s"},
		{"a goodbye", []packet{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbyeOf(0), true, 0}}, "gone 127.0.0.1:8080 1s"},
		{"a goodbye of the service record", []packet{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbyeOf(1), true, 0}}, "gone 127.0.0.1:8080 1s"},
		{"a goodbye taken back", []packet{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbyeOf(0), true, 0},
			{multicast(t, "desk", "127.0.0.1"), true, 500 * time.Millisecond}}, "127.0.0.1:8080 2m0s"},
		{"a goodbye of an unknown board", []packet{{goodbyeOf(0), true, 0}}, ""},
		{"after the goodbye", []packet{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbyeOf(0), true, 0}, {only("127.0.0.1", 3), true, time.Second}}, ""},
	} {
		filled, now := newCache("lo"), begin
		got := ""
		for _, p := range c.packets {
			now = now.Add(p.after)
			sightings, _ := filled.add(p.m, localhost, p.shared, now)
			got = ""
			for _, s := range sightings {
				if s.gone {
					got += "gone "
				}
				got += fmt.Sprintf("%v %v", s.addrPort(), s.ttl)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCacheReconfirms checks that a board in doubt is asked for, and forgotten after six seconds without an answer (RFC
// 6762 section 10.4).
func TestCacheReconfirms(t *testing.T) {
	c, now := newCache("lo"), time.Now()
	c.add(multicast(t, "desk", "127.0.0.1"), localhost, true, now)
	c.reconfirm("desk", now)
	m, _ := c.ask(now, false, true)
	if got := askedTypes(m); got != "A PTR SRV" {
		t.Errorf("asked %q, want A PTR SRV", got)
	}
	if len(m.Answer) != 0 {
		t.Errorf("known answers %v, want none while the board is asked for", m.Answer)
	}
	c.ask(now.Add(7*time.Second), false, true)
	if len(c.instances) != 0 {
		t.Error("the board is not forgotten")
	}
}
