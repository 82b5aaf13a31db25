// Package atomicfile writes files that appear under their name complete, or not at all.
package atomicfile

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// File is written under a temporary name, and gets its own by Commit. Close it in any case: Close removes what has
// been neither committed nor suspended.
type File struct {
	*os.File
	path     string // empty when written in place
	finished bool   // committed or suspended
}

// Create starts a file that will replace path. What cannot be replaced, see Resolve, is written in place.
func Create(path string) (*File, error) {
	path, replaceable := Resolve(path)
	if !replaceable {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		return &File{File: f}, err
	}
	return open(path, filepath.Join(filepath.Dir(path), ".mpctl-"+rand.Text()), os.O_EXCL, 0)
}

// Resume starts a file that will replace path and whose beginning may be in temporary, left there by Suspend.
// Temporary has to lie in the folder of path, and path to be replaceable, see Resolve.
func Resume(path, temporary string) (*File, error) {
	return open(path, temporary, 0, 0o200) // writable next time too
}

// Resolve returns the path at the end of the symbolic links of path, and reports whether a file can replace what is
// there: nothing or a regular file, but no device, pipe or folder.
func Resolve(path string) (target string, replaceable bool) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	info, err := os.Stat(path)
	return path, err != nil || info.Mode().IsRegular()
}

// open opens temporary with the mode of the file at path, plus extra.
func open(path, temporary string, flag int, extra fs.FileMode) (*File, error) {
	mode := fs.FileMode(0o666) // less the umask
	if info, err := os.Stat(path); err == nil {
		mode = info.Mode().Perm()
	}
	f, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|flag, mode|extra)
	if err != nil {
		return nil, ErrorFor(path, err)
	}
	return &File{File: f, path: path}, nil
}

// ErrorFor returns err with the path that the user knows in place of a temporary one.
func ErrorFor(path string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return &fs.PathError{Op: p.Op, Path: path, Err: p.Err}
	}
	return err
}

// Commit gives the file its name.
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
	f.finished = true
	return nil
}

// Suspend leaves what has been written under the temporary name, for Resume.
func (f *File) Suspend() error {
	f.finished = true
	return f.File.Close()
}

// Close ends the writing.
func (f *File) Close() error {
	err := f.File.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if f.path != "" && !f.finished {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
