package discover

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	verifyLimit = time.Second
	atOnce      = 64 // boards asked at the same time
)

// Of sources that tell different things the one of lower rank is believed.
const (
	rankMDNS = iota
	rankOther
	rankBeacon
	rankSweep
	rankOwnWord
)

const ownWord = "own word"

func rankOf(s Source) int {
	switch s.(type) {
	case *asker:
		return rankMDNS
	case beacon:
		return rankBeacon
	case sweep:
		return rankSweep
	}
	return rankOther
}

// search runs sources and asks the boards that they find who they are. Whatever it hears becomes a function in its
// inbox, and whoever owns the search calls them one after another: nothing here is locked.
type search struct {
	ctx     context.Context
	o       Options
	inbox   chan func()
	running sync.WaitGroup

	table  table
	queue  []*entry     // to be asked
	asking int          // how many are being asked
	news   func(*entry) // something may have changed about it
	silent func(*entry) // it has not answered
}

// do hands a function to the owner.
func (s *search) do(f func()) {
	select {
	case s.inbox <- f:
	case <-s.ctx.Done():
	}
}

// start runs a source. ended is called with its error unless the search is over.
func (s *search) start(ctx context.Context, source Source, ended func(error)) {
	name, rank := source.String(), rankOf(source)
	s.running.Go(func() {
		err := source.Find(ctx, func(b Sighting) {
			s.do(func() {
				if ctx.Err() != nil {
					return
				}
				if e := s.table.sight(name, rank, b, time.Now()); e != nil {
					s.news(e)
				}
			})
		})
		s.do(func() { ended(err) })
	})
}

// ask puts an entry into the queue to be asked who it is.
func (s *search) ask(e *entry) {
	if s.o.Verify == nil || e.asking || len(e.places()) == 0 {
		return
	}
	e.asking = true
	s.queue = append(s.queue, e)
	s.askNext()
}

func (s *search) askNext() {
	for s.asking < atOnce && len(s.queue) > 0 {
		e := s.queue[0]
		s.queue = s.queue[1:]
		s.asking++
		board, places := e.board(), e.places()
		e.asked, e.tried = time.Now(), len(places)
		s.running.Go(func() {
			answer, place, err := s.verify(board, places)
			s.do(func() {
				s.asking--
				e.asking = false
				s.told(e, place, answer, err)
				s.askNext()
			})
		})
	}
}

// told takes in what has come of asking an entry.
func (s *search) told(e *entry, place netip.AddrPort, answer Board, err error) {
	if err == nil && e.asked.Before(e.bye) {
		return // it has said goodbye since
	}
	if err == nil {
		asked := e
		if e.removed {
			asked = nil // it was given up
		}
		if b := s.table.answered(asked, place, answer, time.Now()); b != nil && b != e {
			s.news(b)
		}
	} else {
		s.table.failed(e, err, time.Now())
		s.silent(e)
	}
	if len(e.claims) > 0 {
		s.news(e)
	}
}

// verify asks at one place after another until somebody answers who may be the board.
func (s *search) verify(b Board, places []netip.AddrPort) (answer Board, place netip.AddrPort, err error) {
	for _, place = range places {
		ctx, cancel := context.WithTimeout(s.ctx, verifyLimit)
		b.Addr, b.Port, b.Err = place.Addr(), place.Port(), nil
		answer, err = s.o.Verify(ctx, b)
		cancel()
		if err == nil && (b.ID == "" || answer.ID == "" || answer.ID == b.ID) {
			break
		}
	}
	return answer, place, err
}

// try asks boards of an earlier time who they are. They are nothing until they answer.
func (s *search) try(boards []Board) {
	if s.o.Verify == nil {
		return
	}
	free := make(chan struct{}, atOnce)
	for _, b := range boards {
		if !b.Addr.IsValid() || b.Port == 0 {
			continue
		}
		s.running.Go(func() {
			select {
			case free <- struct{}{}:
			case <-s.ctx.Done():
				return
			}
			defer func() { <-free }()
			answer, place, err := s.verify(b, []netip.AddrPort{b.place()})
			if err != nil {
				return
			}
			s.do(func() {
				if e := s.table.answered(nil, place, answer, time.Now()); e != nil {
					s.news(e)
				}
			})
		})
	}
}
