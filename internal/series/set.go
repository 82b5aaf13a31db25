package series

import (
	"slices"
	"time"

	"mpctl/internal/identity"
)

// Set is the series of many boards. The zero value is an empty set.
type Set struct {
	keys   []string // of the boards, in the order in which they appeared
	boards map[string][]*Series
}

// Get returns the series of a board's sensor, which is a new one if the set has none yet, and gives the series the
// board's present name. It returns nil for a sensor that would be one more than a board can have: a broken or hostile
// board may send ever more names.
func (set *Set) Get(b Board, sensor string) *Series {
	all, known := set.boards[b.Key]
	i := slices.IndexFunc(all, func(s *Series) bool { return s.Sensor == sensor })
	if i >= 0 {
		all[i].Board = b
		return all[i]
	}
	if len(all) >= identity.MaxSensors {
		return nil
	}
	if !known {
		set.keys = append(set.keys, b.Key)
	}
	if set.boards == nil {
		set.boards = map[string][]*Series{}
	}
	s := &Series{Board: b, Sensor: sensor}
	set.boards[b.Key] = append(all, s)
	return s
}

// Of returns the series of a board, in the order in which the sensors appeared.
func (set *Set) Of(key string) []*Series { return slices.Clone(set.boards[key]) }

// All returns the series of all boards, board after board, in the order in which boards and sensors appeared.
func (set *Set) All() []*Series {
	var all []*Series
	for _, key := range set.keys {
		all = append(all, set.boards[key]...)
	}
	return all
}

// Interrupt interrupts all series of a board that has been lost.
func (set *Set) Interrupt(key string, now time.Time) {
	for _, s := range set.boards[key] {
		s.Interrupt(now)
	}
}
