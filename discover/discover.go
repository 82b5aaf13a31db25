// Package discover finds mpctl boards on the networks this computer is in.
//
// Several sources look at the same time. On every usable interface these are hashicorp/mdns, which also hears
// answers that are multicast, and questions of our own (RFC 6762 §5.1, one-shot queries), which work without a
// multicast route and understand packets that the former does not. What they find becomes one list, one entry
// a board. A source that fails is a warning: the others go on.
//
// What is found is what somebody on the network said. Ask the board itself (httpclient.Board) before relying
// on it, and make its strings harmless before printing them.
package discover

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Service is the DNS-SD service type of a board, fully qualified (RFC 6763 §4.1).
const Service = "_mpctl._tcp.local."

const (
	defaultTimeout = 3 * time.Second
	// A round of answers is over when nothing new came for this long. RFC 6762 §6 lets a responder wait
	// 120 ms; a board whose radio sleeps between beacons hears a question up to 300 ms late.
	quietAfter = 400 * time.Millisecond
	maxBoards  = 256
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
// found and no further one answers. The list is sorted by name. Finding nothing is no error.
func Scan(ctx context.Context, o Options) ([]Board, []Warning, error) {
	links, err := usableLinks(o.Interfaces)
	if err != nil {
		return nil, nil, err
	}
	sources := slices.Clone(o.Sources)
	for _, l := range links {
		sources = append(sources, both{query{l}, sweep{l}})
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	boards, warnings, err := scan(ctx, sources, o)
	for i := range boards {
		if o.Verify != nil {
			boards[i] = verify(ctx, o, boards[i])
		}
		if o.Found != nil {
			o.Found(boards[i])
		}
	}
	return boards, warnings, err
}

func verify(ctx context.Context, o Options, b Board) Board {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	v, err := o.Verify(ctx, b)
	if err != nil {
		b.Err = err
		return b
	}
	v.Verified = true
	return v
}

func scan(ctx context.Context, sources []Source, o Options) ([]Board, []Warning, error) {
	search, cancel := context.WithTimeout(ctx, o.Timeout)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()

	found := make(chan Board)
	ended := make(chan *Warning)
	for _, s := range sources {
		running.Go(func() {
			var w *Warning
			err := s.Find(search, func(b Sighting) {
				select {
				case found <- b.Board:
				case <-search.Done():
				}
			})
			if err != nil && search.Err() == nil {
				w = &Warning{s.String(), err}
			}
			select {
			case ended <- w:
			case <-search.Done():
			}
		})
	}

	var boards list
	var warnings []Warning
	var quiet <-chan time.Time // runs once there is a board
	firstQuiet := time.Now().Add(resendInterval(0) + quietAfter)
	for left := len(sources); left > 0; {
		select {
		case b := <-found:
			if !boards.merge(b) {
				continue
			}
			if o.Done != nil {
				if o.Done(boards.sorted()) {
					return boards.sorted(), warnings, nil
				}
				continue // whoever waits for a certain board waits for the slow ones too
			}
			quiet = time.After(max(quietAfter, time.Until(firstQuiet)))
		case w := <-ended:
			left--
			if w != nil {
				warnings = append(warnings, *w)
			}
		case <-quiet:
			return boards.sorted(), warnings, nil
		case <-search.Done():
			return boards.sorted(), warnings, ctx.Err()
		}
	}
	return boards.sorted(), warnings, nil
}

// list is the boards found so far, one entry each.
type list []Board

// merge adds what b tells. It returns whether b is a board that was not in the list.
func (l *list) merge(b Board) bool {
	for i := range *l {
		have := &(*l)[i]
		if !sameBoard(have, &b) {
			continue
		}
		have.Name = cmp.Or(have.Name, b.Name)
		have.Host = cmp.Or(have.Host, b.Host)
		have.ID = cmp.Or(have.ID, b.ID)
		have.Model = cmp.Or(have.Model, b.Model)
		have.Firmware = cmp.Or(have.Firmware, b.Firmware)
		if len(have.Sensors) == 0 {
			have.Sensors = b.Sensors
		}
		return false
	}
	if len(*l) >= maxBoards {
		return false
	}
	*l = append(*l, b)
	return true
}

// sameBoard compares identities where both are known: a name can be taken by another board, an address too.
func sameBoard(a, b *Board) bool {
	if a.ID != "" && b.ID != "" {
		return a.ID == b.ID
	}
	return a.Name == b.Name && a.Addr == b.Addr && a.Port == b.Port
}

func (l list) sorted() []Board {
	boards := slices.Clone(l)
	slices.SortStableFunc(boards, func(a, b Board) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return boards
}
