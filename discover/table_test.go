package discover

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestRanks checks which sources are believed before others.
func TestRanks(t *testing.T) {
	sources := []source{&querier{}, beacon{}, sweep{}}
	for i, s := range sources[1:] {
		if before := sources[i]; before.rank() >= s.rank() {
			t.Errorf("%T has rank %d, %T rank %d, want a lower one", before, before.rank(), s, s.rank())
		}
	}
	if last := sources[len(sources)-1].rank(); last >= rankSelfReported {
		t.Errorf("rank %d of the last source is not lower than %d", last, rankSelfReported)
	}
}

func TestTable(t *testing.T) {
	desk := board("desk", "a1b2c3", "192.0.2.1")
	bare := Board{Name: "desk", Addr: desk.Addr, Port: desk.Port}
	moved := board("desk", "a1b2c3", "192.0.2.2")
	other := board("lamp", "ffffff", "192.0.2.1")
	now := time.Now()
	sight := func(tab *table, name string, b Board) *entry {
		return tab.addSighting(name, rankMDNS, sighting{Board: b}, now)
	}
	with := func(b Board, firmware string, answer any) Board { b.Firmware, b.Answer = firmware, answer; return b }
	verified := func(b Board) Board { b.Verified = true; return b }
	refused := func(b Board) Board { b.Err = cmpopts.AnyError; return b }
	for _, c := range []struct {
		name string
		play func(tab *table)
		want []Board
	}{
		{"an id is learned later", func(tab *table) { sight(tab, "a", bare); sight(tab, "b", desk) }, []Board{desk}},
		{"the address in use stays", func(tab *table) { sight(tab, "a", desk); sight(tab, "b", moved) }, []Board{desk}},
		{"a source corrects its address", func(tab *table) { sight(tab, "a", desk); sight(tab, "a", moved) }, []Board{moved}},
		{"two boards with one name", func(tab *table) {
			sight(tab, "a", desk)
			sight(tab, "a", Board{Name: "desk", ID: "b1", Addr: moved.Addr, Port: 80})
		}, []Board{desk, {Name: "desk", ID: "b1", Addr: moved.Addr, Port: 80}}},
		{"the source of lower rank is believed", func(tab *table) {
			tab.addSighting("a", rankBeacon, sighting{Board: with(desk, "1.1", nil)}, now)
			tab.addSighting("b", rankMDNS, sighting{Board: with(desk, "1.2", nil)}, now)
			tab.addSighting("c", rankSweep, sighting{Board: with(desk, "1.3", nil)}, now)
		}, []Board{with(desk, "1.2", nil)}},
		{"the board's own answer counts first", func(tab *table) {
			tab.addAnswer(sight(tab, "a", desk), desk.addrPort(), with(desk, "2.0", "all is well"), now)
		}, []Board{verified(with(desk, "2.0", "all is well"))}},
		{"an answer is kept in silence", func(tab *table) {
			e := tab.addAnswer(sight(tab, "a", desk), desk.addrPort(), with(desk, "2.0", "all is well"), now)
			tab.addFailure(e, errors.New("no answer"), now)
		}, []Board{refused(with(desk, "2.0", "all is well"))}},
		{"it answers at another address", func(tab *table) {
			sight(tab, "a", desk)
			tab.addAnswer(sight(tab, "b", moved), moved.addrPort(), moved, now)
		}, []Board{verified(moved)}},
		{"another board answers", func(tab *table) {
			tab.addAnswer(sight(tab, "a", desk), desk.addrPort(), other, now)
		}, []Board{refused(desk), verified(other)}},
		{"two entries were one board", func(tab *table) {
			sight(tab, "a", moved)
			tab.addAnswer(sight(tab, "b", bare), desk.addrPort(), desk, now)
		}, []Board{verified(desk)}},
		{"no source has seen the board", func(tab *table) { tab.addAnswer(nil, desk.addrPort(), desk, now) }, []Board{verified(desk)}},
		{"silence", func(tab *table) { tab.addFailure(sight(tab, "a", desk), errors.New("no answer"), now) }, []Board{refused(desk)}},
		{"a goodbye", func(tab *table) {
			sight(tab, "a", desk)
			tab.addSighting("a", rankMDNS, sighting{Board: desk, gone: true}, now)
		}, nil},
		{"a goodbye of an unknown board", func(tab *table) { tab.addSighting("a", rankMDNS, sighting{Board: desk, gone: true}, now) }, nil},
	} {
		var tab table
		c.play(&tab)
		if diff := cmp.Diff(c.want, tab.boards(), equateAddrs, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		tab.expire(now.Add(time.Hour))
		if len(tab.entries)+len(tab.byID) != 0 {
			t.Errorf("%s: %d entries have not expired", c.name, len(tab.entries))
		}
	}
}
