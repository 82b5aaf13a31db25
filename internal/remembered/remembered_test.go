package remembered

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mpctl/internal/filelock"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	cmpAddr = cmpopts.EquateComparable(netip.AddrPort{})
)

func board(id, name, addr string) Board {
	b := Board{ID: id, Name: name, Seen: noon}
	if addr != "" {
		b.Addr = netip.MustParseAddrPort(addr)
	}
	return b
}

func newFile(t *testing.T) File { return At(filepath.Join(t.TempDir(), "mpctl", "boards.json")) }

func (f File) mustRemember(t *testing.T, boards ...Board) {
	t.Helper()
	if err := f.Remember(t.Context(), boards...); err != nil {
		t.Fatal(err)
	}
}

func TestRemember(t *testing.T) {
	f := newFile(t)
	if got := f.Boards(); got != nil {
		t.Fatalf("without a file: %v", got)
	}
	desk, lamp := board("aa01", "desk", "192.0.2.7:80"), board("aa02", "lamp", "[fe80::1%eth0]:8080")
	f.mustRemember(t, desk)
	lamp.Seen = noon.Add(time.Minute)
	f.mustRemember(t, lamp)
	want := []Board{lamp, desk}
	if diff := cmp.Diff(want, f.Boards(), cmpAddr); diff != "" {
		t.Fatal(diff)
	}

	// A board seen on a cable keeps its address, and a board seen at an address keeps its port.
	plugged := board("aa01", "desk", "")
	plugged.USB = Port{"/dev/ttyUSB0", "10c4:ea60", "0001"}
	f.mustRemember(t, plugged)
	desk.USB = plugged.USB
	moved := board("aa01", "tisch", "192.0.2.8:80")
	f.mustRemember(t, moved)
	moved.USB = plugged.USB
	if diff := cmp.Diff([]Board{lamp, moved}, f.Boards(), cmpAddr); diff != "" {
		t.Fatal(diff)
	}
}

func TestOneBoardPerPlace(t *testing.T) {
	f := newFile(t)
	desk, lamp := board("aa01", "desk", "192.0.2.7:80"), board("aa02", "lamp", "192.0.2.7:80")
	desk.USB = Port{Path: "/dev/ttyUSB0"}
	lamp.Seen = noon.Add(time.Minute)
	f.mustRemember(t, desk, lamp)
	desk.Addr = netip.AddrPort{}
	if diff := cmp.Diff([]Board{lamp, desk}, f.Boards(), cmpAddr); diff != "" {
		t.Fatal(diff)
	}
	lamp.USB, lamp.Seen = desk.USB, noon.Add(2*time.Minute)
	f.mustRemember(t, lamp) // now desk has neither address nor port
	if diff := cmp.Diff([]Board{lamp}, f.Boards(), cmpAddr); diff != "" {
		t.Fatal(diff)
	}
}

func TestUnchangedIsNotWritten(t *testing.T) {
	f := newFile(t)
	f.mustRemember(t, board("aa01", "desk", "192.0.2.7:80"))
	before, err := os.Stat(f.path)
	if err != nil {
		t.Fatal(err)
	}
	again := board("aa01", "desk", "192.0.2.7:80")
	again.Seen = noon.Add(refresh / 2)
	f.mustRemember(t, again)
	if after, err := os.Stat(f.path); err != nil || !os.SameFile(before, after) {
		t.Error("the file was written again")
	}
	again.Seen = noon.Add(refresh)
	f.mustRemember(t, again)
	if got := f.Boards(); len(got) != 1 || !got[0].Seen.Equal(again.Seen) {
		t.Errorf("an hour later: %v", got)
	}
}

func TestBounded(t *testing.T) {
	f := newFile(t)
	var many []Board
	for i := range 2 * maxBoards {
		b := board(fmt.Sprintf("%06x", i), strings.Repeat("\x01", maxText), fmt.Sprintf("10.0.%d.%d:80", i/200, i%200))
		b.USB = Port{fmt.Sprintf("%06d", i) + strings.Repeat("\x01", maxPath-6), strings.Repeat("\x01", maxText), strings.Repeat("\x01", maxText)}
		b.Seen = noon.Add(time.Duration(i) * time.Second)
		many = append(many, b)
	}
	f.mustRemember(t, many...)
	got := f.Boards()
	if len(got) != maxBoards || got[0].ID != many[len(many)-1].ID {
		t.Fatalf("%d boards, want the last %d", len(got), maxBoards)
	}
}

func TestDamage(t *testing.T) {
	good := board("aa01", "desk", "192.0.2.7:80")
	whole, err := json.Marshal(document{version, []Board{good}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(whole) - 1 {
		if got := parse(whole[:i]); got != nil {
			t.Fatalf("of %q: %v", whole[:i], got)
		}
	}
	for _, entry := range []string{
		`{"id":"","name":"desk","addr":"192.0.2.7:80"}`, `{"id":"xyz","name":"desk","addr":"192.0.2.7:80"}`,
		`{"id":"AA","name":"desk","addr":"192.0.2.7:80"}`, `{"id":"aa","name":"","addr":"192.0.2.7:80"}`,
		`{"id":"aa","name":"desk"}`, `{"id":"aa","name":"desk","addr":"0.0.0.0:80"}`, `{"id":"aa","name":"desk","addr":"224.0.0.1:80"}`,
		`{"id":"aa","name":"desk","addr":"192.0.2.7:0"}`, `{"id":"aa","name":"desk","usb":{"device":"1:2"}}`,
		`{"id":"aa","name":"` + strings.Repeat("n", maxText+1) + `","addr":"192.0.2.7:80"}`,
	} {
		data := strings.Replace(string(whole), `[`, `[`+entry+`,`, 1)
		if diff := cmp.Diff([]Board{good}, parse([]byte(data)), cmpAddr); diff != "" {
			t.Errorf("beside %s: %s", entry, diff)
		}
	}

	f := newFile(t)
	f.mustRemember(t, good)
	if err := os.WriteFile(f.path, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	f.mustRemember(t, good)
	if diff := cmp.Diff([]Board{good}, f.Boards(), cmpAddr); diff != "" {
		t.Errorf("after damage: %s", diff)
	}
}

func TestConcurrentWriters(t *testing.T) {
	f := newFile(t)
	var writing sync.WaitGroup
	for i := range 40 {
		writing.Go(func() {
			if err := f.Remember(t.Context(), board(fmt.Sprintf("%06x", i), "b", fmt.Sprintf("192.0.2.%d:80", i+1))); err != nil {
				t.Error(err)
			}
		})
	}
	writing.Wait()
	if got := len(f.Boards()); got != 40 {
		t.Errorf("%d boards of 40", got)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(f.path), ".mpctl-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestHeldLock(t *testing.T) {
	f := newFile(t)
	f.mustRemember(t, board("aa01", "desk", "192.0.2.7:80"))
	lock, err := filelock.Open(f.lockPath())
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := f.Remember(ctx, board("aa02", "lamp", "192.0.2.8:80")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("with a held lock: %v, want the end of the context", err)
	}
}

func TestNoFile(t *testing.T) {
	var none File
	none.mustRemember(t, board("aa01", "desk", "192.0.2.7:80"))
	if got := none.Boards(); got != nil {
		t.Errorf("remembered %v", got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"v":1,"boards":[{"id":"aa","name":"desk","addr":"192.0.2.7:80","usb":{"path":"/dev/ttyUSB0"},"seen":"2026-03-01T12:00:00Z"}]}`))
	f.Add([]byte(`{"v":1,"boards":[{"id":"aa","name":"\u001b[2J","addr":"[fe80::1%x]:1"},{"id":"aa","name":"b","usb":{"path":"p"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		boards := parse(data)
		if len(boards) > maxBoards {
			t.Fatalf("%d boards", len(boards))
		}
		again, err := json.Marshal(document{version, boards})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(boards, parse(again), cmpAddr, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}
