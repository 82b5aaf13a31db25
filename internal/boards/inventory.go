package boards

import (
	"cmp"
	"slices"
	"strings"

	"mpctl/serialio"
)

// inventory is the boards on the network and the cables on this computer, to be joined into one list.
type inventory struct {
	boards []Board
	cables []cable
}

// find returns the index of what was known of b among the boards on the network, or -1. Name and address identify a board
// only while its id is not known, because another board can take over either.
func (v *inventory) find(b Board) int {
	unknown := func(have Board) bool { return have.ID == "" || b.ID == "" }
	for _, matches := range []func(Board) bool{
		func(have Board) bool { return have.Key() == b.Key() },
		func(have Board) bool { return unknown(have) && have.Name == b.Name && have.Addr == b.Addr },
		func(have Board) bool { return unknown(have) && (have.Name == b.Name || have.Addr == b.Addr) },
	} {
		if i := slices.IndexFunc(v.boards, matches); i >= 0 {
			return i
		}
	}
	return -1
}

// put adds b, or replaces what was known of it.
func (v *inventory) put(b Board) {
	if i := v.find(b); i >= 0 {
		v.boards[i] = b
	} else {
		v.boards = append(v.boards, b)
	}
}

// cableTo returns the port of the board with the id, or nil.
func (v *inventory) cableTo(id string) *serialio.Port {
	i := slices.IndexFunc(v.cables, func(c cable) bool { return id != "" && c.id == id })
	if i < 0 {
		return nil
	}
	port := v.cables[i].port
	return &port
}

// loneCables returns the cables whose board is not on the network, each as a Board.
func (v *inventory) loneCables() []Board {
	var lone []Board
	for _, c := range v.cables {
		port := c.port
		onNetwork := slices.ContainsFunc(v.boards, func(b Board) bool { return b.ID != "" && b.ID == c.id })
		if onNetwork && *v.cableTo(c.id) == port {
			continue
		}
		b := Board{Cable: &port}
		if c.name != "" { // an id without a name is any device's serial number
			b.ID, b.Name = c.id, c.name
		}
		lone = append(lone, b)
	}
	return lone
}

// list returns the boards on the network, sorted by name, and then the cables alone.
func (v *inventory) list() []Board {
	boards := slices.Clone(v.boards)
	slices.SortStableFunc(boards, func(a, b Board) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
	})
	for i := range boards {
		boards[i].Cable = v.cableTo(boards[i].ID)
	}
	return append(boards, v.loneCables()...)
}
