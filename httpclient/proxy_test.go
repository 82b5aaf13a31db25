package httpclient

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"

	"mpctl/internal/test/netns"
)

// testProxy answers in place of every server, or tunnels to one address, and keeps its requests.
type testProxy struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

// startProxy starts a proxy whose tunnels all lead to the address target; without one it refuses them.
func startProxy(t *testing.T, target string) *testProxy {
	t.Helper()
	netns.Require(t)
	p := new(testProxy)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked = append(p.asked, r.Method+" "+r.RequestURI)
		p.mu.Unlock()
		switch {
		case r.Method != http.MethodConnect:
			io.WriteString(w, "from the proxy")
		case target == "":
			w.WriteHeader(http.StatusProxyAuthRequired)
		default:
			tunnel(w, target)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

func tunnel(w http.ResponseWriter, to string) {
	far, err := net.Dial("tcp", to)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
	go io.Copy(far, near)
	io.Copy(near, far)
}

func (p *testProxy) requests() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.asked, "\n")
}

// setProxy sets the environment so that it names a proxy for every host.
func setProxy(t *testing.T, to string) {
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		t.Setenv(name, to)
	}
	for _, name := range []string{"NO_PROXY", "no_proxy", "REQUEST_METHOD"} {
		t.Setenv(name, "")
	}
}

func TestProxyFetchesFromTheInternet(t *testing.T) {
	p := startProxy(t, "")
	setProxy(t, p.URL)
	_, body, err := get(t, New(Options{}), "http://nosuch.example/page", GetOptions{})
	if err != nil || body != "from the proxy" || p.requests() != "GET http://nosuch.example/page" {
		t.Errorf("%q, %v, asked of the proxy: %q", body, err, p.requests())
	}
}

func TestProxyTunnelsTLS(t *testing.T) {
	ca := newAuthority(t)
	server := ca.serve(t, certificate{names: []string{"nosuch.example"}})
	p := startProxy(t, server)
	setProxy(t, p.URL)
	_, body, err := get(t, New(Options{RootCAs: ca.pool}), "https://nosuch.example/", GetOptions{})
	if err != nil || body != "hello" || p.requests() != "CONNECT nosuch.example:443" {
		t.Errorf("%q, %v, asked of the proxy: %q", body, err, p.requests())
	}
}

func TestNoProxyForBoards(t *testing.T) {
	p := startProxy(t, "")
	setProxy(t, p.URL)
	c := New(Options{})
	for _, target := range []string{"http://desk.local:80/", "http://192.168.4.1/", "http://[fe80::1%25lo]/", "http://10.0.0.1:8080/"} {
		u, err := url.Parse(target)
		if err != nil {
			t.Fatal(err)
		}
		if proxy, err := c.pages.Proxy(&http.Request{URL: u}); proxy != nil || err != nil {
			t.Errorf("proxy for %s = %v, %v", target, proxy, err)
		}
	}
	u, err := url.Parse("http://203.0.113.7/")
	if err != nil {
		t.Fatal(err)
	}
	if proxy, err := c.pages.Proxy(&http.Request{URL: u}); proxy == nil || err != nil {
		t.Errorf("proxy for %s = %v, %v", u, proxy, err)
	}
	// A board may have a public address, for example with IPv6.
	board := c.Board(netip.MustParseAddrPort("203.0.113.7:80"))
	if _, err := board.Info(t.Context()); err == nil {
		t.Error("something answers at 203.0.113.7")
	}
	if _, _, err := get(t, c, board.URL("/"), GetOptions{Direct: true}); err == nil {
		t.Error("something answers at 203.0.113.7")
	}
	if asked := p.requests(); asked != "" {
		t.Errorf("the proxy was asked for %q", asked)
	}
	if _, body, err := get(t, c, board.URL("/"), GetOptions{}); body != "from the proxy" || err != nil {
		t.Errorf("fetched without Direct: %q, %v", body, err)
	}
}

func TestBoardRedirectsToTheInternet(t *testing.T) {
	p := startProxy(t, "")
	setProxy(t, p.URL)
	board := serveText(t, "HTTP/1.1 302 Found\r\nLocation: http://nosuch.example/\r\nContent-Length: 0\r\n\r\n")
	if _, body, err := get(t, New(Options{}), "http://"+board, GetOptions{Direct: true}); body != "from the proxy" || err != nil {
		t.Errorf("%q, %v", body, err)
	}
}

func TestProxyFails(t *testing.T) {
	dead, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead.Close()
	for name, c := range map[string]struct{ proxy, target, want string }{
		"refused":    {"http://me:hunter2@" + dead.Addr().String(), "http://nosuch.example/", "connection refused"},
		"no tunnel":  {startProxy(t, "").URL, "https://nosuch.example/", "407"},
		"not a name": {"http://proxy.invalid:3128", "http://nosuch.example/", "proxy.invalid"},
	} {
		setProxy(t, c.proxy)
		_, _, err := get(t, New(Options{}), c.target, GetOptions{})
		var failed *ProxyError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v (%T), want a ProxyError with %q", name, err, err, c.want)
		}
	}
}

func TestCredentialsStayWithTheirHost(t *testing.T) {
	netns.Require(t)
	heads := make(chan http.Header, 2)
	to := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heads <- r.Header }))
	defer to.Close()
	from := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heads <- r.Header
		http.Redirect(w, r, to.URL, http.StatusFound)
	}))
	defer from.Close()
	target := strings.Replace(from.URL, "//", "//me:hunter2@", 1)
	if _, _, err := get(t, New(Options{}), target, GetOptions{}); err != nil {
		t.Fatal(err)
	}
	if first := <-heads; !strings.HasPrefix(first.Get("Authorization"), "Basic ") {
		t.Errorf("the first host is sent %v, want the credentials", first)
	}
	for name, values := range <-heads {
		if text := strings.Join(values, ""); name == "Authorization" || strings.Contains(text, "hunter2") || strings.Contains(text, "me:") {
			t.Errorf("the other is sent %s: %s", name, text)
		}
	}
}
