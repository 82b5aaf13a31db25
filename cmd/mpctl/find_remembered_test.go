package main

import (
	"bytes"
	"context"
	"net"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/remembered"
	"mpctl/internal/test/netns"
)

// memoryApp is a testApp that remembers, to begin with these boards.
func memoryApp(t *testing.T, boards ...board) *app {
	a, _, _ := testApp()
	a.memory = remembered.At(filepath.Join(t.TempDir(), "boards.json"))
	for i := range boards {
		boards[i].info = &httpclient.Info{}
	}
	a.remember(t.Context(), boards...)
	return a
}

func at(name, id string, addr netip.AddrPort) board {
	return board{Board: discover.Board{Name: name, ID: id, Addr: addr.Addr(), Port: addr.Port()}}
}

// multicast counts the packets that are sent to the mDNS group until the test ends.
func multicast(t *testing.T) *atomic.Int32 {
	t.Helper()
	netns.Require(t)
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.ListenMulticastUDP("udp4", lo, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	var packets atomic.Int32
	go func() {
		buf := make([]byte, 1500)
		for {
			if _, _, err := conn.ReadFromUDP(buf); err != nil {
				return
			}
			packets.Add(1)
		}
	}()
	return &packets
}

func TestARememberedBoardIsNotSearchedFor(t *testing.T) {
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(7))
	packets := multicast(t)
	a := memoryApp(t, at("desk", "a1b2c3d4e5f6", addr))
	for _, ref := range []string{"desk", "Desk.local", "a1b2c3d4e5f6"} {
		b, err := a.findBoard(t.Context(), ref)
		if err != nil || b.addrPort() != addr || b.info == nil {
			t.Errorf("findBoard(%s) = %+v, %v", ref, b, err)
		}
	}
	if n := packets.Load(); n != 0 {
		t.Errorf("%d packets were multicast", n)
	}
	a.timeout = time.Second
	if _, err := a.findBoard(t.Context(), "lamp"); exitCode(err) != exitNotFound || packets.Load() == 0 {
		t.Errorf("findBoard(lamp): %v after %d packets; this is what it counts", err, packets.Load())
	}
}

func TestABoardThatMovedIsFoundAgain(t *testing.T) {
	old := fakeBoard(t, "lamp", "a1b2c3d4e5f7", light(2)) // another board is there now
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(1))
	announce(t, "desk", "a1b2c3d4e5f6", addr)
	a := memoryApp(t, at("desk", "a1b2c3d4e5f6", old))
	var used []netip.AddrPort
	var found board
	var value float64
	findNamed(t.Context(), a, []string{"desk"}, func(ctx context.Context, b board) float64 {
		used = append(used, b.addrPort())
		reading, err := a.client().Board(b.addrPort()).Read(ctx, "light")
		if err != nil {
			return -1
		}
		return *reading.Value
	}, func(_ int, b board, v float64) { found, value = b, v })
	if found.err != nil || found.addrPort() != addr || value != 1 {
		t.Fatalf("found %+v, read %v; want desk's 1", found, value)
	}
	if len(used) != 2 || used[0] != old {
		t.Errorf("used %v, want the remembered address first", used)
	}
	packets := multicast(t)
	if b, err := a.findBoard(t.Context(), "desk"); err != nil || b.addrPort() != addr || packets.Load() != 0 {
		t.Errorf("again: %+v, %v, %d packets", b, err, packets.Load())
	}
}

func TestARenamedBoardIsNotTakenForWhatItWas(t *testing.T) {
	addr := fakeBoard(t, "tisch", "a1b2c3d4e5f6", light(1))
	announce(t, "tisch", "a1b2c3d4e5f6", addr)
	a := memoryApp(t, at("desk", "a1b2c3d4e5f6", addr))
	a.timeout = time.Second
	if b, err := a.findBoard(t.Context(), "desk"); exitCode(err) != exitNotFound {
		t.Errorf("findBoard(desk) = %+v, %v", b, err)
	}
	if b, err := a.findBoard(t.Context(), "a1b2c3d4e5f6"); err != nil || b.Name != "tisch" {
		t.Errorf("by its id: %+v, %v", b, err)
	}
}

func TestMemoryKeepsToTheInterfacesGiven(t *testing.T) {
	netns.Require(t)
	a := memoryApp(t, at("desk", "a1b2c3d4e5f6", netip.MustParseAddrPort("127.0.0.9:80")), at("far", "a1b2c3d4e5f7", netip.MustParseAddrPort("192.0.2.7:80")))
	if got := a.remembered(); len(got) != 2 {
		t.Errorf("on every interface: %v", got)
	}
	a.interfaces = []string{"lo"}
	if got := a.remembered(); len(got) != 1 || got[0].Name != "desk" {
		t.Errorf("on lo: %v", got)
	}
}

// TestLsWithoutMulticast has a board that nothing announces, as where an access point drops multicast.
func TestLsWithoutMulticast(t *testing.T) {
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(7))
	nobody := netip.MustParseAddrPort("127.0.0.1:9")
	a := memoryApp(t, at("desk", "a1b2c3d4e5f6", addr), at("gone", "a1b2c3d4e5f7", nobody))
	stdout, stderr := new(bytes.Buffer), new(bytes.Buffer)
	a.writesTo(stdout, stderr)
	if err := a.ls(t.Context(), lsOptions{lan: true}); err != nil {
		t.Fatal(err)
	}
	if want := "desk\t" + addr.String() + "\tesp32\t1.0\t7\t\t3\t\n"; stdout.String() != want || stderr.Len() > 0 {
		t.Errorf("ls = %q, %q, want %q", stdout, stderr, want)
	}
}
