package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestIsJSON(t *testing.T) {
	for contentType, want := range map[string]bool{
		"application/json": true, "Application/JSON; charset=utf-8": true, "application/problem+json": true,
		"text/plain": false, "application/jsonlines": false, "": false, "application/json; =": false,
	} {
		if got := isJSON(contentType); got != want {
			t.Errorf("isJSON(%q) = %t", contentType, got)
		}
	}
}

func TestJSONThatIsNotIndented(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, text := range map[string]string{
		"too long":             `"` + strings.Repeat("x", maxPretty) + `"`,
		"too deep":             deep(maxNesting + 1),
		"small, but enormous":  strings.Repeat("[", 9000) + strings.Repeat("[],", 50000) + "[]" + strings.Repeat("]", 9000),
		"no JSON":              `{"a":}`,
		"two documents":        `{} {}`,
		"a string that is not": "\"\x1b\"",
		"nothing":              "",
	} {
		document, rest := indented(strings.NewReader(text))
		if document != nil {
			t.Errorf("%s: indented to %d bytes", name, len(document))
			continue
		}
		if got, err := io.ReadAll(rest); string(got) != text || err != nil {
			t.Errorf("%s: %d of %d bytes remain, %v", name, len(got), len(text), err)
		}
	}
	if document, _ := indented(strings.NewReader(deep(maxNesting))); document == nil {
		t.Errorf("%d deep is not indented", maxNesting)
	}
}

func FuzzIndented(f *testing.F) {
	for _, s := range []string{`{"a":[1,"\"]"]}`, `[[["\\"]]]`, "[", `"\u001b"`, " null "} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		document, rest := indented(bytes.NewReader(text))
		if document == nil {
			if got, err := io.ReadAll(rest); !bytes.Equal(got, text) || err != nil {
				t.Errorf("%q: %q remains, %v", text, got, err)
			}
			return
		}
		var before, after bytes.Buffer
		if json.Compact(&before, text) != nil || json.Compact(&after, document) != nil || before.String() != after.String() {
			t.Errorf("%q becomes %q", text, document)
		}
	})
}

func TestDecoded(t *testing.T) {
	for _, c := range []struct{ name, contentType, body, want string }{
		{"UTF-8", "text/plain; charset=utf-8", "é", "é"},
		{"Latin-1", "text/plain; charset=iso-8859-1", "\xe9", "é"},
		{"Chinese", "text/plain; charset=gbk", "\xd5\xc6\xbf\xd8\xb0\xe5", "掌控板"},
		{"quoted", `text/plain; charset="Shift_JIS"`, "\x83\x7b\x81\x5b\x83\x68", "ボード"},
		{"a mark of UTF-8", "text/plain; charset=iso-8859-1", "\xef\xbb\xbf\xc3\xa9", "é"},
		{"a mark of UTF-16", "text/plain", "\xfe\xff\x00h\x00i", "hi"},
		{"half a mark", "text/plain; charset=iso-8859-1", "\xef\xbb", "ï»"},
		{"half a mark alone", "", "\xff", "\xff"},
		{"no text", "text/plain; charset=gbk", "", ""},
	} {
		for name, r := range map[string]io.Reader{"": strings.NewReader(c.body), " byte by byte": iotest.OneByteReader(strings.NewReader(c.body))} {
			if got, err := io.ReadAll(decoded(r, c.contentType)); string(got) != c.want || err != nil {
				t.Errorf("%s%s: %q, %v, want %q", c.name, name, got, err, c.want)
			}
		}
	}
	if _, err := io.ReadAll(decoded(iotest.ErrReader(io.ErrClosedPipe), "")); err != io.ErrClosedPipe {
		t.Errorf("the reader's error becomes %v", err)
	}
}

// The start of a slow stream is shown as soon as it cannot be a byte-order mark.
func TestDecodedAtOnce(t *testing.T) {
	for start, want := range map[string]string{"h": "h", "\xe9": "é", "\xefx": "ïx", "\xfeh": "þh", "\xff\xfeh\x00": "h"} {
		slow := io.MultiReader(strings.NewReader(start), iotest.ErrReader(errors.New("more is waited for")))
		got := make([]byte, 10)
		n, err := decoded(slow, "text/plain; charset=iso-8859-1").Read(got)
		if string(got[:n]) != want || err != nil {
			t.Errorf("of %q came %q, %v, want %q", start, got[:n], err, want)
		}
	}
}

func FuzzDecoded(f *testing.F) {
	f.Add([]byte("\xef\xbb\xbfx"), "text/plain; charset=utf-16le")
	f.Add([]byte("\xff\xfeh\x00\x3d\xd8"), "")
	f.Add([]byte("\x1b$B\x24\x22"), "text/plain; charset=iso-2022-jp")
	f.Fuzz(func(t *testing.T, body []byte, contentType string) {
		whole, err := io.ReadAll(decoded(bytes.NewReader(body), contentType))
		split, splitErr := io.ReadAll(decoded(iotest.OneByteReader(bytes.NewReader(body)), contentType))
		if !bytes.Equal(whole, split) || (err == nil) != (splitErr == nil) {
			t.Errorf("%q as %q: %q, %v whole, %q, %v byte by byte", body, contentType, whole, err, split, splitErr)
		}
	})
}
