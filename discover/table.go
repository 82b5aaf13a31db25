package discover

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"time"
)

const (
	unknownTTL      = 30 * time.Second // of a sighting that does not say how long it holds
	selfReportedTTL = 15 * time.Second // of a board's own answer
	maxClaims       = 16               // for one board
	maxBoards       = 4096
)

// selfReported is the source of a claim that the board has made itself, by answering Verify.
const selfReported = "self-reported"

// table has one entry per board, made of what sources claim about it and of its own answers. The table has no clock:
// now is always an argument.
type table struct {
	entries []*entry
	byID    map[string]*entry
}

// entry is a board. It stays in the table as long as one claim holds.
type entry struct {
	id         string         // empty while no source has said it
	claims     []*claim       // by rank
	addr       netip.AddrPort // in use, out of those claimed
	selfReport *Board         // the board's last answer to Verify; nil: none so far

	err       error     // why the last Verify failed; nil if it did not
	failures  int       // of Verify in a row
	verifying bool      // queued for Verify, or being asked
	askedAt   time.Time // when Verify was called last, and
	asked     int       // how many addresses it had to try then
	heardAt   time.Time // when the last sign of life came
	goodbyeAt time.Time // when the board said goodbye; zero if it was heard since

	reported *Board // as the caller knows the board; nil: not at all so far
	removed  bool   // from the table
}

// claim is what one source says about a board.
type claim struct {
	source string
	rank   rank
	board  Board
	until  time.Time
}

// addSighting adds what the source with a name says. It returns the entry of the board, or nil if there is none and none
// is made: for a goodbye, or because the table is full.
func (t *table) addSighting(name string, r rank, s sighting, now time.Time) *entry {
	e := t.find(s.Board)
	switch {
	case e == nil && (s.gone || len(t.entries) >= maxBoards):
		return nil
	case e == nil:
		e = &entry{}
		t.entries = append(t.entries, e)
	}
	t.setID(e, s.ID)
	e.claim(name, r, s, now)
	return e
}

// find returns the entry of a board, nil if there is none. IDs are compared where both are known, for another board
// can take over a name or an address.
func (t *table) find(b Board) *entry {
	if e := t.byID[b.ID]; e != nil {
		return e
	}
	for _, e := range t.entries {
		if (e.id == "" || b.ID == "") && e.board().Name == b.Name && slices.Contains(e.addrPorts(), b.addrPort()) {
			return e
		}
	}
	return nil
}

// setID gives an entry its id once it is known.
func (t *table) setID(e *entry, id string) {
	if id == "" || e.id != "" {
		return
	}
	if t.byID == nil {
		t.byID = map[string]*entry{}
	}
	e.id = id
	t.byID[id] = e
}

// claim replaces what the source with a name said before.
func (e *entry) claim(name string, r rank, s sighting, now time.Time) {
	if s.gone {
		e.goodbyeAt = now
		e.shorten(now.Add(goodbyeTTL))
		return
	}
	e.heardAt, e.goodbyeAt = now, time.Time{}
	i := slices.IndexFunc(e.claims, func(c *claim) bool { return c.source == name })
	if i < 0 {
		if len(e.claims) == maxClaims {
			return
		}
		i, _ = slices.BinarySearchFunc(e.claims, r, func(c *claim, r rank) int { return cmp.Compare(c.rank, r) })
		e.claims = slices.Insert(e.claims, i, &claim{})
	}
	*e.claims[i] = claim{name, r, s.Board, now.Add(cmp.Or(s.ttl, unknownTTL))}
	e.chooseAddr()
}

// shorten lets no claim hold longer than until.
func (e *entry) shorten(until time.Time) {
	for _, c := range e.claims {
		if c.until.After(until) {
			c.until = until
		}
	}
}

// chooseAddr keeps the address in use while a source claims it: a board on two networks does not flap.
func (e *entry) chooseAddr() {
	addrs := e.addrPorts()
	if len(addrs) > 0 && !slices.Contains(addrs, e.addr) {
		e.addr = addrs[0]
	}
}

// addrPorts returns where the board may be, the address in use first.
func (e *entry) addrPorts() []netip.AddrPort {
	var addrs []netip.AddrPort
	for _, c := range e.claims {
		addr := c.board.addrPort()
		if c.board.Addr.IsValid() && !slices.Contains(addrs, addr) {
			addrs = append(addrs, addr)
		}
	}
	if i := slices.Index(addrs, e.addr); i > 0 {
		addrs[0], addrs[i] = addrs[i], addrs[0]
	}
	return addrs
}

// board returns what is known. Its name and host are the announced ones, because those can be looked up; everything
// else is as the board itself says, as far as it does.
func (e *entry) board() Board {
	var b Board
	for _, c := range e.claims {
		b.complete(c.board)
	}
	if e.selfReport != nil {
		own := *e.selfReport
		own.Name, own.Host = cmp.Or(b.Name, own.Name), cmp.Or(b.Host, own.Host)
		own.complete(b)
		b = own
	}
	b.Addr, b.Port = e.addr.Addr(), e.addr.Port()
	b.Verified, b.Err = e.selfReport != nil && e.err == nil, e.err
	return b
}

// complete takes from c what b lacks, but for Answer, which only the board itself can give.
func (b *Board) complete(c Board) {
	b.Name = cmp.Or(b.Name, c.Name)
	b.Host = cmp.Or(b.Host, c.Host)
	b.ID = cmp.Or(b.ID, c.ID)
	b.Model = cmp.Or(b.Model, c.Model)
	b.Firmware = cmp.Or(b.Firmware, c.Firmware)
	if len(b.Sensors) == 0 {
		b.Sensors = c.Sensors
	}
}

// addAnswer returns the entry of the board that answered at addr, or nil if the table is full. e is the entry that was
// asked, nil if there was none or it has been removed since.
func (t *table) addAnswer(e *entry, addr netip.AddrPort, b Board, now time.Time) *entry {
	b.Addr, b.Port = addr.Addr(), addr.Port()
	seen := sighting{Board: b, ttl: selfReportedTTL}
	sameID := t.byID[b.ID]
	switch {
	case e == nil:
	case e.id != "" && b.ID != "" && e.id != b.ID:
		t.addFailure(e, fmt.Errorf("board %s answers at %s, where %s was announced", b.ID, addr, e.id), now)
		e = nil
	case sameID != nil && sameID != e:
		sameID.takeClaims(e) // Without claims e expires.
		e = sameID
	}
	if e == nil {
		if e = t.addSighting(selfReported, rankSelfReported, seen, now); e == nil {
			return nil
		}
	}
	t.setID(e, b.ID)
	e.claim(selfReported, rankSelfReported, seen, now)
	e.addr = addr
	e.selfReport, e.err, e.failures = &b, nil, 0
	return e
}

// takeClaims moves the claims of an entry that has turned out to be the same board.
func (e *entry) takeClaims(from *entry) {
	e.claims = append(e.claims, from.claims...)[:min(maxClaims, len(e.claims)+len(from.claims))]
	slices.SortStableFunc(e.claims, func(a, b *claim) int { return cmp.Compare(a.rank, b.rank) })
	from.claims = nil
}

// addFailure records why a board did not answer. Unless sources see the board again soon, its claims expire.
func (t *table) addFailure(e *entry, err error, now time.Time) {
	e.err = err
	e.failures++
	e.shorten(now.Add(reconfirmTimeout))
}

// expire ends the claims that are over, removes the boards that no claim is left of, and returns these.
func (t *table) expire(now time.Time) []*entry {
	var lost []*entry
	for _, e := range slices.Clone(t.entries) { // a clone, because remove changes the slice
		over := func(c *claim) bool { return !now.Before(c.until) }
		if len(e.claims) > 0 && !slices.ContainsFunc(e.claims, over) {
			continue
		}
		if e.claims = slices.DeleteFunc(e.claims, over); len(e.claims) == 0 {
			t.remove(e)
			lost = append(lost, e)
		}
		e.chooseAddr()
	}
	return lost
}

func (t *table) remove(e *entry) {
	e.removed = true
	t.entries = slices.DeleteFunc(t.entries, func(other *entry) bool { return other == e })
	if t.byID[e.id] == e {
		delete(t.byID, e.id)
	}
}

// boards returns the boards that have not said goodbye, sorted by name.
func (t *table) boards() []Board {
	var boards []Board
	for _, e := range t.entries {
		if e.goodbyeAt.IsZero() && len(e.claims) > 0 {
			boards = append(boards, e.board())
		}
	}
	slices.SortFunc(boards, func(a, b Board) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID), a.Addr.Compare(b.Addr), cmp.Compare(a.Port, b.Port))
	})
	return boards
}

// equal reports whether two boards are the same in everything but Answer.
func equal(a, b Board) bool {
	return a.Name == b.Name && a.Host == b.Host && a.ID == b.ID && a.Addr == b.Addr && a.Port == b.Port && a.Model == b.Model &&
		a.Firmware == b.Firmware && slices.Equal(a.Sensors, b.Sensors) && a.Verified == b.Verified && errorText(a.Err) == errorText(b.Err)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
