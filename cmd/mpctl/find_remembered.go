package main

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/remembered"
	"mpctl/serialio"
)

// rememberTime is how long an answer that is there already waits for being remembered.
const rememberTime = time.Second

// remembered returns the boards that have answered before, the last one first. Where the search is limited to some
// interfaces, so is memory.
func (a *app) remembered() []discover.Board {
	var boards []discover.Board
	for _, b := range a.memory.Boards() {
		if addr := b.Addr.Addr(); addr.IsValid() && (len(a.interfaces) == 0 || reachable(addr, a.interfaces)) {
			boards = append(boards, discover.Board{ID: b.ID, Name: b.Name, Addr: addr, Port: b.Addr.Port()})
		}
	}
	return boards
}

// recall asks the board that ref is remembered as, and lets use do its work meanwhile. ok tells whether the board is
// still there, and still called that.
func recall[T any](ctx context.Context, client *httpclient.Client, ref string, known []discover.Board,
	use func(context.Context, board) T) (b board, result T, ok bool) {
	r, err := parseReference(ref)
	if err != nil || r.addr.IsValid() {
		return b, result, false
	}
	i := slices.IndexFunc(known, r.names) // the one that was seen last
	if i < 0 {
		return b, result, false
	}
	b, result = askMeanwhile(ctx, client, known[i], verifyTimeout, use)
	return b, result, b.err == nil && b.Name == known[i].Name
}

// remember keeps the boards that have said who they are. That it fails is for those who want to know.
func (a *app) remember(ctx context.Context, boards ...board) {
	var seen []remembered.Board
	for _, b := range boards {
		if b.info != nil {
			seen = append(seen, remembered.Board{ID: b.ID, Name: b.Name, Addr: b.addrPort(), Seen: time.Now()})
		}
	}
	if err := a.keep(ctx, seen...); err != nil && a.Verbose {
		a.Warn("remembering boards: %v", err)
	}
}

func portPlace(p serialio.Port) remembered.Port {
	return remembered.Port{Path: p.Path, Device: p.ID(), Serial: p.Serial}
}

func (a *app) keep(ctx context.Context, seen ...remembered.Board) error {
	if len(seen) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, rememberTime)
	defer cancel()
	return a.memory.Remember(ctx, seen...)
}

// reachable tells whether one of the interfaces is in the network of addr.
func reachable(addr netip.Addr, interfaces []string) bool {
	return slices.ContainsFunc(interfaces, func(name string) bool {
		ifi, err := net.InterfaceByName(name)
		if err != nil || addr.Zone() != "" && addr.Zone() != name {
			return false
		}
		return slices.ContainsFunc(prefixes(*ifi), func(p netip.Prefix) bool { return p.Contains(addr.WithZone("")) })
	})
}
