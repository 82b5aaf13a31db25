package discover

import (
	"fmt"
	"slices"
	"testing"

	"mpctl/internal/test/mdnstest"
)

// TestAvahi has a real daemon announce two boards on one host, together with services that are no boards. On other hosts
// there are boards that send only the records they were asked for.
func TestAvahi(t *testing.T) {
	desk := []string{"txtvers=1", "id=a1b2c3d4e5f6", "fw=1.0", "board=esp32", "sensors=light"}
	lamp := []string{"txtvers=1", "id=a1b2c3d4e5f7", "fw=1.0", "board=rp2"}
	mdnstest.StartAvahi(t, "gateway",
		mdnstest.Service{Name: "desk", Type: "_mpctl._tcp", Port: 80, TXT: desk},
		mdnstest.Service{Name: "lamp, v1.2 (büro)", Type: "_mpctl._tcp", Port: 8080, TXT: lamp},
		mdnstest.Service{Name: "desk", Type: "_http._tcp", Port: 80, TXT: []string{"path=/"}},
		mdnstest.Service{Name: "printer", Type: "_ipp._tcp", Port: 631, TXT: []string{"id=a1b2c3d4e5f8"}},
		mdnstest.Service{Name: "files", Type: "_smb._tcp", Port: 445},
	)
	minimal := mdnstest.Numbered(5)
	for i := range minimal {
		minimal[i].Minimal, minimal[i].NoBeacon = true, true
	}
	crowd(t, 0, minimal...)
	got, warnings, err := Scan(t.Context(), Options{Timeout: testTimeout, Done: func(b []Board) bool { return len(b) >= 7 }})
	if err != nil {
		t.Fatal(err, warnings)
	}
	var found []string
	for _, b := range got {
		found = append(found, fmt.Sprintf("%s %s %s %d %s", b.Name, b.Host, b.ID, b.Port, b.Model))
	}
	want := []string{
		"board-0 board-0.local a1b2c3000000 80 esp32", "board-1 board-1.local a1b2c3000001 80 esp32",
		"board-2 board-2.local a1b2c3000002 80 esp32", "board-3 board-3.local a1b2c3000003 80 esp32",
		"board-4 board-4.local a1b2c3000004 80 esp32",
		"desk gateway.local a1b2c3d4e5f6 80 esp32", "lamp, v1.2 (büro) gateway.local a1b2c3d4e5f7 8080 rp2",
	}
	if !slices.Equal(found, want) {
		t.Errorf("found %q, want %q; %v", found, want, warnings)
	}
	// A search without Done finds no other board either.
	all, _, err := Scan(t.Context(), Options{})
	if err != nil || len(all) != len(want) {
		t.Errorf("a search without Done found %d boards, want %d: %v", len(all), len(want), err)
	}
}
