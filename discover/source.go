package discover

import (
	"context"
	"time"
)

// source is one way of finding boards.
type source interface {
	String() string

	// find reports boards, perhaps the same board more than once, until ctx ends or nothing more can be found.
	find(ctx context.Context, report func(sighting)) error

	// rank decides which source is believed where two say different things about a board.
	rank() rank

	// reconfirm asks the network whether a board is still there (RFC 6762 §10.4). What the source remembers about the
	// board holds only a few seconds more unless an answer comes. A source that remembers nothing does nothing.
	reconfirm(Board)
}

// rank orders sources: of two that differ, the one with the lower rank is believed.
type rank int

const (
	rankMDNS rank = iota
	rankBeacon
	rankSweep
	rankSelfReported // the board's answer to Verify; for all but name and host the answer counts first: entry.board
)

// sighting is what a source says about a board. Sightings with the same ID, or else with the same name and address,
// make one Board.
type sighting struct {
	Board
	ttl  time.Duration // how long this holds unless said again; 0: not known
	gone bool          // the board has said goodbye
}
