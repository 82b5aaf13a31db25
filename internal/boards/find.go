package boards

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"time"

	"mpctl/discover"
	"mpctl/internal/identity"
)

// searchAgain is the pause between two searches for one board.
const searchAgain = 500 * time.Millisecond

// Find finds one board by its name, name.local, IP[:port], or the beginning of its id. It returns a *RefError,
// a *NotFoundError, an *AmbiguousError, or the reason why a board that was found does not answer. The error is also the
// Board's Err.
func (f *Finder) Find(ctx context.Context, name string) (Board, error) {
	var found Board
	nothing := func(context.Context, Board) struct{} { return struct{}{} }
	eachNamed(ctx, f, []string{name}, nothing, func(_ int, b Board, _ struct{}) { found = b })
	return found, found.Err
}

// Await searches until the board with the id has answered. If ctx reaches its deadline before, the error is
// a *NotFoundError.
func (f *Finder) Await(ctx context.Context, id string) (Board, error) {
	missing := &NotFoundError{Ref: id}
	for {
		found, err := f.search(ctx, discover.Options{Done: func(found []discover.Board) bool {
			return slices.ContainsFunc(found, func(b discover.Board) bool { return b.ID == id })
		}})
		if err != nil && ctx.Err() == nil {
			return Board{}, err
		}
		missing.Found = namesOf(found)
		if i := slices.IndexFunc(found, func(b Board) bool { return b.ID == id }); i >= 0 {
			b := f.Verify(ctx, found[i], 0)
			if b.Err == nil {
				return b, nil
			}
			missing.Err = b.Err
		}
		select {
		case <-time.After(searchAgain):
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return Board{}, ctx.Err()
			}
			if len(missing.Found) == 0 {
				missing.hint = f.EmptyHint(context.WithoutCancel(ctx))
			}
			return Board{}, missing
		}
	}
}

// searchNamed finds boards that are not remembered. It calls found with each as soon as it knows the board's address, or
// with the reason in Err that there is none. The keys of wanted are for found.
func (f *Finder) searchNamed(ctx context.Context, wanted map[int]Ref, known []Board, found func(i int, b Board)) {
	if len(wanted) == 0 {
		return
	}
	// A board that does not announce its service may still own its name: on a Pico W the host name is answered by
	// firmware that knows nothing of mpctl.
	resolving, stop := context.WithCancel(ctx)
	defer stop()
	hosts := map[int]func() (netip.Addr, error){}
	for i, r := range wanted {
		hosts[i] = f.resolveLater(resolving, r.name+".local")
	}
	boards, err := f.search(ctx, discover.Options{Known: allToNetwork(known), Done: func(seen []discover.Board) bool {
		boards := allFromNetwork(seen)
		for i, r := range wanted {
			if at := slices.IndexFunc(boards, r.Names); at >= 0 {
				delete(wanted, i)
				found(i, boards[at])
			}
		}
		return len(wanted) == 0
	}})
	for i, r := range wanted {
		b := Board{Err: err}
		if err == nil {
			b, b.Err = f.pick(ctx, r, boards, hosts[i])
		}
		found(i, b)
	}
}

// resolveLater starts to resolve a host name, and returns a function that waits for the address.
func (f *Finder) resolveLater(ctx context.Context, host string) func() (netip.Addr, error) {
	type result struct {
		addrs []netip.Addr
		err   error
	}
	results := make(chan result, 1)
	go func() {
		addrs, err := f.resolve(ctx, host)
		results <- result{addrs, err}
	}()
	return func() (netip.Addr, error) {
		r := <-results
		if r.err != nil {
			return netip.Addr{}, r.err
		}
		return r.addrs[0], nil
	}
}

// pick returns the board that r means at the end of a search: one that was found, or else the owner of its host name.
func (f *Finder) pick(ctx context.Context, r Ref, found []Board, host func() (netip.Addr, error)) (Board, error) {
	if i := slices.IndexFunc(found, r.Names); i >= 0 {
		return found[i], nil
	}
	matching := slices.DeleteFunc(slices.Clone(found), func(b Board) bool { return !r.IsPrefixOf(b) })
	switch {
	case len(matching) == 1:
		return matching[0], nil
	case len(matching) > 1:
		return Board{}, &AmbiguousError{r.text, namesOf(matching)}
	}
	addr, err := host()
	if err != nil {
		missing := &NotFoundError{Ref: r.text, Found: namesOf(found)}
		if len(found) == 0 {
			missing.hint = f.EmptyHint(ctx)
		}
		return Board{}, missing
	}
	return Board{Name: r.name, Host: r.name + ".local", Addr: netip.AddrPortFrom(addr, identity.DefaultPort)}, nil
}
