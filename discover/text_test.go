package discover

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"mpctl/internal/identity"
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
		{"id too long", []string{"id=" + strings.Repeat("a", identity.MaxID+1)}, Board{}},
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
		if b.ID != "" && !identity.IsID(b.ID) {
			t.Errorf("id %q is not hex", b.ID)
		}
		if len(b.Sensors) > identity.MaxSensors || len(b.Firmware) > len(s) || len(b.Model) > len(s) {
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
					t.Error("a round without a query")
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

func FuzzBeacon(f *testing.F) {
	for _, s := range []string{
		`{"name":"desk","id":"a1b2c3d4e5f6","fw":"1.0","board":"esp32","ip":"192.0.2.1","port":80,"sensors":["light"]}`,
		`{"name":"desk","id":"xyz","port":80}`, `{"name":"\u001b[2J","id":"a1","port":80,"fw":"\u0000"}`, `{"port":-1}`, `[]`, `{"sensors":[[]]}`, `{"name":`,
	} {
		f.Add([]byte(s))
	}
	from := netip.MustParseAddr("192.0.2.7")
	f.Fuzz(func(t *testing.T, data []byte) {
		b, ok := parseBeacon(data, from)
		if !ok {
			return
		}
		if b.Name == "" || len(b.Name) > identity.MaxText || !identity.IsID(b.ID) || b.Port == 0 || b.Addr != from || len(b.Sensors) > identity.MaxSensors ||
			len(b.Firmware) > identity.MaxText || len(b.Model) > identity.MaxText {
			t.Errorf("%q became %+v", data, b)
		}
	})
}

// FuzzNames checks that a name which miekg/dns has escaped becomes the bytes that were sent. A label has 63 bytes at most
// (RFC 1035 section 2.3.4).
func FuzzNames(f *testing.F) {
	for _, s := range []string{"desk", "a.b", "\x1b[2J", "b\xc3\xbcro", `\065`, "", "\x00\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, label string) {
		if label == "" || len(label) > 63 {
			return
		}
		wire := append(append([]byte{byte(len(label))}, label...), "\x06_mpctl\x04_tcp\x05local\x00"...)
		name, _, err := dns.UnpackDomainName(wire, 0)
		if err != nil {
			return
		}
		if got := instanceName(name); got != label {
			t.Errorf("%q on the wire, %q in text, became %q", label, name, got)
		}
	})
}
