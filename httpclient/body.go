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

// errIdle is the cause a request is cancelled with when its body stops coming.
var errIdle = errors.New("idle")

// body watches over the reading of a body.
type body struct {
	io.ReadCloser
	parent, request context.Context
	cancel          context.CancelCauseFunc
	host            string
	idle            time.Duration
	got, want       int64
}

func (b *body) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.idle, func() { b.cancel(errIdle) })
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	b.got += int64(n)
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, b.explain(err)
}

func (b *body) explain(err error) error {
	doing := "reading from " + b.host
	var operation *net.OpError
	switch {
	case errors.Is(context.Cause(b.request), errIdle):
		return &TimeoutError{Doing: doing, After: b.idle}
	case errors.Is(b.parent.Err(), context.DeadlineExceeded):
		return &TimeoutError{Doing: doing}
	case b.parent.Err() != nil:
		return b.parent.Err()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.As(err, &operation):
		return &IncompleteError{Got: b.got, Want: b.want}
	}
	return &BrokenError{b.host, b.got, err}
}

func (b *body) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}

// unzipped is a body that was sent compressed. Its gzip header is waited for in the first Read.
type unzipped struct {
	*body
	gzip *gzip.Reader
}

func (u *unzipped) Read(p []byte) (n int, err error) {
	if u.gzip == nil {
		u.gzip, err = gzip.NewReader(bufio.NewReaderSize(u.body, 64<<10))
	}
	if err == nil {
		n, err = u.gzip.Read(p)
	}
	var typed Error
	if err == nil || err == io.EOF || errors.As(err, &typed) || u.parent.Err() != nil {
		return n, err
	}
	if u.got == u.want { // nothing is missing of what was announced
		return n, &BrokenError{u.host, u.got, err}
	}
	return n, u.explain(err)
}
