package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/console"
)

// getTrace says on stderr what is sent, what comes and how long each part takes. Only with -v; nil says nothing.
type getTrace struct {
	*console.Console
	began time.Time

	mu    sync.Mutex // addresses are tried at the same time
	marks            // of the hop under way
}

// marks are when each part of a hop first began and ended; zero if there was no such part.
type marks struct {
	nameStart, nameEnd       time.Time
	connectStart, connectEnd time.Time
	tlsStart, tlsEnd         time.Time
	sent, firstByte          time.Time
}

func (c getCommand) newTrace() *getTrace {
	if !c.Verbose {
		return nil
	}
	return &getTrace{Console: c.Console, began: time.Now()}
}

// request says what is about to be fetched.
func (t *getTrace) request(target string) {
	if t == nil {
		return
	}
	if u, err := url.Parse(target); err == nil { // httpclient tells what is wrong with others
		t.Note("> GET %s", u.Redacted())
	}
}

// watch returns a context whose requests are traced.
func (t *getTrace) watch(ctx context.Context) context.Context {
	if t == nil {
		return ctx
	}
	mark := func(when *time.Time) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if when.IsZero() {
			*when = time.Now()
		}
	}
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { mark(&t.nameStart) },
		DNSDone: func(d httptrace.DNSDoneInfo) {
			mark(&t.nameEnd)
			for _, addr := range d.Addrs {
				t.Note("* found %s", &addr)
			}
		},
		ConnectStart: func(_, addr string) {
			mark(&t.connectStart)
			t.Note("* trying %s", addr)
		},
		ConnectDone: func(_, addr string, err error) {
			if err == nil {
				mark(&t.connectEnd)
				t.Note("* connected to %s", addr)
			}
		},
		TLSHandshakeStart: func() { mark(&t.tlsStart) },
		TLSHandshakeDone: func(s tls.ConnectionState, err error) {
			if err == nil {
				mark(&t.tlsEnd)
				t.Note("* %s", describeTLS(s))
			}
		},
		WroteHeaderField: func(name string, values []string) {
			t.Note("> %s: %s", name, withoutSecret(name, strings.Join(values, ", ")))
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { mark(&t.sent) },
		GotFirstResponseByte: func() { mark(&t.firstByte) },
	})
}

// withoutSecret is a header's value as it may be seen over a shoulder.
func withoutSecret(name, value string) string {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie":
		return "…"
	}
	return value
}

func describeTLS(s tls.ConnectionState) string {
	text := tls.VersionName(s.Version) + ", " + tls.CipherSuiteName(s.CipherSuite)
	if len(s.PeerCertificates) > 0 {
		c := s.PeerCertificates[0]
		text += fmt.Sprintf("; certificate of %q by %q until %s", c.Subject, c.Issuer, c.NotAfter.Format(time.RFC3339))
	}
	return text
}

func (t *getTrace) redirect(status string, to url.URL) {
	if t == nil {
		return
	}
	t.Note("< %s", status)
	t.times()
	t.Note("> GET %s", to.Redacted())
}

func (t *getTrace) response(resp *httpclient.Response) {
	if t == nil {
		return
	}
	t.Note("< %s %s", resp.Proto, resp.Status)
	for _, field := range fields(resp) {
		t.Note("< %s", field)
	}
	t.times()
}

// times says how long the parts of a hop took, and prepares for the next.
func (t *getTrace) times() {
	t.mu.Lock()
	defer t.mu.Unlock()
	var parts []string
	for _, p := range []struct {
		name       string
		start, end time.Time
	}{
		{"name", t.nameStart, t.nameEnd},
		{"connect", t.connectStart, t.connectEnd},
		{"TLS", t.tlsStart, t.tlsEnd},
		{"first byte", t.sent, t.firstByte},
	} {
		if !p.start.IsZero() && !p.end.IsZero() {
			parts = append(parts, p.name+" "+milliseconds(p.end.Sub(p.start)))
		}
	}
	t.Note("* %s", strings.Join(parts, ", "))
	t.marks = marks{}
}

// end says how long all took.
func (t *getTrace) end() {
	if t != nil {
		t.Note("* total %s", milliseconds(time.Since(t.began)))
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1e3)
}
