package httpclient

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// isLocal tells a name that mDNS is for (RFC 6762 §3).
func isLocal(host string) bool {
	return strings.HasSuffix(strings.ToLower(strings.TrimSuffix(host, ".")), ".local")
}

// proxyFor honours HTTP_PROXY and the like for the internet. No proxy can reach what is in this network.
func proxyFor(r *http.Request) (*url.URL, error) {
	host := r.URL.Hostname()
	if isLocal(host) {
		return nil, nil
	}
	if addr, err := netip.ParseAddr(host); err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()) {
		return nil, nil
	}
	return http.ProxyFromEnvironment(r)
}

// dial connects to host:port within Options.Connect, and gives errors their types.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &ConnectError{address, err}
	}
	targets := []string{address}
	if isLocal(host) && c.options.Resolve != nil {
		addrs, err := c.lookup(ctx, host)
		if err != nil {
			return nil, err
		}
		targets = targets[:0]
		for _, a := range addrs {
			targets = append(targets, net.JoinHostPort(a.String(), port))
		}
	}
	limited, cancel := context.WithTimeout(ctx, c.options.Connect)
	defer cancel()
	var failed error
	for _, target := range targets {
		var d net.Dialer
		conn, err := d.DialContext(limited, network, target)
		if err == nil {
			return conn, nil
		}
		if failed == nil { // the first address is the likeliest, and so is its error
			failed = c.explainDial(ctx, host, target, err)
		}
	}
	return nil, failed
}

// lookup resolves a name under .local over mDNS, then by the system.
func (c *Client) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	addrs, err := c.options.Resolve(ctx, host)
	if err == nil && len(addrs) > 0 {
		return addrs, nil
	}
	limited, cancel := context.WithTimeout(ctx, c.options.Connect)
	defer cancel()
	addrs, systemErr := net.DefaultResolver.LookupNetIP(limited, "ip", host)
	if systemErr == nil && len(addrs) > 0 {
		return addrs, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return nil, &NameError{host, errors.Join(err, systemErr)}
}

func (c *Client) explainDial(ctx context.Context, host, target string, err error) error {
	var name *net.DNSError
	var timeout net.Error
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &name):
		return &NameError{host, err}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &RefusedError{target}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &TimeoutError{Doing: "connecting to " + target, After: c.options.Connect}
	}
	var operation *net.OpError // says "dial tcp" and the address again
	if errors.As(err, &operation) {
		err = operation.Err
	}
	return &ConnectError{target, err}
}
