package follow

import (
	"context"
	"slices"
	"sync/atomic"

	"mpctl/internal/boards"
)

// search finds the boards, and then the ones that appear or move. It returns an error if the first search fails; else
// it ends with ctx, or at once when nothing can appear any more.
func (f *follower) search() error {
	nothing := func(context.Context, boards.Board) struct{} { return struct{}{} }
	var foundAny atomic.Bool
	err := boards.Each(f.ctx, f.finder, f.Names, nothing, func(i int, b boards.Board, _ struct{}) {
		foundAny.Store(true)
		f.post(func() { f.found(i, b) })
	})
	if err != nil {
		return err
	}
	var hint string
	if !foundAny.Load() && f.ctx.Err() == nil {
		hint = f.finder.EmptyHint(f.ctx)
	}
	f.post(func() { f.emit(Event{Kind: Searched, Hint: hint}) })
	f.watch()
	return nil
}

// watch looks out for boards that appear or move. One that was named by its address does neither.
func (f *follower) watch() {
	byName := slices.ContainsFunc(f.Names, func(name string) bool {
		r, err := boards.ParseRef(name)
		return err == nil && !r.Addr().IsValid()
	})
	if len(f.Names) > 0 && !byName {
		return
	}
	o := boards.WatchOptions{Selection: boards.Selection{LAN: true}, Alive: f.alive}
	_ = f.finder.Watch(f.ctx, o, func(e boards.Event) { // the first search would have failed too
		if e.Kind == boards.Lost || e.Kind == boards.Refreshed || e.Board.Err != nil {
			return // a stream tells that better
		}
		f.post(func() {
			index := len(f.members)
			if len(f.Names) > 0 {
				if index = slices.IndexFunc(f.Names, func(name string) bool { return f.means(name, e.Board) }); index < 0 {
					return
				}
			}
			f.found(index, e.Board)
		})
	})
}

// alive reports whether a board's stream shows all the time that it is there, so that it need not be asked.
func (f *follower) alive(b boards.Board) (boards.Board, bool) {
	sending := make(chan boards.Board, 1)
	f.post(func() {
		defer close(sending)
		for _, m := range f.members {
			if m.Since.IsZero() && !m.Ended && m.Board.Addr == b.Addr {
				sending <- m.Board
				return
			}
		}
	})
	select {
	case known, ok := <-sending:
		return known, ok
	case <-f.ctx.Done():
		return b, false
	}
}

// means reports whether the user's name for a board means b.
func (f *follower) means(name string, b boards.Board) bool {
	r, err := boards.ParseRef(name)
	if err != nil || r.Addr().IsValid() {
		return false
	}
	followed := slices.ContainsFunc(f.members, func(m *member) bool { return b.ID != "" && m.Board.ID == b.ID })
	return r.Names(b) || r.IsPrefixOf(b) && followed
}

// found begins to follow a board, or goes after one that is lost to where it is now.
func (f *follower) found(index int, b boards.Board) {
	if !b.Addr.IsValid() {
		f.emit(Event{Kind: Missing, Member: Member{Index: index, Board: b, Err: b.Err}})
		return
	}
	for _, known := range f.members {
		if b.ID != "" && known.Board.ID == b.ID {
			// A stream that works is not ended by what somebody announces.
			known.movedTo = b.Addr
			f.move(known)
			return
		}
		if known.Board.Addr == b.Addr {
			return
		}
	}
	f.join(index, b)
}
