package main

import (
	"fmt"
	"strings"
)

// notFoundError is a board that was named and is not there.
type notFoundError struct {
	ref  string
	have []string // names of those that are
	err  error    // why the board does not count as found, if it was seen
	hint string
}

func (e *notFoundError) Error() string {
	if e.err != nil {
		return fmt.Sprintf("no board %q: %v", e.ref, e.err)
	}
	return fmt.Sprintf("no board %q", e.ref)
}
func (e *notFoundError) Unwrap() error { return e.err }

func (e *notFoundError) Hint() string {
	if len(e.have) == 0 {
		return e.hint
	}
	return "found: " + strings.Join(e.have, ", ")
}

// ambiguousError is a beginning of an id that several boards share.
type ambiguousError struct {
	ref  string
	have []string
}

func (e *ambiguousError) Error() string { return fmt.Sprintf("%q fits %d boards", e.ref, len(e.have)) }
func (e *ambiguousError) Hint() string  { return "name one: " + strings.Join(e.have, ", ") }

// nothingFoundError is a search that ended with nothing.
type nothingFoundError struct{ what, hint string }

func (e *nothingFoundError) Error() string { return "no " + e.what + " found" }
func (e *nothingFoundError) Hint() string  { return e.hint }
