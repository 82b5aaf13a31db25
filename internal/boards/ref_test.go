package boards

import (
	"errors"
	"net/netip"
	"testing"
)

func TestParseRef(t *testing.T) {
	for text, want := range map[string]Ref{
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
		if got, err := ParseRef(text); err != nil || got != want {
			t.Errorf("ParseRef(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ".local", "desk:80", "desk/api", "192.168.1.7:0", "192.168.1.7:99999", "[desk]"} {
		var refError *RefError
		if got, err := ParseRef(text); !errors.As(err, &refError) || refError.Hint() == "" {
			t.Errorf("ParseRef(%q) = %+v, %v, want a RefError", text, got, err)
		}
	}
}

func TestRefMatches(t *testing.T) {
	b := Board{Name: "Desk", Host: "desk-2.local", ID: "a1b2c3d4e5f6"}
	for text, want := range map[string][2]bool{ // Names, IsPrefixOf
		"desk": {true, false}, "desk-2": {true, false}, "DESK.local": {true, false}, "a1b2c3d4e5f6": {true, true},
		"a1b2c3": {false, true}, "A1B2C3D4": {false, true}, "a1b2c": {false, false}, "b2c3d4": {false, false}, "lamp": {false, false},
		"192.168.1.7": {false, false},
	} {
		r, err := ParseRef(text)
		if got := [2]bool{r.Names(b), r.IsPrefixOf(b)}; err != nil || got != want {
			t.Errorf("%q: Names, IsPrefixOf = %v, %v, want %v", text, got, err, want)
		}
	}
	if r, err := ParseRef("192.168.1.7"); err != nil || r.Names(Board{}) {
		t.Errorf("an address names a board of which nothing is known (%v)", err)
	}
}
