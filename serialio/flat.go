package serialio

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// flatHelpers are [helpers] for MicroPythons without json and binascii, like that of the BBC micro:bit. It has 10 KB of
// heap, and a file system without folders, rename, append and seek. Nothing on it computes a checksum, so files are
// read back to verify them, and calls are not verified. A file's name has no leading slash there. Each script is sent
// by itself.
var flatHelpers = sync.OnceValue(func() []string {
	return scripts("flat/call", "flat/probe", "flat/write", "flat/read", "flat/stage", "flat/place")
})

// isFlat reports whether err is the exception of a board without json or binascii.
func isFlat(err error) bool {
	var exec *ExecError
	return errors.As(err, &exec) && strings.HasPrefix(lastLine(exec.Traceback), "ImportError")
}

// copyOver puts the staged files in place on a board that cannot rename. Each old file is overwritten from the verified
// copy, after a third copy has shown that there is room. Only a power failure within these milliseconds leaves half a
// file.
func (u *upload) copyOver(ctx context.Context, files []File) error {
	for _, f := range files {
		if err := u.r.ask(ctx, nil, "_m_place", f.Path); err != nil {
			return fmt.Errorf("putting %s in place: %w", f.Path, u.named(err))
		}
	}
	return nil
}
