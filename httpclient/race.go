package httpclient

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"
)

// attemptDelay is how long race waits for one address before it tries the next as well (RFC 8305 §5).
const attemptDelay = 250 * time.Millisecond

// interleave alternates IPv4 and IPv6 addresses, beginning with the family of the first, and removes duplicates (RFC
// 8305 §4).
func interleave(addrs []netip.Addr) []netip.Addr {
	var families [2][]netip.Addr
	for _, a := range addrs {
		a = a.Unmap()
		family := 0
		if a.Is4() != addrs[0].Unmap().Is4() {
			family = 1
		}
		if !slices.Contains(families[family], a) {
			families[family] = append(families[family], a)
		}
	}
	var mixed []netip.Addr
	for i := range max(len(families[0]), len(families[1])) {
		for _, family := range families {
			if i < len(family) {
				mixed = append(mixed, family[i])
			}
		}
	}
	return mixed
}

// race returns the first connection that succeeds. An address is tried when the one before it has failed, or has not
// answered for attemptDelay. If all fail, the error is that of the first address, which is the likeliest one.
func race(ctx context.Context, addrs []netip.Addr, dial func(context.Context, netip.Addr) (net.Conn, error)) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type attempt struct {
		i    int
		conn net.Conn
		err  error
	}
	ended := make(chan attempt, len(addrs)) // buffered: attempts that end after the race do not block
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
