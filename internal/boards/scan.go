package boards

import (
	"context"

	"mpctl/discover"
)

// Selection says which boards are looked for, and how closely.
type Selection struct {
	USB, LAN bool   // on cables of this computer, on the network
	NoVerify bool   // believe what boards announce, and do not ask them
	Sensor   string // to read while a board is asked who it is; empty: none
}

// Scan lists the boards on the network by name, each with its cable, and after them the cables whose board is not on
// the network. seen, if not nil, is called with the list up to now whenever that has grown, on the caller's goroutine.
// Finding nothing is no error; that the ports cannot be listed is one only without LAN.
func (f *Finder) Scan(ctx context.Context, s Selection, seen func([]Board)) ([]Board, error) {
	var v inventory
	if s.USB {
		var err error
		if v.cables, err = f.cables(ctx); err != nil {
			if !s.LAN {
				return nil, err
			}
			f.warn(err)
		}
	}
	if !s.LAN {
		return v.list(), nil
	}
	o := discover.Options{Known: allToNetwork(f.remembered())}
	if !s.NoVerify {
		o.Verify = func(ctx context.Context, b discover.Board) (discover.Board, error) {
			b, _, err := f.ask(ctx, b, s.Sensor)
			return b, err
		}
	}
	if seen != nil {
		seen(v.list())
		o.Found = func(b discover.Board) {
			v.put(fromNetwork(b))
			seen(v.list())
		}
	}
	found, err := f.search(ctx, o)
	if err != nil {
		return nil, err
	}
	f.remember(ctx, found...)
	v.boards = found
	return v.list(), nil
}
