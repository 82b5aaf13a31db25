package main

import (
	"cmp"
	"net/netip"
	"slices"
	"sync"

	"mpctl/discover"
	"mpctl/internal/remembered"
	"mpctl/serialio"
)

// roster is what ls has seen up to now.
type roster struct {
	mu      sync.Mutex
	boards  []discover.Board
	ports   []serialio.Port
	memory  []remembered.Board
	waiting bool          // for boards, before it says of a port that none of them is there
	changed chan struct{} // holds one while there are changes that nobody has looked at
}

func newRoster(memory []remembered.Board) *roster {
	return &roster{memory: memory, changed: make(chan struct{}, 1)}
}

// see takes in a board, in the place of what was known of it.
func (r *roster) see(b discover.Board) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(b); i >= 0 {
		r.boards[i] = b
	} else {
		r.boards = append(r.boards, b)
	}
	r.note()
}

// lose takes a board out.
func (r *roster) lose(b discover.Board) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := r.find(b); i >= 0 {
		r.boards = slices.Delete(r.boards, i, i+1)
	}
	r.note()
}

// reset makes these all the boards that there are.
func (r *roster) reset(boards []discover.Board) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.boards = slices.Clone(boards)
	r.note()
}

// plug makes these all the ports that there are.
func (r *roster) plug(ports []serialio.Port) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ports = ports
	r.note()
}

// wait has rows leave out the ports at which no board is known to be, until it ends.
func (r *roster) wait(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting = on
	r.note()
}

// refresh takes in what a board that is listed has answered just now. It is no change, and shown with the next.
func (r *roster) refresh(id string, answer lsAnswer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.boards {
		if b := &r.boards[i]; b.Verified && b.ID == id {
			b.Answer = answer
		}
	}
}

func (r *roster) find(b discover.Board) int {
	where := func(b discover.Board) netip.AddrPort { return netip.AddrPortFrom(b.Addr, b.Port) }
	return slices.IndexFunc(r.boards, func(have discover.Board) bool {
		if have.ID != "" && b.ID != "" {
			return have.ID == b.ID
		}
		return have.Name == b.Name && where(have) == where(b)
	})
}

func (r *roster) note() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}

// rows returns the boards by name, then the ports at which no board of these is.
func (r *roster) rows() []lsRow {
	r.mu.Lock()
	defer r.mu.Unlock()
	slices.SortStableFunc(r.boards, func(a, b discover.Board) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	var rows []lsRow
	for _, b := range r.boards {
		rows = append(rows, networkRow(b))
	}
	boards := len(rows)
	rows = addPorts(rows, r.ports, r.memory)
	if r.waiting {
		return rows[:boards]
	}
	return rows
}
