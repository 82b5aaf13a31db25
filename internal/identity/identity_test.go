package identity

import (
	"strings"
	"testing"
)

func TestIsID(t *testing.T) {
	for s, want := range map[string]bool{
		"a":                          true,
		"7c9ebd4d0001":               true,
		strings.Repeat("0", 32):      true,
		strings.Repeat("0", 33):      false,
		"":                           false,
		"A1B2C3":                     false,
		"a1b2g3":                     false,
		"a1 b2":                      false,
		"a1:b2":                      false,
		"a1b2\n":                     false,
		"\u0661":                     false, // a digit of another script
		strings.Repeat("g", 5):       false,
		"g" + strings.Repeat("a", 5): false,
	} {
		if got := IsID(s); got != want {
			t.Errorf("IsID(%q) = %t, want %t", s, got, want)
		}
	}
}

func TestIsName(t *testing.T) {
	for s, want := range map[string]bool{
		"a":                     true,
		"7":                     true,
		"desk":                  true,
		"window-2":              true,
		"a--b":                  true,
		strings.Repeat("a", 24): true,
		strings.Repeat("a", 25): false,
		"":                      false,
		"-":                     false,
		"-desk":                 false,
		"desk-":                 false,
		"Desk":                  false,
		"desk.local":            false,
		"my desk":               false,
		"d_sk":                  false,
		"desk\n":                false,
		"büro":                  false,
	} {
		if got := IsName(s); got != want {
			t.Errorf("IsName(%q) = %t, want %t", s, got, want)
		}
	}
}

func TestDefaultName(t *testing.T) {
	for id, want := range map[string]string{"7c9ebd4d0001": "mpy-4d0001", "a1b2c3": "mpy-a1b2c3", "a1": "mpy-a1", "": "mpy"} {
		got := DefaultName(id)
		if got != want {
			t.Errorf("DefaultName(%q) = %q, want %q", id, got, want)
		}
		if !IsName(got) {
			t.Errorf("DefaultName(%q) = %q, which is no name", id, got)
		}
	}
}
