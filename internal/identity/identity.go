// Package identity defines a board's id and name, and how much of what a board says about itself is accepted.
package identity

import "strings"

const (
	MaxID       = 32 // hex digits of an id
	MinIDPrefix = 6  // hex digits of an id that a user has to give to name a board by them
	MaxName     = 24 // characters of a name that a board can be given
	DefaultPort = 80 // of a board's HTTP API
)

// Anybody on the network can claim to be a board, so what a board says about itself is limited.
const (
	MaxText    = 64 // bytes of one text: its name, which need not be one that mpctl gave, its model or a sensor's name
	MaxSensors = 64
)

// IsID reports whether s is an id: the unique number of a board's chip, 1 to 32 hex digits in lower case.
func IsID(s string) bool {
	return s != "" && len(s) <= MaxID && strings.Trim(s, "0123456789abcdef") == ""
}

// IsName reports whether a board can be given the name s: 1 to 24 of a-z, 0-9 and hyphens, not first or last. With
// such a name NAME.local is a valid host name.
func IsName(s string) bool {
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-"
	return s != "" && len(s) <= MaxName && strings.Trim(s, allowed) == "" && s[0] != '-' && s[len(s)-1] != '-'
}

// DefaultName returns the name of a board that has not been given one: "mpy-" and the last 6 digits of its id. With
// .local behind it, the name still fits the 16 characters of a board's display line.
func DefaultName(id string) string {
	if id == "" {
		return "mpy"
	}
	return "mpy-" + id[max(0, len(id)-6):]
}
