package boards

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/remembered"
	"mpctl/internal/test/boardtest"
	"mpctl/internal/test/netns"
)

// memory remembers these boards.
func memory(t *testing.T, boards ...Board) remembered.File {
	file := remembered.At(filepath.Join(t.TempDir(), "boards.json"))
	for i := range boards {
		boards[i].Info = &httpclient.Info{}
	}
	New(Options{Memory: file}).remember(t.Context(), boards...)
	return file
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

func TestRememberedBoardIsNotSearchedFor(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(7))
	packets := multicast(t)
	f := New(Options{Memory: memory(t, Board{Name: "desk", ID: "a1b2c3d4e5f6", Addr: addr}), Timeout: time.Second})
	for _, name := range []string{"desk", "Desk.local", "a1b2c3d4e5f6"} {
		b, err := f.Find(t.Context(), name)
		if err != nil || b.Addr != addr || b.Info == nil {
			t.Errorf("Find(%s) = %+v, %v", name, b, err)
		}
	}
	if n := packets.Load(); n != 0 {
		t.Errorf("%d packets were multicast", n)
	}
	var missing *NotFoundError
	if _, err := f.Find(t.Context(), "lamp"); !errors.As(err, &missing) || packets.Load() == 0 {
		t.Errorf("Find(lamp): %v after %d packets; the test counts none if it searches", err, packets.Load())
	}
}

func TestBoardThatMovedIsFoundAgain(t *testing.T) {
	old := boardtest.Serve(t, "lamp", "a1b2c3d4e5f7", boardtest.Light(2)) // another board has the address now
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1))
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	f := New(Options{Memory: memory(t, Board{Name: "desk", ID: "a1b2c3d4e5f6", Addr: old})})
	var used []netip.AddrPort
	var found Board
	var value float64
	err := Each(t.Context(), f, []string{"desk"}, func(ctx context.Context, b Board) float64 {
		used = append(used, b.Addr)
		reading, err := f.Client().Board(b.Addr).Read(ctx, "light")
		if err != nil {
			return -1
		}
		return *reading.Value
	}, func(_ int, b Board, v float64) { found, value = b, v })
	if err != nil || found.Err != nil || found.Addr != addr || value != 1 {
		t.Fatalf("found %+v, read %v, %v; want desk's 1", found, value, err)
	}
	if len(used) != 2 || used[0] != old {
		t.Errorf("used %v, want the remembered address first", used)
	}
	packets := multicast(t)
	if b, err := f.Find(t.Context(), "desk"); err != nil || b.Addr != addr || packets.Load() != 0 {
		t.Errorf("again: %+v, %v, %d packets", b, err, packets.Load())
	}
}

func TestRenamedBoardIsNotFoundByItsOldName(t *testing.T) {
	addr := boardtest.Serve(t, "tisch", "a1b2c3d4e5f6", boardtest.Light(1))
	boardtest.Announce(t, "tisch", "a1b2c3d4e5f6", addr)
	f := New(Options{Memory: memory(t, Board{Name: "desk", ID: "a1b2c3d4e5f6", Addr: addr}), Timeout: time.Second})
	var missing *NotFoundError
	if b, err := f.Find(t.Context(), "desk"); !errors.As(err, &missing) {
		t.Errorf("Find(desk) = %+v, %v", b, err)
	}
	if b, err := f.Find(t.Context(), "a1b2c3d4e5f6"); err != nil || b.Name != "tisch" {
		t.Errorf("by its id: %+v, %v", b, err)
	}
}

func TestMemoryKeepsToTheInterfacesGiven(t *testing.T) {
	netns.Require(t)
	file := memory(t, Board{Name: "desk", ID: "a1b2c3d4e5f6", Addr: netip.MustParseAddrPort("127.0.0.9:80")},
		Board{Name: "far", ID: "a1b2c3d4e5f7", Addr: netip.MustParseAddrPort("192.0.2.7:80")})
	if got := New(Options{Memory: file}).remembered(); len(got) != 2 {
		t.Errorf("on every interface: %v", got)
	}
	if got := New(Options{Memory: file, Interfaces: []string{"lo"}}).remembered(); len(got) != 1 || got[0].Name != "desk" {
		t.Errorf("on lo: %v", got)
	}
}
