// Package discover finds mpctl boards on the networks of this computer.
//
// Several sources search at the same time. On every usable interface these are mDNS (RFC 6762) from a port of its own
// and on port 5353, and the boards' beacon; a Scan also uses hashicorp/mdns. Their sightings become one list with one
// entry per board, and each board is asked who it is if Options.Verify says how. A source that fails causes a Warning
// while the others go on.
//
// Anybody on the network can announce a board, so ask the board itself before relying on an announcement, and make the
// strings of a Board harmless before printing them.
package discover

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// Service is the DNS-SD service type of a board, fully qualified (RFC 6763 §4.1).
const Service = "_mpctl._tcp.local."

// Board is what is known about a board: what sources say, corrected by what the board says about itself.
type Board struct {
	Name     string     // instance name: desk
	Host     string     // host name without the final dot: desk.local
	ID       string     // lower hex; empty if not known
	Addr     netip.Addr // IPv4 if the board has an IPv4 address
	Port     uint16     // of its HTTP API
	Model    string     // TXT board=: mpython, esp32, …
	Firmware string     // TXT fw=
	Sensors  []string   // names; TXT sensors=

	// Verified reports that the board answered when Options.Verify asked it last. Err is why it did not answer, although
	// a source has seen it. A board that has not been asked has neither.
	Verified bool
	Err      error

	// Answer is whatever Options.Verify put here when the board answered last, carried for the caller: this package never
	// looks at it. It stays when the board falls silent, and is nil if the board has never answered. A board of which
	// only the Answer is new is not reported again.
	Answer any
}

func (b *Board) addrPort() netip.AddrPort { return netip.AddrPortFrom(b.Addr, b.Port) }

// Options are where to search and what to do with the boards found. The zero value searches every usable interface
// and asks no board.
type Options struct {
	Interfaces []string           // names; empty: every usable interface, and loopback
	Timeout    time.Duration      // of Scan; 0: 3 s
	Done       func([]Board) bool // Scan: called with all boards when one is new; true ends the search
	Found      func(Board)        // Scan: called when a board is new or more is known about it, never concurrently
	Warn       func(Warning)      // Watch: called once for each source that cannot search, never concurrently with events
	Known      []Board            // boards of an earlier search, which are also tried where they were then

	// Verify asks the board at b.Addr and b.Port who it is. It returns b with what the board said in place of what was
	// announced, and with whatever else it found out in Board.Answer, or the reason why there is no answer. If the
	// board found has another ID than b, it is listed as a board of its own. Verify is called for up to 64 boards at the
	// same time, each time with a context of 1 s. If Verify is nil, announcements are believed.
	Verify func(ctx context.Context, b Board) (Board, error)
}

// Warning reports that a source could not search.
type Warning struct {
	Source string
	Err    error
}

func (w Warning) Error() string { return fmt.Sprintf("%s: %v", w.Source, w.Err) }
func (w Warning) Unwrap() error { return w.Err }
