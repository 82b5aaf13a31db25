package httpclient

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/netns"
)

// authority signs certificates. Only clients with its pool trust it.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pool *x509.CertPool
}

type certificate struct {
	names []string
	from  time.Duration // start of validity, relative to now
	valid time.Duration // 0: an hour
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{key: newKey(t), pool: x509.NewCertPool()}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Test authority"}, NotBefore: time.Now().Add(-24 * time.Hour),
		NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.pool.AddCert(a.cert)
	return a
}

// serve starts a server with a certificate of this authority that answers "hello". It returns its address.
func (a *authority) serve(t *testing.T, c certificate) string {
	t.Helper()
	netns.Require(t)
	from := time.Now().Add(c.from - time.Minute)
	if c.valid == 0 {
		c.valid = time.Hour
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "server"}, NotBefore: from, NotAfter: from.Add(c.valid)}
	for _, name := range c.names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	key := newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	resp, body, err := get(t, New(Options{RootCAs: ca.pool}), "https://"+ca.serve(t, certificate{names: []string{"127.0.0.1"}}), GetOptions{})
	if err != nil || body != "hello" || resp.Proto != "HTTP/2.0" {
		t.Fatalf("%+v, %q, %v", resp, body, err)
	}
}

func TestTLSErrors(t *testing.T) {
	ca := newAuthority(t)
	localhost := []string{"127.0.0.1"}
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	self := httptest.NewUnstartedServer(http.NotFoundHandler())
	self.Config.ErrorLog = log.New(io.Discard, "", 0)
	self.StartTLS()
	defer self.Close()
	for _, c := range []struct {
		name, address string
		trusted       *x509.CertPool
		reason, hint  string
	}{
		{"expired", ca.serve(t, certificate{names: localhost, from: -2 * time.Hour}), ca.pool, "expired on 20", "clock"},
		{"not yet valid", ca.serve(t, certificate{names: localhost, from: 2 * time.Hour}), ca.pool, "not valid before 20", "clock"},
		{"of another host", ca.serve(t, certificate{names: []string{"a.example", "b.example", "c.example", "d.example"}}), ca.pool, "is for a.example, b.example, c.example, 1 more", "by that name"},
		{"of no host", ca.serve(t, certificate{}), ca.pool, "is for no host", ""},
		{"unknown authority", ca.serve(t, certificate{names: localhost}), x509.NewCertPool(), `"CN=Test authority"`, "SSL_CERT_FILE"},
		{"self-signed", self.Listener.Addr().String(), x509.NewCertPool(), "by itself alone", "--cacert"},
		{"no TLS", plain.Listener.Addr().String(), nil, "does not speak TLS", "http://"},
	} {
		_, _, err := get(t, New(Options{RootCAs: c.trusted}), "https://"+c.address, GetOptions{})
		var failed *TLSError
		if !errors.As(err, &failed) || !strings.Contains(err.Error(), c.reason) || !strings.Contains(failed.Hint(), c.hint) {
			t.Errorf("%s: %v (%T), hint %q, want a TLSError with %q and %q", c.name, err, err, hintOf(err), c.reason, c.hint)
		}
	}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

func TestPlainToTLS(t *testing.T) {
	_, _, err := get(t, New(Options{}), "http://"+serveText(t, "\x15\x03\x01\x00\x02\x02\x16"), GetOptions{})
	var failed *ProtocolError
	if !errors.As(err, &failed) || !strings.Contains(failed.Hint(), "https://") {
		t.Errorf("%v (%T), hint %q, want a ProtocolError", err, err, hintOf(err))
	}
}
