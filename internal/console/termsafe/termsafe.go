// Package termsafe makes text that came from outside harmless to a terminal.
//
// A network, a board and a USB descriptor can all send escape sequences that retitle a window, fill the
// clipboard, move the cursor over what was printed before, or have the terminal type an answer. Nothing of
// theirs reaches a terminal but printable characters: control characters become visible (^[ for ESC, \u009b
// for the 8-bit CSI, \xff for a byte that is not UTF-8), and the invisible characters that reorder the text
// around them (Unicode UAX #9) are dropped.
package termsafe

import (
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxMarks is how many accents and vowel signs one character can bear. Living scripts need three; hundreds of them
// cover the lines above and below.
const maxMarks = 4

// Line returns s as a single line, for a table's cell or a message: tabs and line breaks become spaces. In a name
// there is nothing to see that is not there, so all invisible characters are dropped: they make two names look the
// same, and terminals disagree about their width.
func Line(s string) string {
	if isPlain(s) {
		return s
	}
	out := make([]byte, 0, len(s)+16)
	marks := maxMarks // an accent has no place before the first character
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		isMark, invisible := unicode.In(r, unicode.Mn, unicode.Me), isInvisible(r)
		switch {
		case isMark:
			marks++
		case !invisible:
			marks = 0
		}
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case invisible, isMark && marks > maxMarks:
		case r == '\n', r == '\t', r == '\u2028', r == '\u2029':
			out = append(out, ' ')
		default:
			out = appendSafe(out, r, []byte(s[i:i+size]))
		}
		i += size
	}
	return string(out)
}

// isPlain reports whether s is printable ASCII, as nearly everything is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Writer makes a stream of text harmless, keeping line breaks and tabs. CR LF becomes LF.
type Writer struct {
	w       io.Writer
	pending []byte // the start of a character, or a CR, whose rest has not come yet
	out     []byte
}

// NewWriter returns a Writer onto w. What a Write leaves undecided comes out with the next, or with Close.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write passes p on, made harmless. It takes all of p or fails.
func (t *Writer) Write(p []byte) (int, error) {
	in := p
	if len(t.pending) > 0 {
		in = append(t.pending, p...)
	}
	rest := t.transform(in, false)
	t.pending = append([]byte(nil), rest...)
	if err := t.flush(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close writes what waits for a rest that will not come. It does not close the writer below.
func (t *Writer) Close() error {
	t.transform(t.pending, true)
	t.pending = nil
	return t.flush()
}

func (t *Writer) flush() error {
	if len(t.out) == 0 {
		return nil
	}
	_, err := t.w.Write(t.out)
	t.out = t.out[:0]
	return err
}

// transform appends in to t.out, and returns the tail that cannot be decided before more comes.
func (t *Writer) transform(in []byte, last bool) (rest []byte) {
	for len(in) > 0 {
		if !last && (len(in) == 1 && in[0] == '\r' || !utf8.FullRune(in)) {
			return in
		}
		r, size := utf8.DecodeRune(in)
		switch {
		case r == '\r' && len(in) > 1 && in[1] == '\n': // its LF follows
		case r == '\n', r == '\t':
			t.out = append(t.out, byte(r))
		default:
			t.out = appendSafe(t.out, r, in[:size])
		}
		in = in[size:]
	}
	return nil
}

// appendSafe appends one character, r, which was encoded as raw.
func appendSafe(out []byte, r rune, raw []byte) []byte {
	switch {
	case r == utf8.RuneError && len(raw) == 1:
		return fmt.Appendf(out, `\x%02x`, raw[0])
	case r < ' ':
		return append(out, '^', byte(r)+'@')
	case r == 0x7f:
		return append(out, '^', '?')
	case r >= 0x80 && r <= 0x9f, r == '\u2028', r == '\u2029':
		return fmt.Appendf(out, `\u%04x`, r)
	case isBidiControl(r):
		return out
	}
	return append(out, raw...)
}

// isBidiControl reports whether r has the property Bidi_Control.
func isBidiControl(r rune) bool {
	return r == 0x061c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// isInvisible reports whether r is never seen (Default_Ignorable_Code_Point, and what else formats text).
func isInvisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// JSON returns a JSON text as the same JSON in which nothing can do more on a terminal than be printed: what the other
// functions would change or drop is escaped.
func JSON(text []byte) []byte {
	out := make([]byte, 0, len(text)+16)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...) // what decoding would make of it
		case r == 0x7f, r >= 0x80 && r <= 0x9f, r == '\u2028', r == '\u2029', isBidiControl(r), isInvisible(r):
			for _, unit := range utf16.AppendRune(nil, r) {
				out = fmt.Appendf(out, `\u%04x`, unit)
			}
		default:
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}
