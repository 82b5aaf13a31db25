//go:build linux || darwin

package firmware_test

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"mpctl/internal/test/mdnstest"
	"mpctl/sim"
)

func TestAnnouncement(t *testing.T) {
	b := blank(t, sim.Config{})
	l := mdnstest.Listen(t)
	b.install(nil, nil)
	b.reset()

	all := b.records(everything...)
	announcement := func(h mdnstest.Heard) bool { return slices.Equal(mdnstest.Describe(h.Answer), all) }
	first := l.NextResponse(announcement, nil)
	second := l.NextResponse(announcement, nil)
	b.check(first)
	b.check(second)
	// RFC 6762 section 8.3. The listener can make the gap seem longer, only the board can make it shorter.
	if gap := second.At.Sub(first.At); gap < time.Second {
		t.Errorf("announced again after %v, want a second at least", gap)
	}

	b.interrupt()
	var gone []string
	for _, record := range all {
		if strings.HasPrefix(record, meta) {
			continue // other boards have services of that type too
		}
		gone = append(gone, regexp.MustCompile(` (120|4500) `).ReplaceAllString(record, " 0 "))
	}
	slices.Sort(gone)
	goodbye := l.NextResponse(func(h mdnstest.Heard) bool { return h.Answer[0].Header().Ttl == 0 }, nil)
	b.check(goodbye)
	if diff := cmp.Diff(gone, mdnstest.Describe(goodbye.Answer)); diff != "" {
		t.Error(diff)
	}
}

func TestMulticastAnswers(t *testing.T) {
	b, l := announced(t)
	a := mdnstest.New(t, "127.0.0.1", 5353)
	for _, c := range []struct {
		name   string
		kind   uint16
		answer []string
		extra  []string
	}{
		{service, dns.TypePTR, []string{"PTR"}, []string{"SRV", "TXT", "A"}},
		{"_http._tcp.local.", dns.TypePTR, []string{"http PTR"}, []string{"http SRV", "http TXT", "A"}},
		{meta, dns.TypePTR, []string{"meta", "http meta"}, nil},
		{host, dns.TypeAAAA, []string{"host NSEC"}, nil},
		{instance, dns.TypeA, []string{"NSEC"}, nil},
		{instance, dns.TypeSRV, []string{"SRV"}, []string{"A"}},
		{instance, dns.TypeTXT, []string{"TXT"}, nil},
		{host, dns.TypeA, []string{"A"}, nil},
		{"DESK.Local.", dns.TypeA, []string{"A"}, nil},
		{instance, dns.TypeANY, []string{"SRV", "TXT"}, []string{"A"}},
	} {
		t.Run(c.name+" "+dns.TypeToString[c.kind], func(t *testing.T) {
			want := b.records(c.answer...)
			extra := b.records(c.extra...)
			// Additional records that were multicast within the last second are left out, so ask until they are there.
			h := l.NextResponse(func(h mdnstest.Heard) bool {
				return slices.Equal(mdnstest.Describe(h.Answer), want) && slices.Equal(mdnstest.Describe(h.Extra), extra)
			}, func() { a.Send(mdnstest.Question(c.name, c.kind)) })
			b.check(h)
		})
	}
}

func TestUnicastAnswer(t *testing.T) {
	b, _ := announced(t)
	a := mdnstest.New(t, "127.0.0.1", 5353)
	q := mdnstest.Question(service, dns.TypePTR)
	q.Question[0].Qclass |= mdnstest.CacheBit
	a.Send(q)
	h := a.Unicast()
	if h.Id != 0 || !h.Response || !h.Authoritative || len(h.Question) > 0 {
		t.Errorf("header %+v with %d questions, want ID 0, AA and no question", h.MsgHdr, len(h.Question))
	}
	if diff := cmp.Diff(b.records("PTR"), mdnstest.Describe(h.Answer)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(b.records("SRV", "TXT", "A"), mdnstest.Describe(h.Extra)); diff != "" {
		t.Error(diff)
	}
}

// A simple resolver asks from a port of its own and expects plain DNS (RFC 6762 section 6.7).
func TestLegacyUnicast(t *testing.T) {
	b, _ := announced(t)
	a := mdnstest.New(t, "127.0.0.1", 0)
	legacy := func(keys ...string) []string {
		var lines []string
		for _, record := range b.records(keys...) {
			lines = append(lines, regexp.MustCompile(`!? (120|4500) `).ReplaceAllString(record, " 10 "))
		}
		slices.Sort(lines)
		return lines
	}
	for _, c := range []struct {
		name   string
		kind   uint16
		answer []string
		extra  []string
	}{
		{service, dns.TypePTR, []string{"PTR"}, []string{"SRV", "TXT", "A"}},
		{"Desk._MPCTL._tcp.local.", dns.TypeSRV, []string{"SRV"}, []string{"A"}},
		{host, dns.TypeAAAA, []string{"host NSEC"}, nil},
		{host, dns.TypeANY, []string{"A"}, nil},
	} {
		h := a.Legacy(mdnstest.Question(c.name, c.kind))
		if !h.Response || !h.Authoritative || len(h.Question) != 1 || !strings.EqualFold(h.Question[0].Name, c.name) ||
			h.Question[0].Qtype != c.kind || h.Question[0].Qclass != dns.ClassINET {
			t.Errorf("%s: the question is not repeated: %v", c.name, h.Msg)
		}
		if diff := cmp.Diff(legacy(c.answer...), mdnstest.Describe(h.Answer)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		if diff := cmp.Diff(legacy(c.extra...), mdnstest.Describe(h.Extra)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		// The target follows priority, weight and port in full (RFC 6762 section 18.14).
		if slices.Contains(c.answer, "SRV") && !bytes.Contains(h.Raw, []byte("\x00\x00\x00\x00\x00\x50\x04desk\x05local\x00")) {
			t.Errorf("the target of SRV is compressed: %x", h.Raw)
		}
	}
}

// fence proves that packets sent before it were not answered: it asks a question, whose answer must be the next to arrive.
func fence(t *testing.T, a *mdnstest.Peer, what string) {
	t.Helper()
	m := mdnstest.Question(host, dns.TypeA)
	m.Id = dns.Id()
	a.Send(m)
	if h := a.Unicast(); h.Id != m.Id || len(h.Answer) != 1 {
		t.Fatalf("%s was answered: %v", what, h.Msg)
	}
}

func TestKnownAnswers(t *testing.T) {
	announced(t)
	a := mdnstest.New(t, "127.0.0.1", 0)
	ask := func(known string) *dns.Msg {
		rr, err := dns.NewRR(known)
		if err != nil {
			t.Fatal(err)
		}
		q := mdnstest.Question(service, dns.TypePTR)
		q.Answer = []dns.RR{rr}
		return q
	}
	a.Send(ask(service + " 4500 IN PTR " + instance))
	fence(t, a, "a known answer")
	a.Send(ask(service + " 2250 IN PTR DESK." + service))
	fence(t, a, "a known answer of half its age")
	for _, known := range []string{service + " 2249 IN PTR " + instance, service + " 4500 IN PTR other." + service, "_http._tcp.local. 4500 IN PTR " + instance} {
		if h := a.Legacy(ask(known)); len(h.Answer) != 1 {
			t.Errorf("knowing %q: %v, want an answer", known, h.Answer)
		}
	}
}

func TestNotForThisBoard(t *testing.T) {
	announced(t)
	a := mdnstest.New(t, "127.0.0.1", 0)
	for _, name := range []string{"other.local.", "desk.local.local.", "desk.", ".", "_ipp._tcp.local.", "desk._ipp._tcp.local.", `desk\._mpctl._tcp.local.`} {
		a.Send(mdnstest.Question(name, dns.TypeANY))
		fence(t, a, name)
	}
	for what, change := range map[string]func(*dns.Msg){
		"class CHAOS": func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS },
		"a response":  func(m *dns.Msg) { m.Response = true },
		"an opcode":   func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate },
		"an rcode":    func(m *dns.Msg) { m.Rcode = dns.RcodeNameError },
	} {
		m := mdnstest.Question(host, dns.TypeA)
		change(m)
		a.Send(m)
		fence(t, a, what)
	}
}

func TestMalformedPackets(t *testing.T) {
	announced(t)
	a := mdnstest.New(t, "127.0.0.1", 0)
	header := func(counts ...uint16) []byte {
		p := []byte{0xAB, 0xCD, 0, 0}
		for i := range 4 {
			n := uint16(0)
			if i < len(counts) {
				n = counts[i]
			}
			p = binary.BigEndian.AppendUint16(p, n)
		}
		return p
	}
	const name, in = "\x04desk\x05local\x00", "\x00\x01\x00\x01"
	whole := name + in
	// The data of a record hold a pointer to the name and then pointers each to the one before. The name of the next
	// record points at the last of them.
	chain := []byte{0xC0, 12}
	for at := 12 + len(whole) + 12; len(chain) < 2*40; at += 2 {
		chain = append(chain, 0xC0, byte(at))
	}
	records := "\xC0\x0C\x00\x10\x00\x01\x00\x00\x00\x00\x00\x50" + string(chain) +
		string([]byte{0xC0, byte(12 + len(whole) + 12 + len(chain) - 2)}) + "\x00\x10\x00\x01\x00\x00\x00\x00\x00\x00"
	for what, packet := range map[string]string{
		"empty":                     "",
		"half a header":             "\xAB\xCD\x00\x00\x00",
		"no name":                   string(header(1)),
		"pointer to itself":         string(header(1)) + "\xC0\x0C" + in,
		"pointers in a circle":      string(header(1)) + "\xC0\x0E\xC0\x0C" + in,
		"label in a circle":         string(header(1)) + "\x04desk\xC0\x0C" + in,
		"forward pointer":           string(header(1)) + "\xC0\x12" + in + name,
		"pointer out of the packet": string(header(1)) + "\xFF\xFF" + in,
		"40 pointers in a row":      string(header(1, 2)) + whole + records,
		"half a pointer":            string(header(1)) + "\x04desk\xC0",
		"label of 64 bytes":         string(header(1)) + "\x40" + strings.Repeat("x", 64) + "\x00" + in,
		"reserved label type":       string(header(1)) + "\x80desk\x00" + in,
		"label behind the end":      string(header(1)) + "\x3Fdesk",
		"name of 300 bytes":         string(header(1)) + strings.Repeat("\x01x", 150) + "\x00" + in,
		"no class":                  string(header(1)) + name + "\x00\x01",
		"fewer questions":           string(header(2)) + whole,
		"65535 questions":           string(header(65535)) + whole,
		"no answer":                 string(header(1, 1)) + whole,
		"65535 of all":              string(header(1, 65535, 65535, 65535)) + whole,
		"data behind the end":       string(header(1, 1)) + whole + "\xC0\x0C\x00\x0C\x00\x01\x00\x00\x11\x94\xFF\xFF\x00",
		"half a record":             string(header(1, 0, 0, 1)) + whole + "\xC0\x0C\x00\x0C\x00\x01\x00",
		"zeros":                     strings.Repeat("\x00", 8) + string(header(0xFFFF)) + strings.Repeat("\x00", 1400),
		"more than a packet":        string(header(400)) + strings.Repeat(whole, 400),
	} {
		a.SendRaw([]byte(packet))
		fence(t, a, what)
	}

	q := mdnstest.Question(service, dns.TypePTR)
	rr, err := dns.NewRR(service + " 4500 IN PTR " + instance)
	if err != nil {
		t.Fatal(err)
	}
	q.Answer = []dns.RR{rr}
	packet, err := q.Pack()
	if err != nil {
		t.Fatal(err)
	}
	for n := range packet {
		a.SendRaw(packet[:n])
		if n%20 == 0 { // the board's receive buffer is small
			fence(t, a, "a packet cut short")
		}
	}
	fence(t, a, "packets cut short")

	// Known answers are optional: malformed ones do not keep the question from being answered.
	a.SendRaw([]byte(string(header(1, 1)) + whole + "\xC0\x0C\x00\x0C\x00\x01\x00\x00\x11\x94\x00\x02\xC0\xFF"))
	if h := a.Unicast(); h.Id != 0xABCD || len(h.Answer) != 1 {
		t.Errorf("%v, want the address", h.Msg)
	}
}
