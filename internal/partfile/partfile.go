// Package partfile writes downloads that appear under their name complete, or not at all, and that can be resumed.
//
// The data received so far is in FILE.part. FILE.part.json records where it comes from, and is locked while a process
// downloads FILE. A FILE.part without such a record belongs to some other program. In that case, and where FILE
// cannot be replaced, like a device, nothing is kept of a download that breaks off.
package partfile

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"mpctl/internal/atomicfile"
	"mpctl/internal/filelock"
)

const (
	suffix    = ".part"
	maxRecord = 64 << 10 // bytes
)

// ErrBusy is returned by Open while another process downloads the same file.
var ErrBusy = errors.New("another mpctl is writing it")

// File is a download. It gets its name by Commit; Close it in any case.
type File struct {
	data   *atomicfile.File
	record *os.File // locked; nil when nothing is kept of a download that breaks off
	source Source   // of data
}

// Open starts the download of a file, or resumes one that broke off: see Kept.
func Open(path string) (*File, error) {
	path, replaceable := atomicfile.Resolve(path)
	part := path + suffix
	if !replaceable || isForeign(part) {
		data, err := atomicfile.Create(path)
		return &File{data: data}, err
	}
	record, err := filelock.Open(recordOf(part))
	switch {
	case errors.Is(err, filelock.ErrLocked):
		return nil, ErrBusy
	case err != nil:
		return nil, atomicfile.ErrorFor(path, err)
	}
	// Only with the lock is the record certain: its previous holder may have changed it.
	f := &File{record: record}
	f.source, err = read(record)
	if err == nil {
		f.data, err = atomicfile.Resume(path, part)
	}
	if err != nil {
		record.Close()
		return nil, atomicfile.ErrorFor(path, err)
	}
	return f, nil
}

func recordOf(part string) string { return part + ".json" }

// isForeign reports whether part, or the record beside it, was left by another program than mpctl.
func isForeign(part string) bool {
	hasContent := false
	for _, path := range []string{part, recordOf(part)} {
		info, err := os.Lstat(path)
		if err != nil {
			continue
		}
		if !info.Mode().IsRegular() {
			return true
		}
		hasContent = hasContent || info.Size() > 0
	}
	if !hasContent {
		return false
	}
	record, err := os.Open(recordOf(part))
	if err != nil {
		return true
	}
	defer record.Close()
	s, err := read(record)
	return err != nil || s.URL == ""
}

// read returns the source that a record names, or the zero Source if the record is new or invalid.
func read(record io.Reader) (Source, error) {
	text, err := io.ReadAll(io.LimitReader(record, maxRecord))
	if err != nil {
		return Source{}, err
	}
	return parse(text), nil
}

// Kept returns how many bytes of a source are here from its beginning. Without a way to continue them there are none.
func (f *File) Kept() (s Source, size int64) {
	if f.record == nil || !f.source.IsLasting() {
		return Source{}, 0
	}
	info, err := f.data.Stat()
	if err != nil {
		return Source{}, 0
	}
	return f.source, info.Size()
}

// Begin discards what is here. What is written next is the beginning of s.
func (f *File) Begin(s Source) error {
	if f.record == nil {
		return nil
	}
	// The data goes first: a record must never stand beside the data of another source.
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

// Continue makes what is written next follow what Kept counts.
func (f *File) Continue() error {
	if f.record == nil {
		return errors.New("nothing is kept of this file")
	}
	_, err := f.data.Seek(0, io.SeekEnd)
	return err
}

func (f *File) Write(p []byte) (int, error) { return f.data.Write(p) }

// Commit gives the file its name.
func (f *File) Commit() error { return f.data.Commit() }

// Close ends the download. What has not been committed stays if it can be continued, and is removed otherwise.
func (f *File) Close() error {
	if f.record == nil {
		return f.data.Close()
	}
	if _, kept := f.Kept(); kept > 0 { // none after Commit, which closes the file
		return errors.Join(f.data.Suspend(), f.record.Close())
	}
	err := f.data.Close()
	// The record is removed before its lock is released. Windows cannot remove an open file: there it is tried again.
	removeErr := os.Remove(f.record.Name())
	err = errors.Join(err, f.record.Close())
	if removeErr != nil {
		removeErr = os.Remove(f.record.Name())
	}
	return errors.Join(err, removeErr)
}
