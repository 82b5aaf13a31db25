//go:build linux || darwin

package firmware_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"mpctl/internal/test/mdnstest"
	"mpctl/sim"
)

// probes matches a probe for a name.
func probes(name string) func(mdnstest.Heard) bool {
	return func(h mdnstest.Heard) bool {
		return !h.Response && len(h.Ns) > 0 && slices.ContainsFunc(h.Question, func(q dns.Question) bool { return q.Name == name })
	}
}

// claims matches an announcement of a name's address.
func claims(name string) func(mdnstest.Heard) bool {
	return func(h mdnstest.Heard) bool {
		return h.Response && slices.ContainsFunc(h.Answer, func(rr dns.RR) bool {
			return rr.Header().Name == name && rr.Header().Rrtype == dns.TypeA && rr.Header().Ttl > 0
		})
	}
}

// booting starts a board named desk, with a listener and a peer that are ready before it claims its name.
func booting(t *testing.T) (*board, *mdnstest.Listener, *mdnstest.Peer) {
	t.Helper()
	b := blank(t, sim.Config{})
	l, p := mdnstest.Listen(t), mdnstest.New(t, "127.0.0.1", mdnstest.Port)
	b.install(nil, nil)
	b.reset()
	return b, l, p
}

// RFC 6762 section 8.1: three probes 250 ms apart, without the cache-flush bit, before anything is announced.
func TestProbing(t *testing.T) {
	b, l, _ := booting(t)
	want := []string{b.zone()["A"], b.zone()["SRV"], b.zone()["TXT"], b.zone()["http SRV"], b.zone()["http TXT"]}
	for i := range want {
		want[i] = strings.Replace(want[i], "!", "", 1)
	}
	slices.Sort(want)
	var sent []mdnstest.Heard
	l.Next(func(h mdnstest.Heard) bool {
		if !h.Response {
			sent = append(sent, h)
		}
		return h.Response
	}, nil)
	if len(sent) != 3 {
		t.Fatalf("%d probes before the announcement, want 3", len(sent))
	}
	for _, h := range sent {
		if diff := cmp.Diff(want, mdnstest.Describe(h.Ns)); diff != "" {
			t.Error(diff)
		}
		var asked []string
		for _, q := range h.Question {
			asked = append(asked, q.Name)
			if q.Qtype != dns.TypeANY || q.Qclass != dns.ClassINET|mdnstest.CacheBit {
				t.Errorf("asks %v, want any type, by unicast", q)
			}
		}
		slices.Sort(asked)
		if diff := cmp.Diff([]string{"desk._http._tcp.local.", instance, host}, asked); diff != "" {
			t.Error(diff)
		}
	}
}

// RFC 6762 section 9: the board gives up a name that another host holds, and uses the new name everywhere.
func TestRenamed(t *testing.T) {
	for _, c := range []struct{ what, record string }{
		{"the host name", host + " 120 IN A! 127.9.9.9"},
		{"the host name with another type", host + " 120 IN AAAA! fe80::1"},
		{"the service's name", "DESK._mpctl._tcp.local. 120 IN SRV! 0 0 80 other.local."},
	} {
		t.Run(c.what, func(t *testing.T) {
			b, l, p := booting(t)
			l.Next(probes(host), nil)
			p.Send(mdnstest.Response(t, c.record))
			l.Next(probes("desk-2.local."), nil)
			p.Send(mdnstest.Response(t, strings.Replace(strings.ToLower(c.record), "desk", "desk-2", 1)))
			h := l.Next(func(h mdnstest.Heard) bool {
				if ours := h.From.IP.Equal(b.Addr().AsSlice()); ours && (claims(host)(h) || claims("desk-2.local.")(h)) {
					t.Errorf("claims a name that another host holds: %v", h.Answer)
				}
				return claims("desk-3.local.")(h)
			}, nil)
			for _, rr := range h.Answer {
				if strings.Contains(rr.String(), "desk") && !strings.Contains(rr.String(), "desk-3") {
					t.Errorf("announces %v after renaming", rr)
				}
			}
			b.expect("this is desk-3.local now")
			b.checkName("desk-3")
		})
	}
}

// checkName checks the name in the board's settings and in /api/info.
func (b *board) checkName(want string) {
	b.t.Helper()
	data, err := os.ReadFile(filepath.Join(b.Flash(), "mpctl.json"))
	if err != nil {
		b.t.Fatal(err)
	}
	var config struct {
		Name string
		Wifi []any
	}
	if err := json.Unmarshal(data, &config); err != nil || config.Name != want || len(config.Wifi) != 1 {
		b.t.Errorf("config %s, %v; want the name %s and the WiFi kept", data, err, want)
	}
	client := http.Client{Timeout: patience}
	answer, err := client.Get("http://" + b.Addr().String() + "/api/info")
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	var info struct{ Name string }
	if err := json.Unmarshal(body, &info); err != nil || info.Name != want {
		b.t.Errorf("/api/info: %s, %v; want the name %s", body, err, want)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// RFC 6762 section 8.2: of simultaneous probes, the one with the later data wins. The loser waits a second.
func TestTieBreak(t *testing.T) {
	for _, c := range []struct {
		what, data string
		lost       bool
	}{
		{"later data win", "127.200.0.1", true},
		{"earlier data lose", "127.1.0.1", false},
		{"equal data are no conflict", "", false},
		{"bytes are unsigned", "255.0.0.1", true},
	} {
		t.Run(c.what, func(t *testing.T) {
			b, l, p := booting(t)
			if c.data == "" {
				c.data = b.Addr().String()
			}
			first := l.Next(probes(host), nil)
			p.Send(mdnstest.Probe(t, host, host+" 120 IN A "+c.data))
			var again []time.Time
			l.Next(func(h mdnstest.Heard) bool {
				if probes(host)(h) && h.From.IP.Equal(b.Addr().AsSlice()) {
					again = append(again, h.At)
				}
				return claims(host)(h)
			}, nil)
			want := 2
			if c.lost {
				want = 3
			}
			if len(again) != want {
				t.Fatalf("%d more probes, want %d", len(again), want)
			}
			if pause := again[0].Sub(first.At); c.lost && pause < 900*time.Millisecond {
				t.Errorf("probes again after %v, want a second", pause)
			}
		})
	}
}

// RFC 6762 section 9: after a conflict about a name in use the board probes again. A host that does not defend the name
// loses it.
func TestConflictLater(t *testing.T) {
	b, l := announced(t)
	p := mdnstest.New(t, "127.0.0.1", mdnstest.Port)
	theirs := mdnstest.Response(t, host+" 120 IN A! 127.9.9.9")
	p.Send(theirs)
	l.Next(probes(host), nil)
	l.Next(claims(host), nil) // nobody answered the probes, so the board keeps the name
	p.Send(theirs)
	l.Next(probes(host), nil)
	p.Send(theirs)
	// The board ends its records under the old name, but not those of the name that the winner holds now.
	gone := l.NextResponse(func(h mdnstest.Heard) bool { return len(h.Answer) > 0 && h.Answer[0].Header().Ttl == 0 }, nil)
	for _, rr := range gone.Answer {
		if rr.Header().Name == host {
			t.Errorf("says goodbye for %v, which another host holds", rr)
		}
	}
	l.Next(claims("desk-2.local."), nil)
	b.expect("this is desk-2.local now")
	b.checkName("desk-2")
}

func TestTwoBoardsOfOneName(t *testing.T) {
	l := mdnstest.Listen(t)
	var boards []*board
	for range 2 {
		b := blank(t, sim.Config{})
		b.install(nil, nil)
		boards = append(boards, b)
	}
	for _, b := range boards {
		b.reset()
	}
	owner := map[string]string{}
	l.Next(func(h mdnstest.Heard) bool {
		for _, name := range []string{host, "desk-2.local."} {
			if claims(name)(h) {
				if was := owner[name]; was != "" && was != h.From.String() {
					t.Errorf("%s is announced by %s and %s", name, was, h.From)
				}
				owner[name] = h.From.String()
			}
		}
		return len(owner) == 2
	}, nil)
	if owner[host] == owner["desk-2.local."] {
		t.Errorf("one board has both names: %v", owner)
	}
	for _, b := range boards {
		switch at := b.Addr().String() + ":5353"; at {
		case owner["desk-2.local."]:
			b.expect("this is desk-2.local now")
			b.checkName("desk-2")
		case owner[host]:
			b.checkName("desk")
		default:
			t.Errorf("%s has no name: %v", at, owner)
		}
	}
}

// The packets of the longest name are small, and the name stays within 24 characters when it changes.
func TestLongestName(t *testing.T) {
	const first, second = "a-name-of-24-characters1", "a-name-of-24-character-2"
	b := blank(t, sim.Config{})
	l, p := mdnstest.Listen(t), mdnstest.New(t, "127.0.0.1", mdnstest.Port)
	b.install(map[string]any{"name": first}, nil)
	b.reset()
	small := func(want func(mdnstest.Heard) bool) func(mdnstest.Heard) bool {
		return func(h mdnstest.Heard) bool {
			if len(h.Raw) > 512 {
				t.Errorf("%d bytes in a packet, want 512 at most: %v", len(h.Raw), h.Msg)
			}
			return want(h)
		}
	}
	l.Next(small(probes(first+".local.")), nil)
	p.Send(mdnstest.Response(t, first+".local. 120 IN A! 127.9.9.9"))
	h := l.Next(small(claims(second+".local.")), nil)
	if len(h.Answer) != len(everything) {
		t.Errorf("announces %v, want %d records", h.Answer, len(everything))
	}
	b.expect("this is " + second + ".local now")
	b.checkName(second)
}

// RFC 6762 section 8.1: after 15 conflicts within 10 s there are 5 s between attempts.
func TestManyConflicts(t *testing.T) {
	_, l, p := booting(t)
	var conflicts []time.Time
	name := ""
	for range 40 {
		h := l.Next(func(h mdnstest.Heard) bool { return len(h.Ns) > 0 && !probes(name)(h) }, nil)
		if n := len(conflicts); n >= 15 {
			pause, within := h.At.Sub(conflicts[n-1]), conflicts[n-1].Sub(conflicts[n-15])
			if pause > 4900*time.Millisecond {
				return
			}
			// Nearly 10 s here may be more on the board's clock.
			if within < 9*time.Second {
				t.Fatalf("asks again after %v, with 15 conflicts within %v", pause, within)
			}
		}
		for _, rr := range h.Ns {
			if rr.Header().Rrtype == dns.TypeA {
				name = rr.Header().Name
			}
		}
		p.Send(mdnstest.Response(t, name+" 120 IN A! 127.9.9.9"))
		conflicts = append(conflicts, time.Now())
	}
	t.Errorf("no pause after %d conflicts", len(conflicts))
}
