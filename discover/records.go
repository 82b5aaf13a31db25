package discover

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

const (
	maxNames = 256 // instances and hosts remembered in one search on one link
	maxAddrs = 8   // addresses of one host
	maxAsked = 16  // instances asked about in one packet, which keeps it below any MTU
)

// records gathers what responses say about the service: a board may spread it over several packets.
type records struct {
	zone      string // of link-local IPv6 addresses
	instances map[string]string
	srv       map[string]*dns.SRV
	txt       map[string][]string
	addrs     map[string][]netip.Addr
}

func newRecords(zone string) *records {
	return &records{zone, map[string]string{}, map[string]*dns.SRV{}, map[string][]string{}, map[string][]netip.Addr{}}
}

// add takes in a response. Names are compared without regard to case (RFC 6762 §16); a record whose time to
// live is 0 takes back what was said (§10.1).
func (r *records) add(m *dns.Msg, from netip.Addr) {
	for _, rr := range slices.Concat(m.Answer, m.Extra) {
		name := dns.CanonicalName(rr.Header().Name)
		gone := rr.Header().Ttl == 0
		switch rr := rr.(type) {
		case *dns.PTR:
			if key := dns.CanonicalName(rr.Ptr); name == Service && instanceName(rr.Ptr) != "" {
				put(r.instances, key, rr.Ptr, gone)
			}
		case *dns.SRV:
			put(r.srv, name, rr, gone)
		case *dns.TXT:
			put(r.txt, name, rr.Txt, gone)
		case *dns.A, *dns.AAAA:
			r.addAddr(name, rr, from, gone)
		}
	}
}

func put[V any](m map[string]V, key string, value V, gone bool) {
	if gone {
		delete(m, key)
	} else if _, known := m[key]; known || len(m) < maxNames {
		m[key] = value
	}
}

func (r *records) addAddr(host string, rr dns.RR, from netip.Addr, gone bool) {
	addr := addrOf(rr, r.zone)
	known := r.addrs[host]
	switch {
	case !addr.IsValid():
	case gone:
		put(r.addrs, host, slices.DeleteFunc(known, func(a netip.Addr) bool { return a == addr }), false)
	case slices.Contains(known, addr) || len(known) >= maxAddrs:
	case addr == from: // of several addresses the one that answered is the one that can be reached
		put(r.addrs, host, slices.Insert(known, 0, addr), false)
	default:
		put(r.addrs, host, append(known, addr), false)
	}
}

// addrOf returns the address in an A or AAAA record, invalid if no host can have it.
func addrOf(rr dns.RR, zone string) netip.Addr {
	var addr netip.Addr
	switch rr := rr.(type) {
	case *dns.A:
		addr, _ = netip.AddrFromSlice(rr.A)
		addr = addr.Unmap()
	case *dns.AAAA:
		addr, _ = netip.AddrFromSlice(rr.AAAA)
		if addr.IsLinkLocalUnicast() {
			addr = addr.WithZone(zone)
		}
	}
	if !addr.IsValid() || addr.IsUnspecified() || addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return netip.Addr{}
	}
	return addr
}

// boards returns those of which everything is known.
func (r *records) boards() []Board {
	var boards []Board
	for key, name := range r.instances {
		srv, txt := r.srv[key], r.txt[key]
		if srv == nil || srv.Port == 0 || txt == nil {
			continue
		}
		addr := preferred(r.addrs[dns.CanonicalName(srv.Target)])
		if !addr.IsValid() {
			continue
		}
		b := Board{
			Name: instanceName(name),
			Host: unescape(strings.TrimSuffix(srv.Target, ".")),
			Addr: addr,
			Port: srv.Port,
		}
		b.describe(txt)
		boards = append(boards, b)
	}
	return boards
}

// preferred returns the first IPv4 address, or else the first.
func preferred(addrs []netip.Addr) netip.Addr {
	if i := slices.IndexFunc(addrs, netip.Addr.Is4); i >= 0 {
		return addrs[i]
	}
	if len(addrs) > 0 {
		return addrs[0]
	}
	return netip.Addr{}
}

// questions asks for boards, and for what is missing of those that sent less than RFC 6763 §12 recommends.
func (r *records) questions() []dns.Question {
	ask := []dns.Question{question(Service, dns.TypePTR)}
	asked := 0
	for key, name := range r.instances {
		srv := r.srv[key]
		switch {
		case asked == maxAsked:
			return ask
		case srv == nil || r.txt[key] == nil:
			ask = append(ask, question(name, dns.TypeSRV), question(name, dns.TypeTXT))
		case len(r.addrs[dns.CanonicalName(srv.Target)]) == 0:
			ask = append(ask, question(srv.Target, dns.TypeA), question(srv.Target, dns.TypeAAAA))
		default:
			continue
		}
		asked++
	}
	return ask
}

func question(name string, qtype uint16) dns.Question {
	return dns.Question{Name: name, Qtype: qtype, Qclass: dns.ClassINET | unicastWanted}
}
