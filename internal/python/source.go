// Package python makes MicroPython source smaller without changing what it does: Strip removes what nothing reads on a
// board, Shorten gives short names to what no user sees.
//
// The lexer refuses source that it does not understand, with file and line. A name inside an f-string, for example,
// would keep its old name while the variable gets a new one.
package python

import (
	"bytes"
	"fmt"
	"strings"
)

// Source is a MicroPython file, taken apart into tokens. Their text in a row is the file.
type Source struct {
	name  string
	lines []logicalLine
}

// logicalLine is a statement, which brackets and backslashes may spread over several lines of the file, or a
// line without code.
type logicalLine struct {
	indent int // blanks before the first token
	tokens []token
}

type token struct {
	kind  kind
	blank string // spaces, tabs and line continuations before the token
	text  string
	line  int // in the file, from 1
}

type kind byte

const (
	identifier kind = iota // Python's own words too
	number
	literal   // a string, with its prefix and quotes
	operator  // brackets and punctuation too
	comment   // up to the line break
	lineBreak // inside brackets, where it ends no statement
	lineEnd   // LF or CR LF; nothing at the end of the file
)

// Error is returned by Parse and Shorten for source that they do not understand.
type Error struct {
	File   string // as given to Parse
	Line   int    // from 1
	Reason string
}

func (e *Error) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Reason) }

// Bytes is the source as it is now.
func (s *Source) Bytes() []byte {
	var out bytes.Buffer
	for _, l := range s.lines {
		for _, t := range l.tokens {
			out.WriteString(t.blank)
			out.WriteString(t.text)
		}
	}
	return out.Bytes()
}

// Strip removes comments, docstrings, trailing blanks and blank lines, and makes every line end in LF. A docstring
// that is a whole block stays: a block needs a statement.
func (s *Source) Strip() {
	var kept []logicalLine
	for _, l := range s.lines {
		l.strip()
		if l.hasCode() {
			kept = append(kept, l)
		}
	}
	s.lines = nil
	for i, l := range kept {
		after := 0 // the next statement's indent
		if i+1 < len(kept) {
			after = kept[i+1].indent
		}
		if !l.isText() || l.indent != after {
			s.lines = append(s.lines, l)
		}
	}
}

// strip removes all but code and the line breaks that belong to it.
func (l *logicalLine) strip() {
	var kept []token
	for _, t := range l.tokens {
		switch t.kind {
		case comment:
			continue
		case lineBreak:
			if kept[len(kept)-1].kind == lineBreak {
				continue
			}
			t.blank, t.text = "", "\n"
		case lineEnd:
			t.blank, t.text = "", strings.TrimPrefix(t.text, "\r")
		default:
			t.blank = strings.ReplaceAll(t.blank, "\r", "")
		}
		kept = append(kept, t)
	}
	l.tokens = kept
}

// hasCode reports whether the line has more than comments and blanks.
func (l *logicalLine) hasCode() bool {
	for _, t := range l.tokens {
		if t.kind < comment {
			return true
		}
	}
	return false
}

// isText reports whether the line is a statement of nothing but one string.
func (l *logicalLine) isText() bool {
	code := 0
	for _, t := range l.tokens {
		switch {
		case t.kind == literal:
			code++
		case t.kind < comment:
			return false
		}
	}
	return code == 1
}
