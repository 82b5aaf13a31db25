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

var here = netip.MustParseAddr("127.0.0.1")

// multicast is a whole board as a responder announces it to all.
func multicast(t *testing.T, name, addr string) *dns.Msg {
	return mdnstest.Response(t,
		"_mpctl._tcp.local. 4500 IN PTR "+name+"._mpctl._tcp.local.",
		name+"._mpctl._tcp.local. 120 IN SRV! 0 0 8080 "+name+".local.",
		name+`._mpctl._tcp.local. 4500 IN TXT! "id=a1b2c3"`,
		name+".local. 120 IN A! "+addr)
}

// asked is what a packet asks, in short.
func asked(m *dns.Msg) string {
	if m == nil {
		return ""
	}
	var questions []string
	for _, q := range m.Question {
		questions = append(questions, dns.TypeToString[q.Qtype])
	}
	slices.Sort(questions)
	return strings.Join(questions, " ")
}

// TestCacheRefreshes: RFC 6762 section 5.2. Each record is asked for at 80, 85, 90 and 95 % of its life, up to 2 % later,
// and then given up.
func TestCacheRefreshes(t *testing.T) {
	c, begin := newCache("lo"), time.Now()
	c.add(multicast(t, "desk", "127.0.0.1"), here, true, begin)
	var got []string
	for now := begin; now.Before(begin.Add(120 * time.Second)); {
		m, wake := c.ask(now, false, true)
		if kinds := asked(m); kinds != "" {
			percent := now.Sub(begin).Seconds() / 1.2
			step := 80 + 5*int((percent-80)/5)
			for _, kind := range strings.Fields(kinds) {
				got = append(got, fmt.Sprintf("%d%% %s", step, kind))
			}
		}
		if !wake.After(now) {
			t.Fatal("it wants to be asked again at once")
		}
		now = wake
	}
	slices.Sort(got)
	want := []string{"80% A", "80% SRV", "85% A", "85% SRV", "90% A", "90% SRV", "95% A", "95% SRV"}
	if !slices.Equal(got, want) {
		t.Errorf("asked %v, want %v", got, want)
	}
	// Without SRV and A it is asked for what is missing, and no known answer.
	m, _ := c.ask(begin.Add(121*time.Second), true, true)
	if !strings.Contains(asked(m), "SRV") || len(m.Answer) != 0 {
		t.Errorf("with no SRV: %v", m)
	}
}

func TestCacheTellsWhatItKnows(t *testing.T) {
	c, now := newCache("lo"), time.Now()
	c.add(multicast(t, "desk", "127.0.0.1"), here, true, now)
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "4500"}, {100 * time.Second, "4400"}} {
		m, _ := c.ask(now.Add(step.after), true, true)
		if len(m.Answer) != 1 || fmt.Sprint(m.Answer[0].Header().Ttl) != step.want {
			t.Errorf("after %v: known answers %v, want one of %s s", step.after, m.Answer, step.want)
		}
		c.add(multicast(t, "desk", "127.0.0.1"), here, false, now.Add(step.after)) // SRV and A go on, PTR is not new
		c.instances["desk._mpctl._tcp.local."].ptr.expires = now.Add(4500 * time.Second)
	}
	c.instances["desk._mpctl._tcp.local."].ptr.expires = now.Add(2000 * time.Second)
	if m, _ := c.ask(now, true, true); len(m.Answer) != 0 {
		t.Errorf("less than half its life is left, and it is a known answer: %v", m.Answer)
	}
}

func TestCacheSightings(t *testing.T) {
	begin := time.Now()
	goodbye := func(i int) *dns.Msg {
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
	type said struct {
		m      *dns.Msg
		shared bool
		after  time.Duration // the one before
	}
	for _, c := range []struct {
		name string
		said []said
		want string
	}{
		{"all at once", []said{{multicast(t, "desk", "127.0.0.1"), true, 0}}, "127.0.0.1:8080 2m0s"},
		{"one by one", []said{{only("127.0.0.1", 0), true, 0}, {only("127.0.0.1", 2), true, 0}, {only("127.0.0.1", 1), true, 0},
			{only("127.0.0.1", 3), true, 0}}, "127.0.0.1:8080 2m0s"},
		{"an address before its service is nobody's", []said{{only("127.0.0.1", 3), true, 0}, {only("127.0.0.1", 0, 1, 2), true, 0}}, ""},
		{"a service without a PTR record", []said{{only("127.0.0.1", 1, 2, 3), true, 0}}, ""},
		{"a new address flushes the old one", []said{{multicast(t, "desk", "127.0.0.2"), true, 0}, {only("127.0.0.3", 3), true, 2 * time.Second},
			{only("127.0.0.3", 2), true, 2 * time.Second}}, "127.0.0.3:8080 1m56s"},
		{"a short answer does not end a long one", []said{{multicast(t, "desk", "127.0.0.1"), true, 0},
			{mdnstest.Response(t, announced("desk", "a1b2c3", "127.0.0.1")...), false, time.Second}}, "127.0.0.1:8080 1m59s"},
		{"a short answer of something else does", []said{{multicast(t, "desk", "127.0.0.1"), true, 0},
			{mdnstest.Response(t, []string{"desk._mpctl._tcp.local. 10 IN SRV 0 0 81 desk.local."}...), false, time.Second}}, "127.0.0.1:81 10s"},
		{"a goodbye", []said{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbye(0), true, 0}}, "gone 127.0.0.1:8080 1s"},
		{"a goodbye of the service record", []said{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbye(1), true, 0}}, "gone 127.0.0.1:8080 1s"},
		{"a goodbye called back", []said{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbye(0), true, 0},
			{multicast(t, "desk", "127.0.0.1"), true, 500 * time.Millisecond}}, "127.0.0.1:8080 2m0s"},
		{"a goodbye of nobody", []said{{goodbye(0), true, 0}}, ""},
		{"after the goodbye", []said{{multicast(t, "desk", "127.0.0.1"), true, 0}, {goodbye(0), true, 0}, {only("127.0.0.1", 3), true, time.Second}}, ""},
	} {
		cache, now := newCache("lo"), begin
		got := ""
		for _, s := range c.said {
			now = now.Add(s.after)
			sightings, _ := cache.add(s.m, here, s.shared, now)
			got = ""
			for _, s := range sightings {
				if s.Gone {
					got += "gone "
				}
				got += fmt.Sprintf("%v %v", s.place(), s.TTL)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestCacheDoubts: RFC 6762 section 10.4. Who does not answer again within six seconds is forgotten.
func TestCacheDoubts(t *testing.T) {
	c, now := newCache("lo"), time.Now()
	c.add(multicast(t, "desk", "127.0.0.1"), here, true, now)
	c.doubt("desk", now)
	m, _ := c.ask(now, false, true)
	if got := asked(m); got != "A PTR SRV" {
		t.Errorf("asked %q, want A PTR SRV", got)
	}
	if len(m.Answer) != 0 {
		t.Errorf("it is asked about and known: %v", m.Answer)
	}
	c.ask(now.Add(7*time.Second), false, true)
	if len(c.instances) != 0 {
		t.Error("it is not forgotten")
	}
}
