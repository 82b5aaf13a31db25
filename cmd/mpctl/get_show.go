package main

import (
	"bytes"
	"io"

	"mpctl/httpclient"
)

// binaryProbe is how many bytes are looked at for a NUL, which says that a body is not text.
const binaryProbe = 2000

// binaryError is a body that a terminal cannot show.
type binaryError struct{}

func (binaryError) Error() string { return "what came is not text, and stdout is a terminal" }
func (binaryError) Hint() string  { return "use -o FILE to keep it, or -o - to print it all the same" }

// show prints a body for people.
func (c getCommand) show(resp *httpclient.Response) error {
	contentType := resp.Header.Get("Content-Type")
	body := decoded(resp.Body, contentType)
	if isJSON(contentType) && resp.Length <= maxPretty {
		document, rest := indented(body)
		if document != nil {
			return c.Document(document)
		}
		body = rest
	}
	return c.printText(&textOnly{r: body, left: binaryProbe})
}

// textOnly passes text on, and fails at a NUL near the beginning.
type textOnly struct {
	r    io.Reader
	left int // bytes that are still looked at
}

func (t *textOnly) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	probe := p[:min(n, t.left)]
	if bytes.IndexByte(probe, 0) >= 0 {
		return 0, binaryError{}
	}
	t.left -= len(probe)
	return n, err
}
