package serialio

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// pollTime is how long one read of the link waits, which bounds how late a cancelled context is noticed.
const pollTime = 50 * time.Millisecond

// input buffers what a link has delivered.
type input struct {
	link Link
	data []byte
	buf  [1024]byte
}

// more waits until at least one more byte has arrived, or ctx ends.
func (in *input) more(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		wait := pollTime
		if deadline, ok := ctx.Deadline(); ok {
			wait = max(time.Millisecond, min(wait, time.Until(deadline)))
		}
		if err := in.link.SetReadTimeout(wait); err != nil {
			return err
		}
		n, err := in.link.Read(in.buf[:])
		in.data = append(in.data, in.buf[:n]...)
		if err != nil {
			return err
		}
		if n > 0 {
			return nil
		}
	}
}

// byte takes one byte.
func (in *input) byte(ctx context.Context) (byte, error) {
	for len(in.data) == 0 {
		if err := in.more(ctx); err != nil {
			return 0, err
		}
	}
	b := in.data[0]
	in.data = in.data[1:]
	return b, nil
}

// until passes everything before the next delim to sink as it arrives. It takes delim too.
func (in *input) until(ctx context.Context, delim byte, sink func([]byte) error) error {
	for {
		chunk, _, found := bytes.Cut(in.data, []byte{delim})
		if len(chunk) > 0 {
			if err := sink(chunk); err != nil {
				return err
			}
		}
		if found {
			in.data = in.data[len(chunk)+1:]
			return nil
		}
		in.data = in.data[:0]
		if err := in.more(ctx); err != nil {
			return err
		}
	}
}

// settle waits until nothing has arrived for gap, but not longer than limit, and takes the end of what arrived.
func (in *input) settle(ctx context.Context, gap, limit time.Duration) ([]byte, error) {
	end := time.Now().Add(limit)
	for time.Now().Before(end) {
		err := in.moreWithin(ctx, gap)
		if errors.Is(err, errQuiet) {
			break
		}
		if err != nil {
			return in.take(), err
		}
		in.trim()
	}
	return in.take(), nil
}

// errQuiet is returned by moreWithin when nothing arrived in time and ctx has not ended.
var errQuiet = errors.New("nothing arrived")

func (in *input) moreWithin(ctx context.Context, d time.Duration) error {
	short, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	err := in.more(short)
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return errQuiet
	}
	return err
}

// maxUnread is how many bytes of output are kept that nobody has asked for.
const maxUnread = 4096

// trim drops all but the last maxUnread bytes.
func (in *input) trim() {
	if len(in.data) > maxUnread {
		in.data = append(in.data[:0], in.data[len(in.data)-maxUnread:]...)
	}
}

// take takes everything.
func (in *input) take() []byte {
	data := in.data
	in.data = nil
	return data
}
