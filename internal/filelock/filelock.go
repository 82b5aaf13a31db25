// Package filelock opens files that only one process at a time may use.
package filelock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// retryInterval is how long Wait pauses between two attempts.
const retryInterval = 5 * time.Millisecond

// ErrLocked is returned by Open when another process, or another part of this one, has the file locked.
var ErrLocked = errors.New("file is locked")

// Open opens a file for reading and writing, creates it if necessary, for this user alone, and locks it. Closing the
// file releases the lock. The file can be removed while it is locked.
func Open(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			f.Close()
			if errors.Is(err, ErrLocked) {
				return nil, err
			}
			return nil, &fs.PathError{Op: "lock", Path: path, Err: err}
		}
		// The previous holder may have removed the file. A lock on a removed file keeps nobody out.
		locked, lockedErr := f.Stat()
		named, namedErr := os.Stat(path)
		if lockedErr == nil && namedErr == nil && os.SameFile(locked, named) {
			return f, nil
		}
		f.Close()
	}
}

// Wait is like Open, but waits for a lock that is held elsewhere, and returns the cause of ctx's end if ctx ends
// first.
func Wait(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := Open(path)
		if !errors.Is(err, ErrLocked) {
			return f, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the lock %s: %w", path, context.Cause(ctx))
		case <-time.After(retryInterval):
		}
	}
}
