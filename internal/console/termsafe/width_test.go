package termsafe

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWidth(t *testing.T) {
	for line, want := range map[string]int{
		"": 0, "desk": 4, "温度计": 6, "é": 1, "e\u0301": 1, "°C": 2, "🇩🇪": 2, "😀": 2,
		strings.Repeat("\u1100", 10): 20, // one syllable to Unicode, ten characters to a terminal
	} {
		if got := Width(line); got != want {
			t.Errorf("Width(%q) = %d, want %d", line, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		line    string
		columns int
		want    string
	}{
		{"desk", 4, "desk"},
		{"desks", 4, "des…"},
		{"desk", 1, "…"},
		{"desk", 0, ""},
		{"", 0, ""},
		{"温度计", 6, "温度计"},
		{"温度计", 5, "温度…"},
		{"温度计", 4, "温…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"de sk", 4, "de…"},
	} {
		if got := Cut(c.line, c.columns); got != c.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", c.line, c.columns, got, c.want)
		}
	}
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"plain", "温度计", "e\u0301\u0301", "\u1100\u1100\u1100", "🇩🇪👍🏽", "\u202e\x1b[2J\xff"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, columns int) {
		line := Line(s)
		columns = min(columns, 200)
		cut := Cut(line, columns)
		if Width(cut) > max(columns, 0) || !utf8.ValidString(cut) {
			t.Fatalf("Cut(%q, %d) = %q of width %d", line, columns, cut, Width(cut))
		}
		if Width(line) <= columns && cut != line {
			t.Fatalf("Cut(%q, %d) = %q, though it fits", line, columns, cut)
		}
	})
}
