package boards

import (
	"fmt"
	"strings"

	"mpctl/internal/identity"
)

// RefError is a text that cannot name a board. ParseRef returns it, and Find and Each hand it on.
type RefError struct{ Text string }

func (e *RefError) Error() string { return fmt.Sprintf("%q names no board", e.Text) }

// Hint says what the user can do.
func (e *RefError) Hint() string {
	return fmt.Sprintf("a board is a name like desk, desk.local, an address like 192.168.1.7:80, or %d or more digits of its id", identity.MinIDPrefix)
}

// NotFoundError is a board that was named and not found, or found and not reached.
type NotFoundError struct {
	Ref   string   // as the user named the board
	Found []string // names of the boards that were found instead
	Err   error    // why the board does not count as found although it was seen, or nil

	hint string // for a search that found nothing at all
}

func (e *NotFoundError) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("no board %q: %v", e.Ref, e.Err)
	}
	return fmt.Sprintf("no board %q", e.Ref)
}
func (e *NotFoundError) Unwrap() error { return e.Err }

// Hint says what the user can do.
func (e *NotFoundError) Hint() string {
	if len(e.Found) == 0 {
		return e.hint
	}
	return "found: " + strings.Join(e.Found, ", ")
}

// AmbiguousError is the beginning of an id that several boards share.
type AmbiguousError struct {
	Ref   string
	Found []string // names of these boards
}

func (e *AmbiguousError) Error() string { return fmt.Sprintf("%q fits %d boards", e.Ref, len(e.Found)) }

// Hint says what the user can do.
func (e *AmbiguousError) Hint() string { return "name one: " + strings.Join(e.Found, ", ") }

// NothingFoundError is a search that ended without a result. Its users make it; Scan and Each do not return it.
type NothingFoundError struct {
	What   string // "board"
	Advice string // often of EmptyHint
}

func (e *NothingFoundError) Error() string { return "no " + e.What + " found" }

// Hint says what the user can do.
func (e *NothingFoundError) Hint() string { return e.Advice }
