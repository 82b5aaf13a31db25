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

// isLocal reports whether mDNS resolves a name (RFC 6762 §3).
func isLocal(host string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".local")
}

// dial connects to host:port within Options.Connect. Its errors have the types of this package.
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

// lookup returns the addresses of a host, at least one. Names under .local are resolved by Options.Resolve, and by
// the system if that fails.
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

// resolve calls Options.Resolve, and reports it to a httptrace as the system's resolver does.
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
	var errno syscall.Errno // the errors around it repeat the address
	if errors.As(err, &errno) {
		err = errno
	}
	return &ConnectError{target, err}
}
