package serialio

import "strings"

// maxControl is the last of the control bytes from 0 on that mean something to a REPL, ctrlA to ctrlD, or that a lexer
// can take for the end of the source, 0 (MicroPython 1.28). 05 starts raw-paste mode only at the beginning of a line.
const maxControl = 4

// Bytes is data as a MicroPython bytes literal, close to binary: only what the REPL, the lexer or the literal
// itself would take for something else is escaped. MicroPython's lexer is 8-bit clean inside bytes literals
// (py/lexer.c); Python's is not.
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

// Quote is s as a MicroPython expression for a str.
func Quote(s string) string {
	literal := Bytes([]byte(s))
	if strings.IndexFunc(s, func(c rune) bool { return c > '~' }) < 0 {
		return literal[1:]
	}
	// In a str literal an escape is a character, not a byte; decoding a bytes literal spares that distinction.
	return literal + ".decode()"
}
