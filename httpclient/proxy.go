package httpclient

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"

	"golang.org/x/net/http/httpproxy"
)

// proxies honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY for the internet. No proxy can reach what is in this network.
func proxies() func(*http.Request) (*url.URL, error) {
	set := httpproxy.FromEnvironment().ProxyFunc()
	return func(r *http.Request) (*url.URL, error) {
		host := r.URL.Hostname()
		if isLocal(host) {
			return nil, nil
		}
		if addr, err := netip.ParseAddr(host); err == nil && (addr.IsPrivate() || addr.IsLoopback() || addr.IsLinkLocalUnicast()) {
			return nil, nil
		}
		return set(r.URL)
	}
}

// checkTunnel tells a proxy that refuses from a server that does.
func checkTunnel(_ context.Context, proxy *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &ProxyError{&StatusError{URL: proxy.Redacted(), Status: resp.Status}}
	}
	return nil
}
