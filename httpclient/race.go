package httpclient

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

// attemptDelay is how long one address may stay silent before the next is tried too (RFC 8305 §5).
const attemptDelay = 250 * time.Millisecond

// interleave orders addresses so that IPv4 and IPv6 take turns, the first one's kind first (RFC 8305 §4).
func interleave(addrs []netip.Addr) []netip.Addr {
	var kinds [2][]netip.Addr
	for _, a := range addrs {
		a = a.Unmap()
		kind := 0
		if a.Is4() != addrs[0].Unmap().Is4() {
			kind = 1
		}
		if !slices.Contains(kinds[kind], a) {
			kinds[kind] = append(kinds[kind], a)
		}
	}
	var mixed []netip.Addr
	for i := range max(len(kinds[0]), len(kinds[1])) {
		for _, kind := range kinds {
			if i < len(kind) {
				mixed = append(mixed, kind[i])
			}
		}
	}
	return mixed
}

// race returns the first connection that comes about. An address is tried when the one before has failed, or has
// been silent for attemptDelay. If none answers the error is that of the first: the likeliest address.
func race(ctx context.Context, addrs []netip.Addr, dial func(context.Context, netip.Addr) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type attempt struct {
		i    int
		conn net.Conn
		err  error
	}
	ended := make(chan attempt, len(addrs)) // nobody need wait for those that come in late
	next, running := 0, 0
	delay := time.NewTimer(attemptDelay)
	defer delay.Stop()
	try := func() {
		if next == len(addrs) {
			return
		}
		i := next
		next, running = next+1, running+1
		delay.Reset(attemptDelay)
		go func() {
			conn, err := dial(ctx, addrs[i])
			ended <- attempt{i, conn, err}
		}()
	}
	errs := make([]error, len(addrs))
	for try(); ; {
		select {
		case a := <-ended:
			running--
			if a.err == nil {
				go func() {
					for range running {
						if late := <-ended; late.conn != nil {
							late.conn.Close()
						}
					}
				}()
				return a.conn, nil
			}
			errs[a.i] = a.err
			if try(); running == 0 {
				return nil, errs[0]
			}
		case <-delay.C:
			try()
		}
	}
}
