package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/mdns"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/test/netns"
)

func TestParseReference(t *testing.T) {
	for text, want := range map[string]reference{
		"desk":              {name: "desk"},
		"Desk.Local":        {name: "desk"},
		"desk.local.":       {name: "desk"},
		"a1b2c3":            {name: "a1b2c3"},
		"192.168.1.7":       {addr: netip.MustParseAddrPort("192.168.1.7:80")},
		"192.168.1.7:8080":  {addr: netip.MustParseAddrPort("192.168.1.7:8080")},
		"::1":               {addr: netip.MustParseAddrPort("[::1]:80")},
		"[::1]":             {addr: netip.MustParseAddrPort("[::1]:80")},
		"[fe80::1%eth0]:81": {addr: netip.MustParseAddrPort("[fe80::1%eth0]:81")},
	} {
		want.text = text
		if got, err := parseReference(text); err != nil || got != want {
			t.Errorf("parseReference(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".local", "desk:80", "desk/api", "192.168.1.7:0", "192.168.1.7:99999", "[desk]"} {
		if got, err := parseReference(text); exitCode(err) != exitUsage {
			t.Errorf("parseReference(%q) = %+v, %v, want a usage error", text, got, err)
		}
	}
}

func TestReferenceMatches(t *testing.T) {
	b := discover.Board{Name: "Desk", Host: "desk-2.local", ID: "a1b2c3d4e5f6"}
	for text, want := range map[string][2]bool{ // names, begins
		"desk": {true, false}, "desk-2": {true, false}, "DESK.local": {true, false}, "a1b2c3d4e5f6": {true, true},
		"a1b2c3": {false, true}, "A1B2C3D4": {false, true}, "a1b2c": {false, false}, "b2c3d4": {false, false}, "lamp": {false, false},
	} {
		r, err := parseReference(text)
		if got := [2]bool{r.names(b), r.begins(b)}; err != nil || got != want {
			t.Errorf("%q: names, begins = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestFindBoard(t *testing.T) {
	desk := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(1))
	lamp := fakeBoard(t, "lamp", "a1b2c3d4e5f7", light(2))
	announce(t, "desk", "a1b2c3d4e5f6", desk)
	announce(t, "lamp", "a1b2c3d4e5f7", lamp)
	announce(t, "fake", "ffffffffffff", lamp) // announces an address where another board answers
	a, _, _ := testApp()

	for ref, want := range map[string]netip.AddrPort{
		"lamp": lamp, "desk.local": desk, "a1b2c3d4e5f7": lamp, "a1b2c3d4e5f6": desk, desk.String(): desk,
	} {
		b, err := a.findBoard(t.Context(), ref)
		if err != nil || b.addrPort() != want || b.info == nil {
			t.Errorf("findBoard(%q) = %+v, %v, want the board at %s", ref, b, err, want)
		}
	}
	if b, err := a.findBoard(t.Context(), "fake"); err == nil {
		t.Errorf("findBoard(fake) = %+v, want an error", b)
	}

	a.timeout = 2 * time.Second // these search until the end
	_, err := a.findBoard(t.Context(), "kitchen")
	var missing *notFoundError
	if !errors.As(err, &missing) || !slices.Equal(missing.have, []string{"desk", "fake", "lamp"}) || exitCode(err) != exitNotFound {
		t.Errorf("findBoard(kitchen): %v, want the names of those that are there", err)
	}
	_, err = a.findBoard(t.Context(), "a1b2c3")
	var ambiguous *ambiguousError
	if !errors.As(err, &ambiguous) || !slices.Equal(ambiguous.have, []string{"desk", "lamp"}) {
		t.Errorf("findBoard(a1b2c3): %v, want it to be ambiguous", err)
	}
}

func TestWaitForBoard(t *testing.T) {
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(1))
	a, _, _ := testApp()
	type result struct {
		b   board
		err error
	}
	waited := make(chan result)
	go func() {
		b, err := a.waitForBoard(t.Context(), "a1b2c3d4e5f6")
		waited <- result{b, err}
	}()
	announce(t, "desk", "a1b2c3d4e5f6", addr)
	if r := <-waited; r.err != nil || r.b.addrPort() != addr || r.b.info == nil {
		t.Fatalf("waitForBoard = %+v, %v", r.b, r.err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := a.waitForBoard(ctx, "ffffffffffff"); exitCode(err) != exitNotFound {
		t.Fatalf("waiting for another: %v, want that it was not found", err)
	}
}

// TestFindBoardByItsHostNameAlone is a Pico W, whose name is answered by firmware that knows nothing of us.
func TestFindBoardByItsHostNameAlone(t *testing.T) {
	netns.Require(t)
	listener, err := net.Listen("tcp4", "127.0.0.80:80")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(httpclient.Info{API: 1, Name: "pico", ID: "a1b2c3d4e5f8"})
	})}
	go func() { _ = server.Serve(listener) }()
	defer server.Close()
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := mdns.NewMDNSService("pico", "_other._tcp", "", "pico.local.", 80, []net.IP{net.IPv4(127, 0, 0, 80)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	responder, err := mdns.NewServer(&mdns.Config{Zone: zone, Iface: lo})
	if err != nil {
		t.Fatal(err)
	}
	defer responder.Shutdown()
	a, _, _ := testApp()
	a.timeout = time.Second
	b, err := a.findBoard(t.Context(), "pico")
	if err != nil || b.ID != "a1b2c3d4e5f8" || b.info == nil {
		t.Fatalf("findBoard(pico) = %+v, %v", b, err)
	}
}

func TestFindBoardCancelled(t *testing.T) {
	netns.Require(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a, _, _ := testApp()
	if _, err := a.findBoard(ctx, "desk"); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want %v", err, context.Canceled)
	}
}

func TestExitCodesOfTheNetwork(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{&discover.InterfaceError{Name: "eth9"}, exitUsage},
		{&httpclient.URLError{}, exitUsage},
		{&notFoundError{err: &httpclient.RefusedError{}}, exitNotFound},
		{&ambiguousError{}, exitNotFound},
		{&nothingFoundError{}, exitNotFound},
		{&httpclient.NameError{}, exitNotFound},
		{&httpclient.RefusedError{}, exitNetwork},
		{&httpclient.ConnectError{}, exitNetwork},
		{&httpclient.TimeoutError{}, exitNetwork},
		{&httpclient.TLSError{}, exitNetwork},
		{&httpclient.IncompleteError{}, exitNetwork},
		{&httpclient.RedirectError{}, exitNetwork},
		{&httpclient.ProtocolError{}, exitNetwork},
		{&httpclient.NotBoardError{}, exitNetwork},
		{&httpclient.StatusError{}, exitHTTPStatus},
		{&sensorError{}, exitFailure},
		{binaryError{}, exitFailure},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exit code of %T = %d, want %d", c.err, got, c.want)
		}
	}
}
