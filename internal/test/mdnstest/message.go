package mdnstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// CacheBit is the cache-flush bit in a record's class (RFC 6762 section 10.2), and in a question's class the bit that asks
// for a unicast response (section 5.4).
const CacheBit = 1 << 15

// Question returns a query for a name and type.
func Question(name string, kind uint16) *dns.Msg {
	return &dns.Msg{Question: []dns.Question{{Name: name, Qtype: kind, Qclass: dns.ClassINET}}}
}

// Records parses resource records like "desk.local. 120 IN A! 127.0.0.1". A ! behind the type sets the cache-flush bit.
func Records(t testing.TB, lines ...string) []dns.RR {
	t.Helper()
	var records []dns.RR
	for _, line := range lines {
		plain := strings.Replace(line, "! ", " ", 1)
		rr, err := dns.NewRR(plain)
		if err != nil {
			t.Fatal(err)
		}
		if plain != line {
			rr.Header().Class |= CacheBit
		}
		records = append(records, rr)
	}
	return records
}

// Response returns a response with records as Records parses them.
func Response(t testing.TB, lines ...string) *dns.Msg {
	t.Helper()
	return &dns.Msg{MsgHdr: dns.MsgHdr{Response: true, Authoritative: true}, Answer: Records(t, lines...)}
}

// Probe returns a query that claims a name for records (RFC 6762 section 8.1).
func Probe(t testing.TB, name string, lines ...string) *dns.Msg {
	t.Helper()
	m := Question(name, dns.TypeANY)
	m.Ns = Records(t, lines...)
	return m
}

// Describe returns records as "name TYPE TTL data", sorted. A ! behind the type stands for the cache-flush bit.
func Describe(records []dns.RR) []string {
	var lines []string
	for _, rr := range records {
		rr = dns.Copy(rr)
		header := rr.Header()
		mark := ""
		if header.Class&CacheBit != 0 {
			mark = "!"
		}
		header.Class &^= CacheBit
		data := strings.TrimPrefix(rr.String(), header.String())
		lines = append(lines, fmt.Sprintf("%s %s%s %d %s", header.Name, dns.TypeToString[header.Rrtype], mark, header.Ttl, data))
	}
	slices.Sort(lines)
	return lines
}
