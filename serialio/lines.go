package serialio

import (
	"bytes"
	"context"
	"strings"
)

// maxLine is how many bytes a line has before it is cut.
const maxLine = 4096

// lineSplitter cuts a stream into lines.
type lineSplitter struct{ rest []byte }

func (s *lineSplitter) write(chunk []byte, line func(string)) {
	s.rest = append(s.rest, chunk...)
	for {
		end := bytes.IndexByte(s.rest, '\n')
		next := end + 1
		if end < 0 || end > maxLine {
			if len(s.rest) < maxLine {
				return
			}
			end, next = maxLine, maxLine
		}
		line(strings.TrimRight(string(s.rest[:end]), "\r"))
		s.rest = s.rest[next:]
	}
}

func (s *lineSplitter) flush(line func(string)) {
	if len(s.rest) > 0 {
		line(strings.TrimRight(string(s.rest), "\r"))
		s.rest = nil
	}
}

// Lines passes each line to line that the board prints on its own, for example while it boots. It returns nil when ctx
// ends, and the port's error when that fails.
func (r *REPL) Lines(ctx context.Context, line func(string)) error { return r.in.lines(ctx, line) }

// Lines is [REPL.Lines] for a port on which no REPL has been entered.
func Lines(ctx context.Context, link Link, line func(string)) error {
	return (&input{link: link}).lines(ctx, line)
}

func (in *input) lines(ctx context.Context, line func(string)) error {
	var lines lineSplitter
	defer lines.flush(line)
	for {
		lines.write(in.take(), line)
		if err := in.more(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
	}
}
