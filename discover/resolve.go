package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

const resolveTimeout = 1500 * time.Millisecond // enough for ten questions

// ResolveOptions are where Resolve asks and for how long.
type ResolveOptions struct {
	Interfaces []string      // names; empty: every usable interface, and loopback
	Timeout    time.Duration // 0: 1.5 s
}

// NotFoundError is returned by Resolve when no device answers for a name, or when the name is not a `.local` name.
type NotFoundError struct{ Host string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("no answer for %q over mDNS", e.Host) }

// Hint says what the user can do.
func (e *NotFoundError) Hint() string {
	return "is it switched on, and in the same network as this computer? some guest networks keep their members apart"
}

// headStart is how long answers of the system's resolver are held back. Where it does not speak mDNS it asks a DNS server,
// and some DNS servers have an answer for every name.
const headStart = 150 * time.Millisecond

// Resolve returns the addresses of a `.local` host, IPv4 first, as soon as one link has an answer (RFC 6762 §3, §5.1) or
// the system's resolver has one. A NotFoundError is returned if there is no answer, an InterfaceError if a named
// interface cannot be searched.
func Resolve(ctx context.Context, host string, o ResolveOptions) ([]netip.Addr, error) {
	return resolve(ctx, host, o, net.DefaultResolver.LookupNetIP)
}

// lookup is a system's resolver, as in net.Resolver.LookupNetIP.
type lookup func(ctx context.Context, network, host string) ([]netip.Addr, error)

func resolve(ctx context.Context, host string, o ResolveOptions, system lookup) ([]netip.Addr, error) {
	name := dns.CanonicalName(host)
	if _, ok := dns.IsDomainName(name); !ok || !strings.HasSuffix(name, ".local.") {
		return nil, &NotFoundError{host}
	}
	links, err := usableLinks(o.Interfaces)
	if err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = resolveTimeout
	}
	asking, cancel := context.WithTimeout(ctx, o.Timeout)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	type answer struct {
		addrs []netip.Addr
		err   error
	}
	answers := make(chan answer, len(links)+1)
	ask := func(find func() ([]netip.Addr, error)) {
		running.Go(func() {
			addrs, err := find()
			answers <- answer{addrs, err}
		})
	}
	for _, l := range links {
		ask(func() ([]netip.Addr, error) { return l.resolve(asking, name) })
	}
	// The system's resolver may not return when its context ends, so nothing waits for this goroutine.
	go func() {
		begin := time.Now()
		addrs, err := system(asking, "ip", strings.TrimSuffix(name, "."))
		select {
		case <-time.After(headStart - time.Since(begin)):
		case <-asking.Done():
		}
		answers <- answer{addrs, err}
	}()
	var failed []error
	for range len(links) + 1 {
		select {
		case a := <-answers:
			if len(a.addrs) > 0 {
				return sortAddrs(a.addrs), nil
			}
			var dnsError *net.DNSError
			if a.err != nil && !errors.As(a.err, &dnsError) {
				failed = append(failed, a.err)
			}
		case <-asking.Done():
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &NotFoundError{host}
		}
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// No link could ask. To the caller this is a name without an address, whatever the reason.
	return nil, errors.Join(append([]error{&NotFoundError{host}}, failed...)...)
}

// resolve asks on one link until there is an answer or ctx ends; then it returns no addresses.
func (l link) resolve(ctx context.Context, name string) ([]netip.Addr, error) {
	s, err := l.open(false)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	question := func(kind uint16) dns.Question {
		return dns.Question{Name: name, Qtype: kind, Qclass: dns.ClassINET | unicastWanted}
	}
	n := 0
	next := func(now time.Time) (*dns.Msg, time.Time) {
		n++
		return &dns.Msg{Question: []dns.Question{question(dns.TypeA), question(dns.TypeAAAA)}}, now.Add(repeatPause(n - 1))
	}
	var found []netip.Addr
	err = s.exchange(ctx, next, func(m *dns.Msg, _ netip.Addr) bool {
		if addrs := addrsFor(name, m, l.ifi.Name); len(found) == 0 && len(addrs) > 0 {
			found = addrs
			cancel()
		}
		return false
	})
	return found, err
}

// addrsFor returns the addresses in a response that belong to a name, which is in canonical form.
func addrsFor(name string, m *dns.Msg, zone string) []netip.Addr {
	var addrs []netip.Addr
	for _, rr := range slices.Concat(m.Answer, m.Extra) {
		if rr.Header().Ttl == 0 || dns.CanonicalName(rr.Header().Name) != name {
			continue
		}
		if addr := addrOf(rr, zone); addr.IsValid() && len(addrs) < maxAddrs && !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	return addrs
}

// sortAddrs puts IPv4 first.
func sortAddrs(addrs []netip.Addr) []netip.Addr {
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int {
		return cmp.Compare(a.BitLen(), b.BitLen())
	})
	return addrs
}
