package termsafe

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"desk", "desk"},
		{"温度 °C é", "温度 °C é"},
		{"a\nb\r\nc\td", "a b c d"},
		{"a\rb", "a^Mb"},
		{"\x1b]52;c;cm0=\x07", "^[]52;c;cm0=^G"},
		{"\x00\x7f", "^@^?"},
		{"\u009b31m", `\u009b31m`},
		{"\x9b31m", `\x9b31m`},
		{"\xc3", `\xc3`},
		{"\xed\xa0\x80", `\xed\xa0\x80`},
		{"\ufffd", "\ufffd"},
		{"ab\u202ecd\u2066e\u200f\u061c", "abcde"},
		{"a\u2028b\u2029c", "a b c"},
		{"de\u200bs\u200dk\ufeff\u00ad\ufe0f\u3164\U000e0041", "desk"},
		{"\u0301e\u0301", "e\u0301"},
		{"z" + strings.Repeat("\u0321", 500) + "y", "z" + strings.Repeat("\u0321", maxMarks) + "y"},
		{"a" + strings.Repeat("\u200b\u0321", 9), "a" + strings.Repeat("\u0321", maxMarks)},
	} {
		if got := Line(c.in); got != c.want {
			t.Errorf("Line(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

func TestWriter(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"a\r\nb\tc\n", "a\nb\tc\n"},
		{"50%\r100%\n", "50%^M100%\n"},
		{"a\r\r\n", "a^M\n"},
		{"end\r", "end^M"},
		{"caf\xc3\xa9", "café"},
		{"cut\xe2\x82", `cut\xe2\x82`},
		{"\x1b[2J\u0085", `^[[2J\u0085`},
		{"x\u2028y\u202e", `x\u2028y`},
	} {
		if got := write(t, []byte(c.in), len(c.in)); got != c.want {
			t.Errorf("Writer(%q) = %q, want %q", c.in, got, c.want)
		}
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("gone") }

func TestWriterReportsTheErrorBelow(t *testing.T) {
	if n, err := NewWriter(failing{}).Write([]byte("x")); n != 0 || err == nil {
		t.Fatalf("Write = %d, %v, want 0 and an error", n, err)
	}
}

// write sends in through a Writer in pieces of at most step bytes.
func write(t *testing.T, in []byte, step int) string {
	t.Helper()
	var out bytes.Buffer
	w := NewWriter(&out)
	for len(in) > 0 {
		n := min(max(step, 1), len(in))
		if m, err := w.Write(in[:n]); m != n || err != nil {
			t.Fatalf("Write = %d, %v, want %d", m, err, n)
		}
		in = in[n:]
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func FuzzHarmless(f *testing.F) {
	for _, s := range []string{"plain", "a\r\nb", "\x1b[31mred", "\xe2\x82\xac \xe2\x82", "\u202e\u009b\x9b\x7f", "\r\r\n\r", "\xf0\x9f\x98\x80"} {
		f.Add([]byte(s), 1)
	}
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		whole := write(t, in, len(in))
		if split := write(t, in, step); split != whole {
			t.Fatalf("in pieces of %d: %q, whole: %q", step, split, whole)
		}
		check(t, whole, "\n\t")
		line := Line(string(in))
		check(t, line, "")
		marks := 0
		for _, r := range line {
			if marks++; !unicode.In(r, unicode.Mn, unicode.Me) {
				marks = 0
			}
			if isInvisible(r) || marks > maxMarks {
				t.Fatalf("%q holds %U", line, r)
			}
		}
	})
}

// check fails if a terminal would do anything with s but print it.
func check(t *testing.T, s, allowed string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Fatalf("%q is not UTF-8", s)
	}
	for _, r := range s {
		control := r < ' ' || r >= 0x7f && r <= 0x9f || isBidiControl(r) || r == 0x2028 || r == 0x2029
		if control && !bytes.ContainsRune([]byte(allowed), r) {
			t.Fatalf("%q holds %U", s, r)
		}
	}
}
