// Package atomicfile writes files that are there whole or not at all.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file in the making. Close it; only Commit before that leaves it under its name.
type File struct {
	*os.File
	path      string // empty when written in place
	committed bool
}

// Create starts a file that will replace path. What is there and is no regular file, like a device or a pipe,
// is written to in place: it cannot be replaced by one.
func Create(path string) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0o666) // less the umask
	if info, err := os.Stat(path); err == nil {
		if !info.Mode().IsRegular() {
			f, err := os.OpenFile(path, os.O_WRONLY, 0)
			return &File{File: f}, err
		}
		mode = info.Mode().Perm()
	}
	temporary := filepath.Join(filepath.Dir(path), ".mpctl-"+rand.Text())
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			p.Path = path // the name the user knows
		}
		return nil, err
	}
	return &File{File: f, path: path}, nil
}

// Commit puts the file under its name. Close it all the same.
func (f *File) Commit() error {
	if f.path == "" {
		return nil
	}
	if err := f.File.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), f.path); err != nil {
		return err
	}
	f.committed = true
	return nil
}

// Close ends the writing, and removes what was not committed.
func (f *File) Close() error {
	err := f.File.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if f.path != "" && !f.committed {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
