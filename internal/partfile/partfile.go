// Package partfile writes downloads that are there whole or not at all, and that go on where they were broken off.
//
// What has come is in FILE.part; FILE.part.json says of what it is a part, and is locked by whoever is writing. Only
// a whole file bears the name FILE. A FILE.part without such a record is somebody else's: then, or when FILE is
// something that cannot be replaced, like a device, nothing is kept of a download that breaks off.
package partfile

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"mpctl/internal/atomicfile"
)

const (
	suffix    = ".part"
	maxRecord = 64 << 10 // bytes
)

// ErrBusy is a download of the same file that is under way.
var ErrBusy = errors.New("another mpctl is writing it")

// File is a download in the making. Close it; only Commit before that leaves it under its name.
type File struct {
	path      string // empty when nothing is kept: plain has it then
	data      *os.File
	record    *os.File
	source    Source // of what data is a part
	committed bool
	plain     *atomicfile.File
}

// Open starts the download of a file, or takes up one that was broken off: Kept tells.
func Open(path string) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	mode := fs.FileMode(0o666) // less the umask
	info, err := os.Stat(path)
	if err == nil {
		mode = info.Mode().Perm()
	}
	if err == nil && !info.Mode().IsRegular() || isForeign(path+suffix) {
		plain, err := atomicfile.Create(path)
		return &File{plain: plain}, err
	}
	f := &File{path: path}
	if f.record, err = openLocked(recordOf(path)); err != nil {
		return nil, named(err, path)
	}
	// Whoever held the lock until now may have left something else.
	f.source, err = read(f.record)
	if err == nil {
		f.data, err = os.OpenFile(path+suffix, os.O_RDWR|os.O_CREATE, mode|0o200)
	}
	if err != nil {
		f.record.Close()
		return nil, named(err, path)
	}
	return f, nil
}

func recordOf(path string) string { return path + suffix + ".json" }

// isForeign tells whether what is at part, or beside it, was not left by Open.
func isForeign(part string) bool {
	var something bool
	for _, path := range []string{part, part + ".json"} {
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		if !info.Mode().IsRegular() {
			return true
		}
		something = something || info.Size() > 0
	}
	if !something {
		return false
	}
	record, err := os.Open(part + ".json")
	if err != nil {
		return true
	}
	defer record.Close()
	s, err := read(record)
	return err != nil || s.URL == ""
}

// openLocked opens the record and locks it.
func openLocked(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // a URL may be a secret
		if err != nil {
			return nil, err
		}
		if err := lock(f); err != nil {
			f.Close()
			return nil, err
		}
		// Whoever had the lock may have finished and removed the file.
		ours, err := f.Stat()
		there, thereErr := os.Stat(path)
		if err == nil && thereErr == nil && os.SameFile(ours, there) {
			return f, nil
		}
		f.Close()
	}
}

// read returns what a record says; nothing if it is new, or of no use.
func read(record io.Reader) (Source, error) {
	text, err := io.ReadAll(io.LimitReader(record, maxRecord))
	if err != nil {
		return Source{}, err
	}
	return parse(text), nil
}

// Kept returns of what something is here, and how many bytes from its beginning.
func (f *File) Kept() (Source, int64) {
	if f.plain != nil || !f.source.Lasting() {
		return Source{}, 0
	}
	info, err := f.data.Stat()
	if err != nil {
		return Source{}, 0
	}
	return f.source, info.Size()
}

// Begin throws away what is here: what is written next is the beginning of s.
func (f *File) Begin(s Source) error {
	if f.plain != nil {
		return nil
	}
	// In this order: a record must never stand beside the data of another.
	if err := f.data.Truncate(0); err != nil {
		return err
	}
	if _, err := f.data.Seek(0, io.SeekStart); err != nil {
		return err
	}
	text, err := json.Marshal(record{Program: marker, Source: s})
	if err != nil {
		return err
	}
	if err := f.record.Truncate(0); err != nil {
		return err
	}
	if _, err := f.record.WriteAt(text, 0); err != nil {
		return err
	}
	f.source = s
	return nil
}

// Continue lets what is written next follow what is here.
func (f *File) Continue() error {
	if f.plain != nil {
		return errors.New("nothing is kept of this file")
	}
	_, err := f.data.Seek(0, io.SeekEnd)
	return err
}

// Write writes what comes next.
func (f *File) Write(p []byte) (int, error) {
	if f.plain != nil {
		return f.plain.Write(p)
	}
	return f.data.Write(p)
}

// Commit puts the file under its name. Close it all the same.
func (f *File) Commit() error {
	if f.plain != nil {
		return f.plain.Commit()
	}
	if err := f.data.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.data.Name(), f.path); err != nil {
		return err
	}
	f.committed = true
	return nil
}

// Close ends the writing. What was not committed stays if it can be continued, and else is removed.
func (f *File) Close() error {
	if f.plain != nil {
		return f.plain.Close()
	}
	_, kept := f.Kept()
	err := f.data.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if !f.committed && kept == 0 {
		err = errors.Join(err, os.Remove(f.data.Name()))
	}
	if !f.committed && kept > 0 {
		return errors.Join(err, f.record.Close())
	}
	removed := os.Remove(f.record.Name()) // before the lock goes with it, but Windows removes no open file
	err = errors.Join(err, f.record.Close())
	if removed != nil {
		removed = os.Remove(f.record.Name())
	}
	return errors.Join(err, removed)
}

// named gives a failure of the file system the name the user knows.
func named(err error, path string) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return &fs.PathError{Op: p.Op, Path: path, Err: p.Err}
	}
	return err
}
