package discover

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Three tries (at 0, 300 ms and 1 s) and half a second for the last.
const resolveTimeout = 1500 * time.Millisecond

// ResolveOptions say where to ask and for how long.
type ResolveOptions struct {
	Interfaces []string      // names; empty: every usable one, and loopback
	Timeout    time.Duration // 0: 1.5 s
}

// NotFoundError is a `.local` name that nobody answered for.
type NotFoundError struct{ Host string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("no answer for %q over mDNS", e.Host) }

// Hint says what the user can do.
func (e *NotFoundError) Hint() string {
	return "is it switched on, and in the same network as this computer? some guest networks keep their members apart"
}

// Resolve returns the addresses of a `.local` host, IPv4 first, as soon as one link has an answer
// (RFC 6762 §3, §5.1).
func Resolve(ctx context.Context, host string, o ResolveOptions) ([]netip.Addr, error) {
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
	search, cancel := context.WithTimeout(ctx, o.Timeout)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	found := make(chan []netip.Addr)
	ended := make(chan error)
	ask := func() []dns.Question {
		return []dns.Question{question(name, dns.TypeA), question(name, dns.TypeAAAA)}
	}
	for _, l := range links {
		running.Go(func() {
			err := l.exchange(search, ask, func(m *dns.Msg, _ netip.Addr) {
				if addrs := addrsFor(name, m, l.ifi.Name); len(addrs) > 0 {
					select {
					case found <- addrs:
					case <-search.Done():
					}
				}
			})
			select {
			case ended <- err:
			case <-search.Done():
			}
		})
	}
	var failed []error
	for left := len(links); left > 0; {
		select {
		case addrs := <-found:
			return addrs, nil
		case err := <-ended:
			left--
			failed = append(failed, err)
		case <-search.Done():
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return nil, &NotFoundError{host}
		}
	}
	// Nothing could be asked at all: say why, but as what it is to the caller, a name without an address.
	return nil, errors.Join(append([]error{&NotFoundError{host}}, failed...)...)
}

// addrsFor returns what a response says about the asked name, in canonical form.
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
	slices.SortStableFunc(addrs, func(a, b netip.Addr) int {
		return cmp.Compare(a.BitLen(), b.BitLen())
	})
	return addrs
}
