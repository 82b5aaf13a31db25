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
func (a *app) save(fetch fetcher, address string, o getOptions) (err error) {
	if u, err := url.Parse(address); err == nil { // fetch tells what is wrong with others
		address = u.Redacted() // for the record
	}
	f, err := partfile.Open(o.output)
	if err != nil {
		return &saveError{o.output, err}
	}
	defer func() {
		if closing := f.Close(); err == nil && closing != nil {
			err = &saveError{o.output, closing}
		}
	}()
	resp, from, err := fetchRest(fetch, f, address)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := pour(a.stdout, head(resp, o.headers)); err != nil {
		return err
	}
	if err := statusError(resp); err != nil {
		return err
	}
	if err := begin(f, resp, from, address); err != nil {
		return &saveError{o.output, err}
	}
	bar := a.newProgress(filepath.Base(o.output), from, resp.Length)
	err = pour(&savedTo{f, o.output, bar}, resp.Body)
	bar.stop()
	if err != nil {
		if _, kept := f.Kept(); kept > 0 {
			a.note("%s kept in %s.part: the same command goes on from there", size(kept), o.output)
		}
		return err
	}
	if err := f.Commit(); err != nil {
		return &saveError{o.output, err}
	}
	return nil
}

// savedTo is what a download is poured into.
type savedTo struct {
	file *partfile.File
	path string
	bar  *progress
}

func (s *savedTo) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.bar.add(n)
	if err != nil {
		return n, &saveError{s.path, err}
	}
	return n, nil
}
