package serialio

import (
	"bytes"
	"strings"
	"testing"
)

func TestBytes(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{"", `b''`},
		{"light = 1\n", `b'light = 1\n'`},
		{"it's a \\ \r", `b'it\'s a \\ \r'`},
		{"\x00\x01\x04", `b'\0\1\4'`},
		{"\x009\x018\x017", `b'\09\18\0017'`},
		{"\x1b[0m\x0b7\x05", "b'\x1b[0m\x0b7\x05'"},
		{"\t\x7f\x80\xff", "b'\t\x7f\x80\xff'"},
	} {
		if got := Bytes([]byte(tt.data)); got != tt.want {
			t.Errorf("Bytes(%q) = %s, want %s", tt.data, got, tt.want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, tt := range []struct{ s, want string }{
		{"/main.py", `'/main.py'`},
		{"it's \n\x017", `'it\'s \n\0017'`},
		{"caf\u00e9", "b'caf\u00e9'.decode()"},
	} {
		if got := Quote(tt.s); got != tt.want {
			t.Errorf("Quote(%q) = %s, want %s", tt.s, got, tt.want)
		}
	}
}

func FuzzBytes(f *testing.F) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	f.Add(all)
	f.Add([]byte("\x000\x0477\x0077"))
	f.Add([]byte(`\'b'`))
	f.Fuzz(func(t *testing.T, data []byte) {
		literal := Bytes(data)
		value, rest := pyBytes(literal)
		if !bytes.Equal(value, data) || rest != "" {
			t.Fatalf("Bytes(%q) = %q, which a lexer reads as %q and %q", data, literal, value, rest)
		}
		if i := strings.IndexFunc(literal, func(c rune) bool { return c <= 4 || c == '\n' || c == '\r' }); i >= 0 {
			t.Fatalf("Bytes(%q) = %q: a REPL acts on the byte at %d", data, literal, i)
		}
	})
}
