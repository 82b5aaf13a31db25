// Package discover finds mpctl boards on the networks this computer is in.
//
// Several sources look at the same time. On every usable interface these are mDNS (RFC 6762) from a port of its own and
// on port 5353, the boards' beacon, and hashicorp/mdns. What they see becomes one list, one entry a board, and each
// board is asked who it is if the caller says how. A source that fails is a warning: the others go on.
//
// What is found is what somebody on the network said. Ask the board itself (httpclient.Board) before relying
// on it, and make its strings harmless before printing them.
package discover

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

// Service is the DNS-SD service type of a board, fully qualified (RFC 6763 §4.1).
const Service = "_mpctl._tcp.local."

const (
	defaultTimeout = 3 * time.Second
	// A search is over when nothing new came for this long. RFC 6762 §6 lets a responder wait 120 ms; a board
	// whose radio sleeps between beacons hears a question up to 300 ms late. The more boards there are, the more
	// likely it is that every answer of one of them was lost.
	quietAfter    = 400 * time.Millisecond
	quietPerBoard = 8 * time.Millisecond
	quietLongest  = 1200 * time.Millisecond
	leastTime     = 300 * time.Millisecond // all have been asked three times by then
)

// Board is a board as it announces itself.
type Board struct {
	Name     string     // instance name: desk
	Host     string     // host name without the final dot: desk.local
	ID       string     // lower hex; empty if the board does not say
	Addr     netip.Addr // IPv4 where it has one
	Port     uint16     // of its HTTP API
	Model    string     // TXT board=: mpython, esp32, …
	Firmware string     // TXT fw=
	Sensors  []string   // TXT sensors=

	// What became of Options.Verify: neither, unless the board has been asked.
	Verified bool  // it has answered
	Err      error // why it does not answer, although something says that it is there
	Info     any   // what Verify has put here; for the caller alone, a change of it is no event
}

// Options say where to look and for how long.
type Options struct {
	Interfaces []string           // names; empty: every usable one, and loopback
	Timeout    time.Duration      // of Scan; 0: 3 s
	Done       func([]Board) bool // Scan: called with each new board; true ends the search
	Found      func(Board)        // Scan: called with each board as it is found or becomes better known, one at a time
	Warn       func(Warning)      // Watch: called with each source that cannot look, once, on the goroutine of the events
	Known      []Board            // boards of an earlier time, which are tried where they were
	Sources    []Source           // to look in besides those of this package

	// Verify asks a board who it is and returns what it says; nil: boards are taken at their word. It is called for
	// several boards at once, with a context of 1 s. A board of another ID in the answer is another board.
	Verify func(context.Context, Board) (Board, error)
}

// Warning is a source that could not look.
type Warning struct {
	Source string
	Err    error
}

func (w Warning) Error() string { return fmt.Sprintf("%s: %v", w.Source, w.Err) }
func (w Warning) Unwrap() error { return w.Err }

// Source is one way of finding boards.
type Source interface {
	String() string
	// Find reports boards, the same one more than once perhaps, until ctx ends or nothing more can be found.
	Find(ctx context.Context, found func(Sighting)) error
}

// Sighting is what a source says of a board. Sightings of one board, by its ID or else by where it is, make one Board.
type Sighting struct {
	Board
	TTL  time.Duration // how long this holds unless said again; 0: not known
	Gone bool          // the board has said goodbye
}

// Scan searches until Options.Done is content or the time is over. Without Done it also ends when boards were
// found, no further one answers, and each has been asked who it is. The list is sorted by name. Finding nothing is no
// error.
func Scan(ctx context.Context, o Options) ([]Board, []Warning, error) {
	links, err := usableLinks(o.Interfaces)
	if err != nil {
		return nil, nil, err
	}
	sources := slices.Concat(o.Sources, remembered(o.Known))
	for _, l := range links {
		sources = append(sources, newAskers(l)...)
		sources = append(sources, newBeacons(l)...)
		sources = append(sources, sweep{l})
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	boards, warnings, err := scan(ctx, sources, o)
	return boards, withoutNeedless(warnings, links), err
}

// withoutNeedless drops the failures of hashicorp/mdns on links on which our own questions could be asked: it needs a
// multicast route, which a computer without a network has not.
func withoutNeedless(warnings []Warning, links []link) []Warning {
	from := func(source fmt.Stringer) func(Warning) bool {
		return func(w Warning) bool { return w.Source == source.String() }
	}
	for _, l := range links {
		if !slices.ContainsFunc(warnings, from(&asker{link: l})) {
			warnings = slices.DeleteFunc(warnings, from(sweep{l}))
		}
	}
	return warnings
}

func scan(ctx context.Context, sources []Source, o Options) (boards []Board, warnings []Warning, err error) {
	looking, cancel := context.WithCancel(ctx)
	s := &search{ctx: looking, o: o, inbox: make(chan func()), silent: func(*entry) {}}
	defer s.running.Wait()
	defer cancel()

	done := false
	begin := time.Now()
	last := begin.Add(leastTime) // when something was new
	s.news = func(e *entry) {
		b := e.board()
		if e.asked.IsZero() || e.err != nil && len(e.places()) > e.tried {
			s.ask(e)
		}
		if e.shown != nil && same(*e.shown, b) {
			return
		}
		if e.shown == nil && time.Now().After(last) {
			last = time.Now()
		}
		e.shown = &b
		if o.Found != nil {
			o.Found(b)
		}
		// Whoever waits for a certain board waits for the slow ones too.
		done = done || o.Done != nil && o.Done(s.table.boards())
	}
	left := len(sources)
	for _, source := range sources {
		s.start(looking, source, func(err error) {
			left--
			if err != nil {
				warnings = append(warnings, Warning{source.String(), err})
			}
		})
	}
	s.try(o.Known)
	for {
		end := begin.Add(o.Timeout)
		if n := len(s.table.entries); n > 0 && o.Done == nil {
			quiet := last.Add(min(quietAfter+time.Duration(n)*quietPerBoard, quietLongest))
			end = slices.MinFunc([]time.Time{end, quiet}, time.Time.Compare)
		}
		now := time.Now()
		switch idle := s.asking == 0; {
		case done, idle && left == 0, idle && !now.Before(end), !now.Before(begin.Add(o.Timeout + verifyLimit)):
			return s.table.boards(), warnings, nil
		case !now.Before(end):
			end = begin.Add(o.Timeout + verifyLimit)
		}
		timer := time.NewTimer(time.Until(end))
		select {
		case f := <-s.inbox:
			f()
		case <-timer.C:
		case <-ctx.Done():
			return s.table.boards(), warnings, ctx.Err()
		}
		timer.Stop()
	}
}
