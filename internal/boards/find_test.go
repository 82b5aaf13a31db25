package boards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/test/boardtest"
	"mpctl/internal/test/netns"
)

func TestFind(t *testing.T) {
	desk := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1))
	lamp := boardtest.Serve(t, "lamp", "a1b2c3d4e5f7", boardtest.Light(2))
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", desk)
	boardtest.Announce(t, "lamp", "a1b2c3d4e5f7", lamp)
	boardtest.Announce(t, "fake", "ffffffffffff", lamp) // announces an address where another board answers

	f := New(Options{})
	for name, want := range map[string]netip.AddrPort{
		"lamp": lamp, "desk.local": desk, "a1b2c3d4e5f7": lamp, "a1b2c3d4e5f6": desk, desk.String(): desk,
	} {
		b, err := f.Find(t.Context(), name)
		if err != nil || b.Addr != want || b.Info == nil || !slices.Equal(b.Sensors, []string{"light"}) {
			t.Errorf("Find(%q) = %+v, %v, want the board at %s", name, b, err, want)
		}
	}
	if b, err := f.Find(t.Context(), "fake"); err == nil || b.Info != nil {
		t.Errorf("Find(fake) = %+v, want an error", b)
	}
	var refError *RefError
	if b, err := f.Find(t.Context(), "desk/api"); !errors.As(err, &refError) || b.Name != "desk/api" {
		t.Errorf("Find(desk/api) = %+v, %v, want a RefError", b, err)
	}

	f = New(Options{Timeout: 2 * time.Second}) // these search until the end
	_, err := f.Find(t.Context(), "kitchen")
	var missing *NotFoundError
	if !errors.As(err, &missing) || !slices.Equal(missing.Found, []string{"desk", "fake", "lamp"}) {
		t.Errorf("Find(kitchen): %v, want the names of the boards that were found", err)
	}
	_, err = f.Find(t.Context(), "a1b2c3")
	var ambiguous *AmbiguousError
	if !errors.As(err, &ambiguous) || !slices.Equal(ambiguous.Found, []string{"desk", "lamp"}) {
		t.Errorf("Find(a1b2c3): %v, want it to be ambiguous", err)
	}
}

// TestEachBoard has one board that answers and one that does not.
func TestEachBoard(t *testing.T) {
	desk := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1))
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", desk)
	boardtest.Announce(t, "lamp", "a1b2c3d4e5f7", netip.MustParseAddrPort("127.0.0.1:9"))
	var mu sync.Mutex
	results := map[string]string{}
	err := Each(t.Context(), New(Options{}), nil, func(_ context.Context, b Board) string { return "used " + b.Addr.String() },
		func(i int, b Board, result string) {
			mu.Lock()
			defer mu.Unlock()
			results[b.Name] = result
			if (b.Err == nil) != (result != "") || i != len(results)-1 {
				t.Errorf("%d: %+v, %q", i, b, result)
			}
		})
	if err != nil || results["desk"] != "used "+desk.String() || len(results) != 2 {
		t.Errorf("%v, %v", results, err)
	}
}

func TestAwait(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1))
	f := New(Options{})
	type result struct {
		b   Board
		err error
	}
	awaited := make(chan result)
	go func() {
		b, err := f.Await(t.Context(), "a1b2c3d4e5f6")
		awaited <- result{b, err}
	}()
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	if r := <-awaited; r.err != nil || r.b.Addr != addr || r.b.Info == nil {
		t.Fatalf("Await = %+v, %v", r.b, r.err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	var missing *NotFoundError
	if _, err := f.Await(ctx, "ffffffffffff"); !errors.As(err, &missing) {
		t.Fatalf("Await of another board: %v, want a NotFoundError", err)
	}
}

// TestFindByHostNameAlone has a Pico W, whose name is answered by firmware that knows nothing of mpctl.
func TestFindByHostNameAlone(t *testing.T) {
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
	boardtest.AnnounceHost(t, "pico", netip.MustParseAddr("127.0.0.80"))
	b, err := New(Options{Timeout: time.Second}).Find(t.Context(), "pico")
	if err != nil || b.ID != "a1b2c3d4e5f8" || b.Info == nil {
		t.Fatalf("Find(pico) = %+v, %v", b, err)
	}
}

func TestFindCancelled(t *testing.T) {
	netns.Require(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(Options{}).Find(ctx, "desk"); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want %v", err, context.Canceled)
	}
}

func TestClientResolvesHostNames(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6")
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	url := fmt.Sprintf("http://desk.local:%d/api/info", addr.Port())
	page, err := New(Options{}).Client().Get(t.Context(), url, httpclient.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	if page.Code != http.StatusOK {
		t.Errorf("status %d", page.Code)
	}
}
