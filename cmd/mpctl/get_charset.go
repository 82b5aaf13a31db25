package main

import (
	"io"
	"mime"
	"slices"
	"strings"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// decoded turns a body into UTF-8 by its byte-order mark, or else by the charset that its Content-Type names.
func decoded(body io.Reader, contentType string) io.Reader {
	charset := charsetDecoder(contentType)
	return transform.NewReader(body, &markDecoder{Transformer: unicode.BOMOverride(charset), charset: charset})
}

// charsetDecoder returns a decoder of the charset that a Content-Type names. UTF-8 and what has no known charset pass
// through unchanged, so that invalid bytes can be shown as they were sent.
func charsetDecoder(contentType string) transform.Transformer {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return transform.Nop
	}
	charset, err := htmlindex.Get(params["charset"])
	if err != nil || charset == unicode.UTF8 {
		return transform.Nop
	}
	return charset.NewDecoder()
}

// markDecoder is BOMOverride for a slow stream. BOMOverride alone waits for three bytes of any text; a text that
// cannot begin with a mark has to show up at once.
type markDecoder struct {
	transform.Transformer // BOMOverride, or charset once no mark can come
	charset               transform.Transformer
	started               bool // some of the text has been decoded
}

func (d *markDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	if !d.started && !mayBeginWithMark(src) {
		d.Transformer = d.charset
	}
	nDst, nSrc, err = d.Transformer.Transform(dst, src, atEOF)
	d.started = d.started || nSrc > 0
	return nDst, nSrc, err
}

func mayBeginWithMark(text []byte) bool {
	return slices.ContainsFunc([]string{"\xef\xbb\xbf", "\xfe\xff", "\xff\xfe"}, func(mark string) bool {
		n := min(len(text), len(mark))
		return strings.HasPrefix(mark, string(text[:n]))
	})
}
