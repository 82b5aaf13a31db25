package discover

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

const (
	verifyTimeout = time.Second // for one board at one address
	maxVerifying  = 64          // boards asked at the same time
)

// search runs sources and asks the boards that they find who they are. Everything it hears becomes a function in its
// inbox, and the goroutine of Scan or Watch calls these one after another, so nothing here needs a lock.
type search struct {
	ctx     context.Context
	o       Options
	inbox   chan func()
	running sync.WaitGroup

	table     table
	queue     []*entry     // to be verified
	verifying int          // how many boards are being asked
	onChange  func(*entry) // called when something may have changed about a board
	onSilence func(*entry) // called when a board has not answered
}

// post has f called on the search's own goroutine, unless the search is over.
func (s *search) post(f func()) {
	select {
	case s.inbox <- f:
	case <-s.ctx.Done():
	}
}

// start runs a source. onEnd is called with its error unless the search is over.
func (s *search) start(ctx context.Context, src source, onEnd func(error)) {
	s.running.Go(func() {
		err := src.find(ctx, func(seen sighting) {
			s.post(func() {
				if ctx.Err() != nil {
					return
				}
				if e := s.table.addSighting(src.String(), src.rank(), seen, time.Now()); e != nil {
					s.onChange(e)
				}
			})
		})
		s.post(func() { onEnd(err) })
	})
}

// enqueue has a board verified as soon as fewer than 64 others are.
func (s *search) enqueue(e *entry) {
	if s.o.Verify == nil || e.verifying || len(e.addrPorts()) == 0 {
		return
	}
	e.verifying = true
	s.queue = append(s.queue, e)
	s.verifyQueued()
}

func (s *search) verifyQueued() {
	for s.verifying < maxVerifying && len(s.queue) > 0 {
		e := s.queue[0]
		s.queue = s.queue[1:]
		s.verifying++
		b, addrs := e.board(), e.addrPorts()
		e.askedAt, e.asked = time.Now(), len(addrs)
		s.running.Go(func() {
			answer, addr, err := s.verify(b, addrs)
			s.post(func() {
				s.verifying--
				e.verifying = false
				s.handleAnswer(e, addr, answer, err)
				s.verifyQueued()
			})
		})
	}
}

func (s *search) handleAnswer(e *entry, addr netip.AddrPort, answer Board, err error) {
	if err == nil && e.askedAt.Before(e.goodbyeAt) {
		return // The answer is older than the board's goodbye.
	}
	if err == nil {
		asked := e
		if e.removed {
			asked = nil
		}
		if b := s.table.addAnswer(asked, addr, answer, time.Now()); b != nil && b != e {
			s.onChange(b)
		}
	} else {
		s.table.addFailure(e, err, time.Now())
		s.onSilence(e)
	}
	if len(e.claims) > 0 {
		s.onChange(e)
	}
}

// verify asks at one address after another until a host answers that can be the board. It returns the last answer, and
// the address that it came from.
func (s *search) verify(b Board, addrs []netip.AddrPort) (answer Board, addr netip.AddrPort, err error) {
	for _, addr = range addrs {
		ctx, cancel := context.WithTimeout(s.ctx, verifyTimeout)
		b.Addr, b.Port, b.Err = addr.Addr(), addr.Port(), nil
		answer, err = s.o.Verify(ctx, b)
		cancel()
		if err == nil && (b.ID == "" || answer.ID == "" || answer.ID == b.ID) {
			break
		}
	}
	return answer, addr, err
}

// verifyKnown asks the boards of Options.Known who they are. They are not listed before they answer.
func (s *search) verifyKnown() {
	if s.o.Verify == nil {
		return
	}
	slots := make(chan struct{}, maxVerifying)
	for _, b := range s.o.Known {
		if !b.Addr.IsValid() || b.Port == 0 {
			continue
		}
		s.running.Go(func() {
			select {
			case slots <- struct{}{}:
			case <-s.ctx.Done():
				return
			}
			defer func() { <-slots }()
			answer, addr, err := s.verify(b, []netip.AddrPort{b.addrPort()})
			if err != nil {
				return
			}
			s.post(func() {
				if e := s.table.addAnswer(nil, addr, answer, time.Now()); e != nil {
					s.onChange(e)
				}
			})
		})
	}
}
