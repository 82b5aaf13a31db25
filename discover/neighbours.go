package discover

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// neighbourTimeout leaves time for several questions, and for a device that waits 120 ms before it answers.
const neighbourTimeout = time.Second

// Neighbours reports whether any other device answers over mDNS, whatever its services are (RFC 6763 §9). If one does,
// multicast gets through. An InterfaceError is returned if a named interface cannot be searched.
func Neighbours(ctx context.Context, interfaces []string) (bool, error) {
	links, err := usableLinks(interfaces)
	if err != nil {
		return false, err
	}
	own := ownAddrs()
	return neighbours(ctx, links, func(from netip.Addr) bool { return own[from.WithZone("")] }), nil
}

func neighbours(ctx context.Context, links []link, isOwn func(netip.Addr) bool) bool {
	ctx, cancel := context.WithTimeout(ctx, neighbourTimeout)
	defer cancel()
	heard := make(chan struct{}, 1)
	var running sync.WaitGroup
	for _, l := range links {
		s, err := l.open(false)
		if err != nil {
			continue
		}
		sent := 0
		next := func(now time.Time) (*dns.Msg, time.Time) {
			m := new(dns.Msg).SetQuestion("_services._dns-sd._udp.local.", dns.TypePTR)
			m.RecursionDesired = false
			sent++
			return m, now.Add(repeatPause(sent - 1))
		}
		running.Go(func() {
			_ = s.exchange(ctx, next, func(_ *dns.Msg, from netip.Addr) bool {
				if isOwn(from) {
					return false
				}
				select {
				case heard <- struct{}{}:
					cancel()
				default:
				}
				return false
			})
		})
	}
	running.Wait()
	return len(heard) > 0
}

func ownAddrs() map[netip.Addr]bool {
	own := map[netip.Addr]bool{}
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own[p.Addr()] = true
		}
	}
	return own
}
