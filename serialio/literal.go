package serialio

import "strings"

// maxControl is the last of the control bytes that code must not contain. To a REPL 01 to 04 are commands, and a lexer
// can take 00 for the end of the source (MicroPython 1.28). 05 means something only at the beginning of a line.
const maxControl = 4

// Bytes returns data as a MicroPython bytes literal that is close to binary: it escapes only bytes that mean something
// to the REPL, the lexer or the literal. MicroPython's lexer is 8-bit clean inside bytes literals (py/lexer.c); that of
// CPython is not.
func Bytes(data []byte) string {
	var b strings.Builder
	b.Grow(len(data) + len(data)/8 + 3)
	b.WriteString("b'")
	for i, c := range data {
		switch {
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\\' || c == '\'':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c > maxControl:
			b.WriteByte(c)
		default:
			octal(&b, c, i+1 < len(data) && data[i+1] >= '0' && data[i+1] <= '7')
		}
	}
	b.WriteByte('\'')
	return b.String()
}

// octal writes the shortest octal escape of a byte up to maxControl that the next character cannot lengthen.
func octal(b *strings.Builder, c byte, digitFollows bool) {
	b.WriteByte('\\')
	if digitFollows {
		b.WriteString("00")
	}
	b.WriteByte('0' + c)
}

// Quote returns s as a MicroPython expression for a str.
func Quote(s string) string {
	literal := Bytes([]byte(s))
	if strings.IndexFunc(s, func(c rune) bool { return c > '~' }) < 0 {
		return literal[1:]
	}
	// An escape is a character in a str literal and a byte in a bytes literal.
	return literal + ".decode()"
}
