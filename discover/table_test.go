package discover

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTable(t *testing.T) {
	desk := board("desk", "a1b2c3", "192.0.2.1")
	bare := Board{Name: "desk", Addr: desk.Addr, Port: desk.Port}
	moved := board("desk", "a1b2c3", "192.0.2.2")
	other := board("lamp", "ffffff", "192.0.2.1")
	now := time.Now()
	see := func(tab *table, source string, b Board) *entry {
		return tab.sight(source, rankOther, Sighting{Board: b}, now)
	}
	verified := func(b Board) Board { b.Verified = true; return b }
	refused := func(b Board) Board { b.Err = cmpopts.AnyError; return b }
	for _, c := range []struct {
		name string
		do   func(tab *table)
		want []Board
	}{
		{"who it is is learned", func(tab *table) { see(tab, "a", bare); see(tab, "b", desk) }, []Board{desk}},
		{"the address in use stays", func(tab *table) { see(tab, "a", desk); see(tab, "b", moved) }, []Board{desk}},
		{"a source takes its address back", func(tab *table) { see(tab, "a", desk); see(tab, "a", moved) }, []Board{moved}},
		{"two by one name", func(tab *table) {
			see(tab, "a", desk)
			see(tab, "a", Board{Name: "desk", ID: "b1", Addr: moved.Addr, Port: 80})
		}, []Board{desk, {Name: "desk", ID: "b1", Addr: moved.Addr, Port: 80}}},
		{"its own word counts", func(tab *table) {
			b := desk
			b.Firmware = "2.0"
			tab.answered(see(tab, "a", desk), desk.place(), b, now)
		}, []Board{func() Board { b := verified(desk); b.Firmware = "2.0"; return b }()}},
		{"it answers elsewhere", func(tab *table) {
			see(tab, "a", desk)
			tab.answered(see(tab, "b", moved), moved.place(), moved, now)
		}, []Board{verified(moved)}},
		{"another answers", func(tab *table) {
			tab.answered(see(tab, "a", desk), desk.place(), other, now)
		}, []Board{refused(desk), verified(other)}},
		{"two were one", func(tab *table) {
			see(tab, "a", moved)
			tab.answered(see(tab, "b", bare), desk.place(), desk, now)
		}, []Board{verified(desk)}},
		{"nobody knew it", func(tab *table) { tab.answered(nil, desk.place(), desk, now) }, []Board{verified(desk)}},
		{"silence", func(tab *table) { tab.failed(see(tab, "a", desk), errors.New("no answer"), now) }, []Board{refused(desk)}},
		{"a goodbye", func(tab *table) {
			see(tab, "a", desk)
			tab.sight("a", rankOther, Sighting{Board: desk, Gone: true}, now)
		}, nil},
		{"a goodbye from nobody", func(tab *table) { tab.sight("a", rankOther, Sighting{Board: desk, Gone: true}, now) }, nil},
	} {
		var tab table
		c.do(&tab)
		if diff := cmp.Diff(c.want, tab.boards(), equateAddrs, cmpopts.EquateErrors()); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
		tab.expire(now.Add(time.Hour))
		if len(tab.entries)+len(tab.byID) != 0 {
			t.Errorf("%s: %d entries do not expire", c.name, len(tab.entries))
		}
	}
}
