package discover

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

const (
	unknownTTL = 30 * time.Second // of a sighting that does not say how long it holds
	answerTTL  = 15 * time.Second // of a board's own word
	maxClaims  = 16               // of one board
)

// table is one entry a board, made of what sources claim of it and of what it has answered itself. It keeps no time:
// now is always an argument.
type table struct {
	entries []*entry
	byID    map[string]*entry
}

// entry is a board. It is there as long as one claim holds.
type entry struct {
	id     string         // empty while nobody has said it
	claims []*claim       // the best source first
	place  netip.AddrPort // of those claimed, the one in use
	answer *Board         // what it said last when it was asked

	err      error // of the last question, and
	failures int   // how many in a row
	asking   bool
	asked    time.Time
	tried    int       // places, then
	heard    time.Time // when a sign of life came last
	bye      time.Time // when it said goodbye, if nothing was heard since

	shown   *Board // as the caller knows it
	removed bool
}

// claim is what one source says of a board.
type claim struct {
	source string
	rank   int
	board  Board
	until  time.Time
}

// sight takes in a sighting. It returns nil if there is no such board, and none to be made of it.
func (t *table) sight(source string, rank int, s Sighting, now time.Time) *entry {
	e := t.find(s.Board)
	switch {
	case e == nil && (s.Gone || len(t.entries) >= maxBoards):
		return nil
	case e == nil:
		e = &entry{}
		t.entries = append(t.entries, e)
	}
	t.identify(e, s.ID)
	e.claim(source, rank, s, now)
	return e
}

// find returns the entry of a board. Identities are compared where both are known: a name can be taken by another
// board, an address too.
func (t *table) find(b Board) *entry {
	if e := t.byID[b.ID]; e != nil {
		return e
	}
	for _, e := range t.entries {
		if (e.id == "" || b.ID == "") && e.board().Name == b.Name && slices.Contains(e.places(), b.place()) {
			return e
		}
	}
	return nil
}

func (t *table) identify(e *entry, id string) {
	if id == "" || e.id != "" {
		return
	}
	if t.byID == nil {
		t.byID = map[string]*entry{}
	}
	e.id = id
	t.byID[id] = e
}

func (b *Board) place() netip.AddrPort { return netip.AddrPortFrom(b.Addr, b.Port) }

// claim takes in what a source says, instead of what it said before.
func (e *entry) claim(source string, rank int, s Sighting, now time.Time) {
	if s.Gone {
		e.bye = now
		e.shorten(now.Add(goodbye))
		return
	}
	e.heard, e.bye = now, time.Time{}
	i := slices.IndexFunc(e.claims, func(c *claim) bool { return c.source == source })
	if i < 0 {
		if len(e.claims) == maxClaims {
			return
		}
		i, _ = slices.BinarySearchFunc(e.claims, rank, func(c *claim, rank int) int { return cmp.Compare(c.rank, rank) })
		e.claims = slices.Insert(e.claims, i, &claim{})
	}
	*e.claims[i] = claim{source, rank, s.Board, now.Add(cmp.Or(s.TTL, unknownTTL))}
	e.settle()
}

// shorten lets no claim hold longer than until.
func (e *entry) shorten(until time.Time) {
	for _, c := range e.claims {
		if c.until.After(until) {
			c.until = until
		}
	}
}

// settle stays at the place in use while a source claims it: two networks that lead to a board take no turns.
func (e *entry) settle() {
	places := e.places()
	if len(places) > 0 && !slices.Contains(places, e.place) {
		e.place = places[0]
	}
}

// places are where the board may be, the one in use first.
func (e *entry) places() []netip.AddrPort {
	var places []netip.AddrPort
	for _, c := range e.claims {
		p := c.board.place()
		if c.board.Addr.IsValid() && !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	if i := slices.Index(places, e.place); i > 0 {
		places[0], places[i] = places[i], places[0]
	}
	return places
}

// board is what is known: where it is and how it is called by the claims, the rest by its own word first.
func (e *entry) board() Board {
	var b Board
	for _, c := range e.claims {
		b.complete(c.board)
	}
	if e.answer != nil {
		said := *e.answer
		said.Name, said.Host = cmp.Or(b.Name, said.Name), cmp.Or(b.Host, said.Host)
		said.complete(b)
		b = said
	}
	b.Addr, b.Port = e.place.Addr(), e.place.Port()
	b.Verified, b.Err = e.answer != nil && e.err == nil, e.err
	return b
}

// complete adds what b does not know.
func (b *Board) complete(c Board) {
	b.Name = cmp.Or(b.Name, c.Name)
	b.Host = cmp.Or(b.Host, c.Host)
	b.ID = cmp.Or(b.ID, c.ID)
	b.Model = cmp.Or(b.Model, c.Model)
	b.Firmware = cmp.Or(b.Firmware, c.Firmware)
	if len(b.Sensors) == 0 {
		b.Sensors = c.Sensors
	}
	if b.Info == nil {
		b.Info = c.Info
	}
}

// answered takes in what the board at a place has said when an entry was asked there, or nobody was who is known.
func (t *table) answered(e *entry, place netip.AddrPort, b Board, now time.Time) *entry {
	b.Addr, b.Port = place.Addr(), place.Port()
	said := Sighting{Board: b, TTL: answerTTL}
	known := t.byID[b.ID]
	switch {
	case e == nil:
	case e.id != "" && b.ID != "" && e.id != b.ID:
		t.failed(e, fmt.Errorf("board %s answers at %s, where %s was announced", b.ID, place, e.id), now)
		e = nil
	case known != nil && known != e: // two that were one
		known.claims = append(known.claims, e.claims...)[:min(maxClaims, len(known.claims)+len(e.claims))]
		slices.SortStableFunc(known.claims, func(a, b *claim) int { return cmp.Compare(a.rank, b.rank) })
		e.claims = nil // it expires
		e = known
	}
	if e == nil {
		if e = t.sight(ownWord, rankOwnWord, said, now); e == nil {
			return nil
		}
	}
	t.identify(e, b.ID)
	e.claim(ownWord, rankOwnWord, said, now)
	e.place = place
	e.answer, e.err, e.failures = &b, nil, 0
	return e
}

// failed takes in that an entry gave no answer: whoever claims it has to say so again soon.
func (t *table) failed(e *entry, err error, now time.Time) {
	e.err = err
	e.failures++
	e.shorten(now.Add(doubtFor))
}

// expire removes what is over and returns the boards that went with it.
func (t *table) expire(now time.Time) []*entry {
	var lost []*entry
	for _, e := range slices.Clone(t.entries) { // of which some are removed
		over := func(c *claim) bool { return !now.Before(c.until) }
		if len(e.claims) > 0 && !slices.ContainsFunc(e.claims, over) {
			continue
		}
		if e.claims = slices.DeleteFunc(e.claims, over); len(e.claims) == 0 {
			t.remove(e)
			lost = append(lost, e)
		}
		e.settle()
	}
	return lost
}

func (t *table) remove(e *entry) {
	e.removed = true
	t.entries = slices.DeleteFunc(t.entries, func(o *entry) bool { return o == e })
	if t.byID[e.id] == e {
		delete(t.byID, e.id)
	}
}

// boards are those that have not said goodbye, sorted by name.
func (t *table) boards() []Board {
	var boards []Board
	for _, e := range t.entries {
		if e.bye.IsZero() && len(e.claims) > 0 {
			boards = append(boards, e.board())
		}
	}
	slices.SortFunc(boards, func(a, b Board) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID), a.Addr.Compare(b.Addr), cmp.Compare(a.Port, b.Port))
	})
	return boards
}

// same compares all but Info.
func same(a, b Board) bool {
	return a.Name == b.Name && a.Host == b.Host && a.ID == b.ID && a.Addr == b.Addr && a.Port == b.Port && a.Model == b.Model &&
		a.Firmware == b.Firmware && slices.Equal(a.Sensors, b.Sensors) && a.Verified == b.Verified && errorText(a.Err) == errorText(b.Err)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
