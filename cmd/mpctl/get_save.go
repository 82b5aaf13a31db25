package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"
	"syscall"

	"mpctl/httpclient"
	"mpctl/internal/console"
	"mpctl/internal/number"
	"mpctl/internal/partfile"
)

// saveError is a file that cannot be written.
type saveError struct {
	path string
	err  error
}

func (e *saveError) Error() string {
	err := e.err
	var p *fs.PathError // names the path again, or that of the part
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Sprintf("writing %s: %v", e.path, err)
}
func (e *saveError) Unwrap() error { return e.err }

func (e *saveError) Hint() string {
	folder := filepath.Dir(e.path)
	switch {
	case errors.Is(e.err, syscall.ENOSPC), errors.Is(e.err, syscall.EDQUOT):
		return "the disk is full: make room, and run the same command again"
	case errors.Is(e.err, fs.ErrNotExist):
		return "there is no folder " + folder
	case errors.Is(e.err, fs.ErrPermission), errors.Is(e.err, syscall.EROFS):
		return "may you write into the folder " + folder + "?"
	case errors.Is(e.err, syscall.EISDIR):
		return "it is a folder: name a file in it"
	}
	return ""
}

// fetcher fetches the page, with further header fields.
type fetcher func(http.Header) (*httpclient.Response, error)

// save downloads a page into a file. An error page is not what the file is for.
func (c getCommand) save(fetch fetcher, address string) (err error) {
	if u, err := url.Parse(address); err == nil { // fetch tells what is wrong with others
		address = u.Redacted() // for the record
	}
	f, err := partfile.Open(c.o.output)
	if err != nil {
		return &saveError{c.o.output, err}
	}
	defer func() {
		if closing := f.Close(); err == nil && closing != nil {
			err = &saveError{c.o.output, closing}
		}
	}()
	resp, from, err := fetchRest(fetch, f, address)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := c.printText(head(resp, c.o.headers)); err != nil {
		return err
	}
	if err := statusError(resp); err != nil {
		return err
	}
	if err := begin(f, resp, from, address); err != nil {
		return &saveError{c.o.output, err}
	}
	err = c.download(f, resp, from, c.o.output)
	if err != nil {
		if _, kept := f.Kept(); kept > 0 {
			c.Note("%s kept in %s.part: the same command goes on from there", number.Bytes(kept), c.o.output)
		}
		return err
	}
	if err := f.Commit(); err != nil {
		return &saveError{c.o.output, err}
	}
	return nil
}

// download writes a body into a file, and shows how far it is. The first from bytes are there already.
func (c getCommand) download(f *partfile.File, resp *httpclient.Response, from int64, path string) error {
	size := int64(-1)
	if resp.Length >= 0 {
		size = from + resp.Length
	}
	progress := c.Progress()
	defer progress.Close()
	s := &savedTo{file: f, path: path, task: progress.Task(filepath.Base(path)), have: from, size: size}
	s.task.Measure(from, size)
	defer s.task.End(true)
	return copyStream(s, resp.Body)
}

// savedTo is what a download is copied to.
type savedTo struct {
	file       *partfile.File
	path       string
	task       *console.Task
	have, size int64 // bytes; size is -1 if it is not known
}

func (s *savedTo) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.have += int64(n)
	s.task.Measure(s.have, s.size)
	if err != nil {
		return n, &saveError{s.path, err}
	}
	return n, nil
}
