package main

import (
	"bytes"
	"io"
	"mime"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

var byteOrderMarks = []struct {
	mark     string
	encoding encoding.Encoding
}{
	{"\xef\xbb\xbf", unicode.UTF8BOM},
	{"\xfe\xff", unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)},
	{"\xff\xfe", unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)},
}

// decoded turns a body into UTF-8, going by its byte order mark or else by its charset. No more than may be a mark is
// waited for.
func decoded(r io.Reader, contentType string) io.Reader {
	return &decoder{r: r, charset: charsetOf(contentType)}
}

// charsetOf is the encoding that a Content-Type names; nil if it is UTF-8, or none that is known.
func charsetOf(contentType string) encoding.Encoding {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	e, err := htmlindex.Get(params["charset"])
	if err != nil || e == unicode.UTF8 {
		return nil
	}
	return e
}

type decoder struct {
	r       io.Reader
	charset encoding.Encoding
	decided bool
}

func (d *decoder) Read(p []byte) (int, error) {
	if !d.decided {
		d.decide()
	}
	return d.r.Read(p)
}

func (d *decoder) decide() {
	d.decided = true
	var start []byte
	var err error
	e := d.charset
	for err == nil {
		mark, certain := markOf(start)
		if certain {
			if mark != nil {
				e = mark
			}
			break
		}
		more := make([]byte, maxPiece)
		var n int
		n, err = d.r.Read(more)
		start = append(start, more[:n]...)
	}
	rest := d.r
	if err != nil {
		rest = failing{err}
	}
	d.r = io.MultiReader(bytes.NewReader(start), rest)
	if e != nil {
		d.r = transform.NewReader(d.r, e.NewDecoder())
	}
}

// markOf returns the encoding whose mark a text starts with, and whether that is certain already.
func markOf(start []byte) (e encoding.Encoding, certain bool) {
	if len(start) == 0 {
		return nil, false
	}
	certain = true
	for _, m := range byteOrderMarks {
		if bytes.HasPrefix(start, []byte(m.mark)) {
			return m.encoding, true
		}
		certain = certain && !strings.HasPrefix(m.mark, string(start))
	}
	return nil, certain
}
