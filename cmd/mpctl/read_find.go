package main

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"mpctl/discover"
)

// found is a board that a search came upon, or err says why it is not there. index is that of the user's name for it,
// or else counts boards.
type found struct {
	index int
	board discover.Board
	err   error
}

// findEach searches for the boards that refs name, or without refs for all of them, and calls each with every one as
// soon as it is known where it is. Nobody has asked the board yet.
func (a *app) findEach(ctx context.Context, refs []string, each func(found)) ([]discover.Warning, error) {
	options := discover.Options{Interfaces: a.interfaces, Timeout: a.timeout}
	if len(refs) == 0 {
		known := map[string]bool{}
		options.Found = func(b discover.Board) {
			if key := cmp.Or(b.ID, board{Board: b}.addrPort().String()); !known[key] {
				known[key] = true
				each(found{len(known) - 1, b, nil})
			}
		}
		_, warnings, err := discover.Scan(ctx, options)
		return warnings, err
	}
	// A board that does not announce its service may still own its name: on a Pico W the host name is answered by
	// firmware that knows nothing of us.
	asking, stop := context.WithCancel(ctx)
	defer stop()
	wanted := map[int]reference{}
	hosts := map[int]func() (netip.Addr, error){}
	for i, ref := range refs {
		r, err := parseReference(ref)
		switch {
		case err != nil:
			each(found{i, discover.Board{Name: ref}, err})
		case r.addr.IsValid():
			each(found{i, discover.Board{Addr: r.addr.Addr(), Port: r.addr.Port()}, nil})
		default:
			wanted[i] = r
			hosts[i] = a.resolveLater(asking, r.name+".local")
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	options.Done = func(boards []discover.Board) bool {
		for i, r := range wanted {
			if at := slices.IndexFunc(boards, r.names); at >= 0 {
				delete(wanted, i)
				each(found{i, boards[at], nil})
			}
		}
		return len(wanted) == 0
	}
	boards, warnings, err := discover.Scan(ctx, options)
	for i, ref := range refs {
		r, missing := wanted[i]
		if !missing {
			continue
		}
		b, pickErr := discover.Board{Name: ref}, err
		if err == nil {
			if b, pickErr = a.pick(r, boards, hosts[i]); pickErr != nil {
				b.Name = ref
			}
		}
		each(found{i, b, pickErr})
	}
	return warnings, err
}

// searchWarnings mentions sources that failed if nothing was found either, or to those who want to know.
func (a *app) searchWarnings(ctx context.Context, warnings []discover.Warning, foundAny bool) {
	for _, w := range warnings {
		if a.verbose || !foundAny && ctx.Err() == nil {
			a.warn("%v", w)
		}
	}
}
