package console

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"rsc.io/qr"
)

func FuzzDocument(f *testing.F) {
	f.Add([]byte("{\n  \"a\": [1, true, null, \"\u202e\u009b\"]\n}\n"))
	f.Add([]byte("\"\\u001b\x1b[2J\" \xff"))
	f.Add([]byte("[[[{"))
	f.Fuzz(func(t *testing.T, text []byte) {
		out := documentForTerminal(text, true)
		for _, r := range string(out) {
			if r == utf8.RuneError && !bytes.ContainsRune(text, r) || r < ' ' && r != '\n' && r != '\t' && r != '\x1b' || r >= 0x7f && r <= 0x9f {
				t.Fatalf("%q prints %q", text, out)
			}
		}
		if bytes.Count(out, []byte("\x1b")) != bytes.Count(out, []byte("\x1b[")) {
			t.Errorf("%q prints %q", text, out)
		}
		for _, colour := range []string{"36", "32", "33", "35", "0"} {
			out = bytes.ReplaceAll(out, []byte("\x1b["+colour+"m"), nil)
		}
		if bytes.ContainsRune(out, '\x1b') {
			t.Errorf("%q prints %q beside colours", text, out)
		}
	})
}

// What a camera sees must be the code: dark modules where it has them, light ones everywhere else.
func TestQR(t *testing.T) {
	const text = "http://desk.local/"
	drawn, err := drawQR(text)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	for row, line := range strings.Split(strings.TrimSuffix(drawn, "\n"), "\n") {
		line = strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;107m"), "\x1b[0m")
		for column, cell := range []rune(line) {
			for half := range 2 {
				isDark := cell == '█' || half == 0 && cell == '▀' || half == 1 && cell == '▄'
				if isDark != code.Black(column-2, 2*row+half-2) {
					t.Fatalf("module %d,%d is dark: %v", column-2, 2*row+half-2, isDark)
				}
				dark += bit(isDark)
			}
		}
	}
	if dark < code.Size*code.Size/4 {
		t.Errorf("%d dark modules in a code of %d x %d", dark, code.Size, code.Size)
	}
}
