package python

import (
	"fmt"
	"regexp"
	"strings"
)

// Parse takes a MicroPython file apart. It returns an *Error for what it does not understand; name is the file's name
// in that error.
func Parse(name string, code []byte) (*Source, error) {
	l := lexer{file: name, rest: string(code), lineNumber: 1, indents: []int{0}}
	if at := strings.Index(strings.ReplaceAll(l.rest, "\r\n", "\n\n"), "\r"); at >= 0 {
		return nil, l.refuse(1+strings.Count(l.rest[:at], "\n"), "a carriage return that ends no line")
	}
	s := &Source{name: name}
	for l.rest != "" {
		statement, err := l.line()
		if err != nil {
			return nil, err
		}
		s.lines = append(s.lines, statement)
	}
	return s, nil
}

type lexer struct {
	file       string
	rest       string  // what has not been read yet
	lineNumber int     // of the file's line where rest begins
	indents    []int   // of the blocks around rest
	open       []token // the brackets around rest
}

func (l *lexer) refuse(lineNumber int, reason string, args ...any) error {
	return &Error{File: l.file, Line: lineNumber, Reason: fmt.Sprintf(reason, args...)}
}

// line reads a logical line.
func (l *lexer) line() (logicalLine, error) {
	var read logicalLine
	for {
		t, err := l.token()
		if err != nil {
			return logicalLine{}, err
		}
		read.tokens = append(read.tokens, t)
		if t.kind == lineEnd {
			break
		}
	}
	if len(l.open) > 0 {
		last := l.open[len(l.open)-1]
		return logicalLine{}, l.refuse(last.line, "the bracket %s is never closed", last.text)
	}
	if !read.hasCode() {
		return read, nil
	}
	if !read.isText() {
		for _, t := range read.tokens {
			if t.kind != literal {
				continue
			}
			if around, text := content(t.text); len(around) == 3 && codeLike.MatchString(text) {
				return logicalLine{}, l.refuse(t.line, "a triple-quoted string that reads like code")
			}
		}
	}
	return read, l.indent(&read)
}

// indent sets the indent of a line with code.
func (l *lexer) indent(read *logicalLine) error {
	first := read.tokens[0]
	switch {
	case strings.Contains(first.blank, "\\"):
		return l.refuse(first.line, "a line continuation before the first word of a line")
	case strings.Contains(first.blank, "\t"):
		return l.refuse(first.line, "a tab in an indent")
	}
	read.indent = len(first.blank)
	around := len(l.indents) - 1
	if read.indent > l.indents[around] {
		l.indents = append(l.indents, read.indent)
		return nil
	}
	for read.indent < l.indents[around] {
		around--
	}
	l.indents = l.indents[:around+1]
	if read.indent != l.indents[around] {
		return l.refuse(first.line, "an indent that no block around it has")
	}
	return nil
}

var (
	continuation = regexp.MustCompile(`^\\\r?\n`)
	lineBreaks   = regexp.MustCompile(`^\r?\n`)
	comments     = regexp.MustCompile(`^#[^\r\n]*`)
	identifiers  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)
	numbers      = regexp.MustCompile(`^(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?j?)`)
	operators    = regexp.MustCompile(`^(\*\*=|//=|>>=|<<=|\.\.\.|[-+*/%&|^@=!<>:]=|\*\*|//|<<|>>|->|[-+*/%&|^~@=<>()\[\]{},:;.])`)
	prefixes     = regexp.MustCompile(`^(?i:b|r|u|br|rb)?$`)

	// codeLike finds a line of a text that is a statement, too.
	codeLike = regexp.MustCompile(`(?m)^[ \t]*((def|class)[ \t]+\w+[ \t]*[(:]|import[ \t]+\w+[ \t\r]*$|from[ \t]+[\w.]+[ \t]+import\b|` +
		`(if|elif|else|for|while|with|try|except|finally)\b.*:[ \t\r]*$|[A-Za-z_][\w.]*[ \t]*[-+*/%&|^]?=[^=]|[A-Za-z_][\w.]*\(.*\)[ \t\r]*$)`)
)

// token reads a token.
func (l *lexer) token() (token, error) {
	blank, err := l.blank()
	if err != nil {
		return token{}, err
	}
	t := token{blank: blank, line: l.lineNumber}
	match := func(kind kind, pattern *regexp.Regexp) bool {
		t.kind, t.text = kind, pattern.FindString(l.rest)
		return t.text != ""
	}
	switch {
	case l.rest == "" || match(lineEnd, lineBreaks):
		t.kind = lineEnd
		if t.text != "" && len(l.open) > 0 {
			t.kind = lineBreak
		}
	case match(comment, comments):
	case match(identifier, identifiers):
		if prefix := t.text; startsString(l.rest[len(prefix):]) {
			t.kind = literal
			t.text, err = l.literal(prefix)
		}
	case match(number, numbers):
		if identifiers.MatchString(l.rest[len(t.text):]) {
			err = l.refuse(l.lineNumber, "a number that runs into a name")
		}
	case match(operator, operators):
		err = l.bracket(t)
	case startsString(l.rest):
		t.kind = literal
		t.text, err = l.literal("")
	default:
		for _, c := range l.rest {
			return token{}, l.refuse(l.lineNumber, "the character %q", c)
		}
	}
	l.advance(len(t.text))
	return t, err
}

// advance gives the next n bytes of rest, and leaves them behind.
func (l *lexer) advance(n int) string {
	read := l.rest[:n]
	l.lineNumber += strings.Count(read, "\n")
	l.rest = l.rest[n:]
	return read
}

// blank reads spaces, tabs and line continuations.
func (l *lexer) blank() (string, error) {
	blank := ""
	for {
		blank += l.advance(len(l.rest) - len(strings.TrimLeft(l.rest, " \t")))
		if !strings.HasPrefix(l.rest, "\\") {
			return blank, nil
		}
		at := l.lineNumber
		text := continuation.FindString(l.rest)
		if text == "" {
			return "", l.refuse(at, "a backslash before the end of a line")
		}
		blank += l.advance(len(text))
		if next := strings.TrimLeft(l.rest, " \t"); next == "" || next[0] == '#' || lineBreaks.MatchString(next) {
			return "", l.refuse(at, "a line continuation with nothing behind it")
		}
	}
}

// bracket keeps account of the brackets that are open.
func (l *lexer) bracket(t token) error {
	switch t.text {
	case "(", "[", "{":
		l.open = append(l.open, t)
	case ")", "]", "}":
		if len(l.open) == 0 {
			return l.refuse(t.line, "the bracket %s closes nothing", t.text)
		}
		last := l.open[len(l.open)-1]
		if strings.Index("([{", last.text) != strings.Index(")]}", t.text) {
			return l.refuse(t.line, "the bracket %s closes the %s of line %d", t.text, last.text, last.line)
		}
		l.open = l.open[:len(l.open)-1]
	}
	return nil
}

func startsString(rest string) bool {
	return strings.HasPrefix(rest, `"`) || strings.HasPrefix(rest, "'")
}

// quote gives the quote at the start of a string, of one character or three.
func quote(rest string) string {
	if triple := strings.Repeat(rest[:1], 3); strings.HasPrefix(rest, triple) {
		return triple
	}
	return rest[:1]
}

// literal gives the string literal at the start of rest.
func (l *lexer) literal(prefix string) (string, error) {
	switch {
	case strings.ContainsAny(prefix, "fF"):
		return "", l.refuse(l.lineNumber, "an f-string")
	case !prefixes.MatchString(prefix):
		return "", l.refuse(l.lineNumber, "a string with the prefix %s", prefix)
	}
	end := quote(l.rest[len(prefix):])
	for i := len(prefix) + len(end); i < len(l.rest); i++ {
		switch {
		case l.rest[i] == '\\':
			i += max(1, len(lineBreaks.FindString(l.rest[i+1:])))
		case strings.HasPrefix(l.rest[i:], end):
			return l.rest[:i+len(end)], nil
		case l.rest[i] == '\n' && len(end) == 1:
			return "", l.refuse(l.lineNumber, "a string that is not closed on its line")
		}
	}
	return "", l.refuse(l.lineNumber, "a string that is never closed")
}

// content gives the quote of a string literal, and what stands between the quotes, escapes as they are written.
func content(source string) (around, text string) {
	text = source[strings.IndexAny(source, `"'`):]
	around = quote(text)
	return around, text[len(around) : len(text)-len(around)]
}
