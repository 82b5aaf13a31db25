package discover

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/miekg/dns"
)

func TestResolve(t *testing.T) {
	l := loopbackLink(t)
	queries := 0
	responder(t, l, func(q *dns.Msg) [][]byte {
		if !asks(q, "desk.local.", dns.TypeA) || !asks(q, "desk.local.", dns.TypeAAAA) {
			return nil
		}
		if queries++; queries == 1 {
			return nil // as if the query was lost
		}
		return [][]byte{
			reply(t, q, "other.local. 10 IN A 192.0.2.1"),
			reply(t, q, "desk.local. 0 IN A 192.0.2.2"),
			reply(t, q, "desk.local. 10 IN A 0.0.0.0", "desk.local. 10 IN A 224.0.0.1"),
			reply(t, q, "DESK.local. 10 IN AAAA fe80::1", "desk.Local. 10 IN A 127.0.0.1", "desk.local. 10 IN A 127.0.0.1"),
		}
	})
	got, err := Resolve(t.Context(), "Desk.local", ResolveOptions{Timeout: testTimeout})
	want := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("fe80::1%lo")}
	if err != nil || !slices.Equal(got, want) {
		t.Fatalf("Resolve = %v, %v, want %v", got, err, want)
	}
}

func TestResolveUnknownHost(t *testing.T) {
	loopbackLink(t)
	for _, host := range []string{"nobody.local", "example.com", "", "..local"} {
		_, err := Resolve(t.Context(), host, ResolveOptions{Timeout: 1})
		var missing *NotFoundError
		if !errors.As(err, &missing) || missing.Host != host {
			t.Errorf("Resolve(%q): %v, want a NotFoundError", host, err)
		}
	}
}

func TestResolveCancelled(t *testing.T) {
	loopbackLink(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Resolve(ctx, "desk.local", ResolveOptions{Timeout: testTimeout}); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want %v", err, context.Canceled)
	}
}

func TestResolveAsksTheSystemToo(t *testing.T) {
	l := loopbackLink(t)
	far, near := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("127.0.0.1")
	system := func(context.Context, string, string) ([]netip.Addr, error) { return []netip.Addr{far}, nil }
	got, err := resolve(t.Context(), "desk.local", ResolveOptions{Timeout: testTimeout}, system)
	if err != nil || !slices.Equal(got, []netip.Addr{far}) {
		t.Errorf("without a responder: %v, %v, want %v", got, err, far)
	}
	responder(t, l, func(q *dns.Msg) [][]byte { return [][]byte{reply(t, q, "desk.local. 10 IN A 127.0.0.1")} })
	got, err = resolve(t.Context(), "desk.local", ResolveOptions{Timeout: testTimeout}, system)
	if err != nil || !slices.Equal(got, []netip.Addr{near}) {
		t.Errorf("with a responder: %v, %v, want %v", got, err, near)
	}
}
