package httpclient

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// environmentProxy returns a function for http.Transport.Proxy that honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
// Hosts in the local network are reached directly: a proxy may be outside of it.
func environmentProxy() func(*http.Request) (*url.URL, error) {
	proxyFor := httpproxy.FromEnvironment().ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		host := r.URL.Hostname()
		if isLocal(host) {
			return nil, nil
		}
		if addr, err := netip.ParseAddr(host); err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()) {
			return nil, nil
		}
		return proxyFor(r.URL)
	}
}

// checkTunnel makes the refusal of a proxy a ProxyError, so that it is not taken for the server's.
func checkTunnel(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &ProxyError{&StatusError{URL: proxy.Redacted(), Status: resp.Status}}
	}
	return nil
}
