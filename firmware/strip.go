package firmware

import (
	"bytes"
	"strings"
)

// Strip takes comments, docstrings, trailing blanks and blank lines out of MicroPython source. What the code
// does stays the same; line numbers do not. Source that it cannot follow (an unclosed string) comes back as is.
func Strip(source []byte) []byte {
	var out bytes.Buffer
	logical := 0 // where the current logical line starts in out
	depth := 0   // of brackets: a newline inside them ends nothing
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case c == '#':
			for i < len(source) && source[i] != '\n' {
				i++
			}
		case c == '"' || c == '\'':
			end := stringEnd(source, i)
			if end < 0 {
				return source
			}
			if depth == 0 && isDocstring(out.Bytes()[logical:], source[end:]) {
				out.Truncate(logical)
			} else {
				out.Write(source[i:end])
			}
			i = end
		case c == '\\' && bytes.HasPrefix(bytes.TrimPrefix(source[i+1:], []byte("\r")), []byte("\n")):
			out.WriteString("\\\n")
			i += 1 + bytes.IndexByte(source[i+1:], '\n') + 1
		case c == '\n':
			i++
			trimBlanks(&out, logical)
			if depth > 0 {
				if b := out.Bytes(); len(b) > 0 && b[len(b)-1] != '\n' {
					out.WriteByte('\n')
				}
				continue
			}
			if out.Len() > logical {
				out.WriteByte('\n')
			}
			logical = out.Len()
		default:
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			}
			out.WriteByte(c)
			i++
		}
	}
	trimBlanks(&out, logical)
	return out.Bytes()
}

// stringEnd gives the index behind the string literal that starts at i, -1 when it never ends.
func stringEnd(source []byte, i int) int {
	quote := string(source[i])
	if triple := strings.Repeat(quote, 3); bytes.HasPrefix(source[i:], []byte(triple)) {
		quote = triple
	}
	for j := i + len(quote); j < len(source); j++ {
		switch {
		case source[j] == '\\':
			j++
		case bytes.HasPrefix(source[j:], []byte(quote)):
			return j + len(quote)
		case source[j] == '\n' && len(quote) == 1:
			return -1
		}
	}
	return -1
}

// isDocstring: a string that is a whole statement, nothing before it on its line and nothing behind, and not
// the only one of its block.
func isDocstring(before, after []byte) bool {
	if len(bytes.TrimSpace(before)) > 0 {
		return false
	}
	rest, after, _ := bytes.Cut(after, []byte("\n"))
	if rest = bytes.TrimSpace(rest); len(rest) > 0 && rest[0] != '#' {
		return false
	}
	for len(after) > 0 {
		var line []byte
		line, after, _ = bytes.Cut(after, []byte("\n"))
		text := bytes.TrimLeft(line, " \t")
		if code := bytes.TrimSpace(text); len(code) > 0 && code[0] != '#' {
			return bytes.Equal(line[:len(line)-len(text)], before)
		}
	}
	return len(before) == 0
}

func trimBlanks(out *bytes.Buffer, from int) {
	b := out.Bytes()
	n := len(b)
	for n > from && (b[n-1] == ' ' || b[n-1] == '\t' || b[n-1] == '\r') {
		n--
	}
	out.Truncate(n)
}
