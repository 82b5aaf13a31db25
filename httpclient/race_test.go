package httpclient

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func parseAddrs(texts ...string) []netip.Addr {
	var all []netip.Addr
	for _, text := range texts {
		all = append(all, netip.MustParseAddr(text))
	}
	return all
}

func TestInterleave(t *testing.T) {
	for _, c := range []struct{ in, want []netip.Addr }{
		{parseAddrs("::1"), parseAddrs("::1")},
		{parseAddrs("::1", "::2", "::3", "1.1.1.1"), parseAddrs("::1", "1.1.1.1", "::2", "::3")},
		{parseAddrs("1.1.1.1", "1.1.1.2", "::1"), parseAddrs("1.1.1.1", "::1", "1.1.1.2")},
		{parseAddrs("::ffff:1.1.1.1", "::1", "1.1.1.1"), parseAddrs("1.1.1.1", "::1")},
	} {
		if got := interleave(c.in); !slices.Equal(got, c.want) {
			t.Errorf("interleave(%v) = %v, want %v", c.in, got, c.want)
		}
	}
}

// testConn is a connection whose closing can be waited for.
type testConn struct {
	net.Conn
	closed chan struct{}
}

func (c testConn) Close() error { close(c.closed); return nil }

func TestRace(t *testing.T) {
	two := parseAddrs("::1", "127.0.0.1")
	failed := errors.New("first")

	var tried []netip.Addr
	_, err := race(t.Context(), two, func(_ context.Context, a netip.Addr) (net.Conn, error) {
		tried = append(tried, a)
		if a == two[0] {
			return nil, failed
		}
		return nil, errors.New("second")
	})
	if !errors.Is(err, failed) || !slices.Equal(tried, two) {
		t.Errorf("both fail: %v after %v, want the first one's error", err, tried)
	}

	// The first attempt ends only when it is cancelled. Its late connection is closed.
	won, late := testConn{closed: make(chan struct{})}, testConn{closed: make(chan struct{})}
	conn, err := race(t.Context(), two, func(ctx context.Context, a netip.Addr) (net.Conn, error) {
		if a == two[0] {
			<-ctx.Done()
			return late, nil
		}
		return won, nil
	})
	if err != nil || conn.(testConn) != won {
		t.Errorf("one silent: %v, %v", conn, err)
	}
	<-late.closed

	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = race(ctx, two[:1], func(ctx context.Context, _ netip.Addr) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("all silent: %v", err)
	}
}
