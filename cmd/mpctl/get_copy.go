package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"mpctl/httpclient"
)

// maxPiece is how much is read at once. More is not faster.
const maxPiece = 128 << 10

// copyStream copies each piece as soon as it comes.
func copyStream(w io.Writer, r io.Reader) error {
	buf := make([]byte, maxPiece)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

// printText prints text from outside on stdout.
func (c getCommand) printText(r io.Reader) error {
	w := c.Text()
	err := copyStream(w, r)
	return errors.Join(err, w.Close())
}

// head returns the head of a response as text, or nothing.
func head(resp *httpclient.Response, wanted bool) io.Reader {
	var b strings.Builder
	if wanted {
		fmt.Fprintf(&b, "%s %s\n", resp.Proto, resp.Status)
		for _, field := range fields(resp) {
			b.WriteString(field + "\n")
		}
		b.WriteString("\n")
	}
	return strings.NewReader(b.String())
}

// fields are the lines of a response's head, sorted: in which order they came is not known.
func fields(resp *httpclient.Response) []string {
	var lines []string
	for name, values := range resp.Header {
		for _, v := range values {
			lines = append(lines, name+": "+v)
		}
	}
	slices.Sort(lines)
	return lines
}
