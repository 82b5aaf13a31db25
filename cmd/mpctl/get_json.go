package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"strings"
)

const (
	maxPretty  = 1 << 20 // bytes of JSON that are held back to be indented
	maxNesting = 100     // deeper, the indentation would be far longer than the text
)

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasSuffix(kind, "+json"))
}

// indented returns r's text indented if it is JSON of moderate length, or else nil and what r would have given.
func indented(r io.Reader) (document []byte, rest io.Reader) {
	text, err := io.ReadAll(io.LimitReader(r, maxPretty+1))
	if err != nil { // show what came of it, then say that it is not all
		return nil, io.MultiReader(bytes.NewReader(text), failing{err})
	}
	var out bytes.Buffer
	if len(text) <= maxPretty && nesting(text) <= maxNesting && json.Indent(&out, bytes.Trim(text, " \t\r\n"), "", "  ") == nil {
		out.WriteByte('\n')
		return out.Bytes(), nil
	}
	return nil, io.MultiReader(bytes.NewReader(text), r)
}

// failing is the end of a body that broke off.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// nesting returns how deep JSON text is nested.
func nesting(text []byte) int {
	var deep, deepest int
	var inString, escaped bool
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case inString && c == '\\':
			escaped = true
		case c == '"':
			inString = !inString
		case inString:
		case c == '{' || c == '[':
			deep++
			deepest = max(deepest, deep)
		case c == '}' || c == ']':
			deep--
		}
	}
	return deepest
}
