package firmware_test

import (
	"io"
	"log"
	"slices"
	"testing"
	"time"

	hashicorp "github.com/hashicorp/mdns"

	"mpctl/internal/test/mdnstest"
	"mpctl/internal/test/netns"
)

func TestFoundByHashicorp(t *testing.T) {
	b := serving(t, nil, nil)
	lo := mdnstest.Loopback(t)
	netns.RouteMulticast(t, lo)
	var found []*hashicorp.ServiceEntry
	for end := time.Now().Add(patience); len(found) == 0 && time.Now().Before(end); {
		entries := make(chan *hashicorp.ServiceEntry, 16)
		if err := hashicorp.Query(&hashicorp.QueryParam{
			Service: "_mpctl._tcp", Domain: "local", Timeout: 500 * time.Millisecond, Interface: lo, Entries: entries,
			DisableIPv6: true, Logger: log.New(io.Discard, "", 0),
		}); err != nil {
			t.Fatal(err)
		}
		close(entries)
		for e := range entries {
			if e.Name == instance { // announcements of the other service may arrive in between
				found = append(found, e)
			}
		}
	}
	if len(found) == 0 {
		t.Fatal("found no board")
	}
	e := found[0]
	if e.Host != host || e.Port != 80 || !e.AddrV4.Equal(b.Addr().AsSlice()) || !slices.Contains(e.InfoFields, "id="+b.ID()) {
		t.Errorf("found %+v", e)
	}
}
