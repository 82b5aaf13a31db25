// Package series keeps what sensors have sent: a summary and samples over time for each sensor of each board. The
// memory of a series is bounded, however many readings it is given. No type here is safe for concurrent use.
package series

import (
	"time"

	"mpctl/httpclient"
)

// Board says whose readings a series holds.
type Board struct {
	Key  string // tells the boards of a Set apart: the id, or the address of a board whose id is not known
	ID   string // empty: not known
	Name string
}

// Series is the readings of one sensor of one board.
type Series struct {
	Board  Board
	Sensor string

	// As the last reading says:
	Unit               string
	RangeMin, RangeMax *float64 // the ends of the sensor's range; nil: not known
	Last               *float64 // nil: the sensor failed
	Error              string   // why it failed

	// Since the first reading:
	Seen            int // readings, failed ones included
	N               int // values
	Low, High, Mean float64
	samples         []Sample
}

// Add adds a reading.
func (s *Series) Add(at time.Time, r httpclient.Reading) {
	s.Seen++
	s.Unit, s.RangeMin, s.RangeMax, s.Last, s.Error = r.Unit, r.Min, r.Max, r.Value, r.Error
	if r.Value == nil {
		s.Interrupt(at)
		return
	}
	v := *r.Value
	if s.N == 0 {
		s.Low, s.High = v, v
	}
	m := mean{s.Mean, s.N}
	m.add(v, 1)
	s.Mean, s.N = m.value, m.n
	s.Low, s.High = min(s.Low, v), max(s.High, v)
	s.sample(Sample{at, v, 1})
}
