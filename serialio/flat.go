package serialio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// flatHelpers are [helpers] for MicroPythons without json and binascii, of which the BBC micro:bit's is the one that
// people have: 10 KB of heap; no folders, no rename, no append, no seek; nothing that makes a checksum, so files are
// read back, and the rest is taken on trust. A path's leading slash is no part of a name there. Each file is sent by
// itself.
var flatHelpers = sync.OnceValue(func() []string {
	return scripts("flat/call", "flat/probe", "flat/write", "flat/read", "flat/stage", "flat/place")
})

// isFlat tells whether the exception is that of a board without json or binascii.
func isFlat(err error) bool {
	var exec *ExecError
	return errors.As(err, &exec) && strings.HasPrefix(lastLine(exec.Traceback), "ImportError")
}

// copyOver lets the staged files take their places on a board that cannot rename: each is written over the old one
// from its verified copy, when a third copy has shown that there is room. So only a board that loses its power within
// these milliseconds keeps half a file.
func (u *upload) copyOver(ctx context.Context, files []File) error {
	for _, f := range files {
		if err := u.r.ask(ctx, nil, "_m_place", f.Path); err != nil {
			return fmt.Errorf("putting %s in place: %w", f.Path, u.named(err))
		}
	}
	return nil
}
