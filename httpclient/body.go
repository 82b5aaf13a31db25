package httpclient

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net"
	"time"
)

// errIdle is the cause of the cancellation when nothing more of a body comes.
var errIdle = errors.New("idle")

// checkedBody is a response's body that limits how long a Read waits, and gives errors the types of this package.
type checkedBody struct {
	io.ReadCloser
	parent, request context.Context // the caller's, and the one that cancel ends
	cancel          context.CancelCauseFunc
	host            string
	idle            time.Duration // limit for one Read
	got, want       int64         // bytes read, and announced; -1 if they were not
}

func (b *checkedBody) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.idle, func() { b.cancel(errIdle) })
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	b.got += int64(n)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, b.explain(err)
}

func (b *checkedBody) explain(err error) error {
	action := "reading from " + b.host
	var operation *net.OpError
	switch {
	case errors.Is(context.Cause(b.request), errIdle):
		return &TimeoutError{Doing: action, After: b.idle}
	case errors.Is(b.parent.Err(), context.DeadlineExceeded):
		return &TimeoutError{Doing: action}
	case b.parent.Err() != nil:
		return b.parent.Err()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &operation):
		return &IncompleteError{Got: b.got, Want: b.want}
	}
	return &BrokenError{b.host, b.got, err}
}

func (b *checkedBody) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

// gzipBody decompresses a body. The first Read waits for the gzip header.
type gzipBody struct {
	*checkedBody
	gzip *gzip.Reader
}

func (g *gzipBody) Read(p []byte) (n int, err error) {
	if g.gzip == nil {
		g.gzip, err = gzip.NewReader(bufio.NewReaderSize(g.checkedBody, 64<<10))
	}
	if err == nil {
		n, err = g.gzip.Read(p)
	}
	var typed Error
	if err == nil || err == io.EOF || errors.As(err, &typed) || g.parent.Err() != nil {
		return n, err
	}
	if g.got == g.want { // nothing is missing, so the gzip data itself is invalid
		return n, &BrokenError{g.host, g.got, err}
	}
	return n, g.explain(err)
}
