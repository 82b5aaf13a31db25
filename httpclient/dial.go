package httpclient

import (
	"context"
	"errors"
	"net"
	"net/http/httptrace"
	"net/netip"
	"strings"
	"syscall"
)

// isLocal tells a name that mDNS is for (RFC 6762 §3).
func isLocal(host string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".local")
}

// dial connects to host:port within Options.Connect, and gives errors their types.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &ConnectError{address, err}
	}
	addrs, err := c.lookup(ctx, host)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, c.options.Connect)
	defer cancel()
	return race(limited, interleave(addrs), func(attempt context.Context, addr netip.Addr) (net.Conn, error) {
		target := net.JoinHostPort(addr.String(), port)
		conn, err := new(net.Dialer).DialContext(attempt, network, target)
		if err != nil {
			return nil, c.explainDial(ctx, target, err)
		}
		return conn, nil
	})
}

// lookup returns the addresses of a host, at least one: of a name under .local from mDNS, or else from the system.
func (c *Client) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{addr}, nil
	}
	limited, cancel := context.WithTimeout(ctx, c.options.Connect)
	defer cancel()
	var localErr error
	if isLocal(host) && c.options.Resolve != nil {
		addrs, err := c.resolve(limited, host)
		if err == nil && len(addrs) > 0 {
			return addrs, nil
		}
		localErr = err
	}
	addrs, err := net.DefaultResolver.LookupNetIP(limited, "ip", host)
	switch {
	case err == nil && len(addrs) > 0:
		return addrs, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, &NameError{host, errors.Join(localErr, err)}
}

// resolve is Options.Resolve, seen by the traces that see the system's resolver.
func (c *Client) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	trace := httptrace.ContextClientTrace(ctx)
	if trace != nil && trace.DNSStart != nil {
		trace.DNSStart(httptrace.DNSStartInfo{Host: host})
	}
	addrs, err := c.options.Resolve(ctx, host)
	if trace != nil && trace.DNSDone != nil {
		done := httptrace.DNSDoneInfo{Err: err}
		for _, a := range addrs {
			done.Addrs = append(done.Addrs, net.IPAddr{IP: a.AsSlice(), Zone: a.Zone()})
		}
		trace.DNSDone(done)
	}
	return addrs, err
}

func (c *Client) explainDial(ctx context.Context, target string, err error) error {
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, syscall.ECONNREFUSED):
		return &RefusedError{target}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &TimeoutError{Doing: "connecting to " + target, After: c.options.Connect}
	}
	var errno syscall.Errno // what is around it says "dial tcp" and the address again
	if errors.As(err, &errno) {
		err = errno
	}
	return &ConnectError{target, err}
}
