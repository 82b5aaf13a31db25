package boards

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"mpctl/internal/remembered"
	"mpctl/serialio"
)

// rememberLimit is how long a result that is complete is held up by writing to the file of remembered boards.
const rememberLimit = time.Second

// RememberPort remembers the board together with the port that it is plugged into.
func (f *Finder) RememberPort(ctx context.Context, b Board, p serialio.Port) {
	f.write(ctx, remembered.Board{ID: b.ID, Name: b.Name, Addr: b.Addr, USB: memorable(p), Seen: time.Now()})
}

// remembered returns the boards that have answered before, the last one first. A search that is limited to some
// interfaces is also limited to the boards that these lead to.
func (f *Finder) remembered() []Board {
	var boards []Board
	for _, b := range f.o.Memory.Boards() {
		if addr := b.Addr.Addr(); addr.IsValid() && (len(f.o.Interfaces) == 0 || reachable(addr, f.o.Interfaces)) {
			boards = append(boards, Board{ID: b.ID, Name: b.Name, Addr: b.Addr})
		}
	}
	return boards
}

// remember writes down the boards that have answered.
func (f *Finder) remember(ctx context.Context, boards ...Board) {
	var seen []remembered.Board
	for _, b := range boards {
		if b.Info != nil {
			seen = append(seen, remembered.Board{ID: b.ID, Name: b.Name, Addr: b.Addr, Seen: time.Now()})
		}
	}
	if len(seen) > 0 {
		f.write(ctx, seen...)
	}
}

// write fails without an error: to forget a board costs only time.
func (f *Finder) write(ctx context.Context, seen ...remembered.Board) {
	ctx, cancel := context.WithTimeout(ctx, rememberLimit)
	defer cancel()
	if err := f.o.Memory.Remember(ctx, seen...); err != nil && f.o.Verbose {
		f.warn(fmt.Errorf("remembering boards: %w", err))
	}
}

func memorable(p serialio.Port) remembered.Port {
	return remembered.Port{Path: p.Path, Device: p.ID(), Serial: p.Serial}
}

// reachable reports whether one of the interfaces is in the network of addr.
func reachable(addr netip.Addr, interfaces []string) bool {
	return slices.ContainsFunc(interfaces, func(name string) bool {
		ifi, err := net.InterfaceByName(name)
		if err != nil || addr.Zone() != "" && addr.Zone() != name {
			return false
		}
		return slices.ContainsFunc(prefixes(*ifi), func(p netip.Prefix) bool { return p.Contains(addr.WithZone("")) })
	})
}
