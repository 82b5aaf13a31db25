package discover

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
)

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name string
		txt  []string
		want Board
	}{
		{"nothing", []string{""}, Board{}},
		{"all", []string{"txtvers=1", "id=a1b2c3", "fw=1.2", "board=rp2", "sensors=light"},
			Board{ID: "a1b2c3", Firmware: "1.2", Model: "rp2", Sensors: []string{"light"}}},
		{"first of several counts", []string{"fw=1", "FW=2"}, Board{Firmware: "1"}},
		{"no value", []string{"fw", "sensors=", "board="}, Board{}},
		{"id too long", []string{"id=" + strings.Repeat("a", maxID+1)}, Board{}},
		{"odd commas", []string{"sensors=,light,,sound,"}, Board{Sensors: []string{"light", "sound"}}},
	} {
		var got Board
		got.describe(c.txt)
		if diff := cmp.Diff(c.want, got, equateAddrs); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestInstanceName(t *testing.T) {
	for full, want := range map[string]string{
		"desk._mpctl._tcp.local.":      "desk",
		`a\.b._MPCTL._tcp.local.`:      "a.b",
		"desk._http._tcp.local.":       "",
		"x.desk._mpctl._tcp.local.":    "",
		"_mpctl._tcp.local.":           "",
		"desk._mpctl._tcp.local.evil.": "",
		"":                             "",
	} {
		if got := instanceName(full); got != want {
			t.Errorf("instanceName(%q) = %q, want %q", full, got, want)
		}
	}
}

func FuzzDescribe(f *testing.F) {
	for _, s := range []string{"id=a1b2c3", "sensors=light,sound", `fw=\"1\"`, `board=\027[2J`, "=", `\`, `\25`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b Board
		b.describe(strings.Split(s, "|"))
		if b.ID != "" && !isHex(b.ID) {
			t.Errorf("id %q is not hex", b.ID)
		}
		if len(b.Sensors) > maxSensors || len(b.Firmware) > len(s) || len(b.Model) > len(s) {
			t.Errorf("%d bytes became %+v", len(s), b)
		}
	})
}

func FuzzResponse(f *testing.F) {
	pack := func(records ...string) []byte {
		m := &dns.Msg{MsgHdr: dns.MsgHdr{Id: 7, Response: true}}
		for _, s := range records {
			rr, err := dns.NewRR(s)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		packet, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		return packet
	}
	f.Add(pack(announced("desk", "a1b2c3d4e5f6", "127.0.0.1")...))
	f.Add(pack("desk.local. 10 IN AAAA fe80::1", "desk.local. 10 IN A 192.0.2.1"))
	f.Add([]byte{0, 7, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 12, 0, 12, 0, 1, 0, 0, 0, 9, 0, 2, 0xc0, 12})
	f.Fuzz(func(t *testing.T, packet []byte) {
		m := parseResponse(packet)
		if m == nil {
			return
		}
		if !m.Response {
			t.Error("a query was taken for a response")
		}
		c, now := newCache("lo"), time.Now()
		for range 2 {
			sightings, _ := c.add(m, netip.MustParseAddr("127.0.0.1"), true, now)
			for _, s := range sightings {
				if s.Name == "" || !s.Addr.IsValid() || s.Addr.IsUnspecified() || s.Port == 0 {
					t.Errorf("board %+v is not complete", s)
				}
			}
			for _, after := range []time.Duration{0, time.Second, time.Hour} {
				if q, _ := c.ask(now.Add(after), true, true); q == nil {
					t.Error("a round without a question")
				} else if _, err := q.Pack(); err != nil {
					t.Errorf("the next question cannot be packed: %v", err)
				}
			}
		}
		if n := len(addrsFor("desk.local.", m, "lo")); n > maxAddrs {
			t.Errorf("%d addresses, want %d at most", n, maxAddrs)
		}
	})
}
