package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
)

const (
	defaultPort   = 80
	verifyTimeout = time.Second // for one board among all that were found
	minIDPrefix   = 6
	atOnce        = 16 // boards talked to at the same time

	defaultNamedTimeout = 5 * time.Second // for a board the user asked for
)

// board is a board that was found. Either it has told who it is, or err says why not; without both it has not
// been asked.
type board struct {
	discover.Board
	info *httpclient.Info
	err  error
}

func (b board) addrPort() netip.AddrPort { return netip.AddrPortFrom(b.Addr, b.Port) }

// client returns what this command fetches with.
func (a *app) client() *httpclient.Client { return httpclient.New(a.clientOptions()) }

// clientOptions are how this command fetches. --timeout is the longest it waits for anything.
func (a *app) clientOptions() httpclient.Options {
	return httpclient.Options{
		Resolve: func(ctx context.Context, host string) ([]netip.Addr, error) {
			return discover.Resolve(ctx, host, discover.ResolveOptions{Interfaces: a.interfaces})
		},
		Connect:   a.timeout,
		Idle:      a.timeout,
		UserAgent: "mpctl",
	}
}

// search looks for boards without talking to them. Sources that failed are mentioned if nothing was found
// either, or to those who want to know.
func (a *app) search(ctx context.Context, done func([]discover.Board) bool) ([]discover.Board, error) {
	boards, warnings, err := discover.Scan(ctx, discover.Options{Interfaces: a.interfaces, Timeout: a.timeout, Done: done})
	for _, w := range warnings {
		if a.verbose || len(boards) == 0 && ctx.Err() == nil {
			a.warn("%v", w)
		}
	}
	return boards, err
}

// scan finds every board and asks each who it is.
func (a *app) scan(ctx context.Context) ([]board, error) {
	found, err := a.search(ctx, nil)
	if err != nil {
		return nil, err
	}
	boards := make([]board, len(found))
	client := a.client()
	parallel(len(found), func(i int) { boards[i] = verify(ctx, client, found[i], verifyTimeout) })
	return boards, ctx.Err()
}

// parallel calls do for 0 to n-1, some at the same time, and returns when all have.
func parallel(n int, do func(i int)) {
	var running sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for i := range n {
		free <- struct{}{}
		running.Go(func() {
			defer func() { <-free }()
			do(i)
		})
	}
	running.Wait()
}

// verify asks the board at an announced address who it is: anybody may announce anything.
func verify(ctx context.Context, client *httpclient.Client, found discover.Board, limit time.Duration) board {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b := board{Board: found}
	info, err := client.Board(b.addrPort()).Info(ctx)
	switch {
	case err != nil:
		b.err = err
	case b.ID != "" && info.ID != b.ID:
		b.err = fmt.Errorf("board %s answers at %s, where %s was announced", info.ID, b.addrPort(), b.ID)
	default:
		b.info = &info
		b.ID, b.Model, b.Firmware = info.ID, info.Board, info.Firmware
		if b.Name == "" {
			b.Name = info.Name
		}
	}
	return b
}

// waitForBoard searches until the board with the given id is found and has answered.
func (a *app) waitForBoard(ctx context.Context, id string) (board, error) {
	isIt := func(b discover.Board) bool { return b.ID == id }
	missing := &notFoundError{ref: id, hint: a.emptyHint()}
	for {
		found, err := a.search(ctx, func(boards []discover.Board) bool { return slices.ContainsFunc(boards, isIt) })
		if err != nil && ctx.Err() == nil {
			return board{}, err
		}
		missing.have = names(found)
		if i := slices.IndexFunc(found, isIt); i >= 0 {
			b := verify(ctx, a.client(), found[i], a.namedTimeout())
			if b.err == nil {
				return b, nil
			}
			missing.err = b.err
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return board{}, ctx.Err()
			}
			return board{}, missing
		}
	}
}

// findBoard finds one board: by name, name.local, IP[:port], or the beginning of its id.
func (a *app) findBoard(ctx context.Context, ref string) (board, error) {
	b := a.findBoards(ctx, []string{ref})[0]
	return b, b.err
}

// findBoards finds boards as findBoard does, all in one search. The error of each is in its err.
func (a *app) findBoards(ctx context.Context, refs []string) []board {
	boards := make([]board, len(refs))
	parsed := make([]reference, len(refs))
	var wanted []reference
	for i, ref := range refs {
		parsed[i], boards[i].err = parseReference(ref)
		if boards[i].err == nil && !parsed[i].addr.IsValid() {
			wanted = append(wanted, parsed[i])
		}
	}
	// A board that does not announce its service may still own its name: on a Pico W the host name is answered by
	// firmware that knows nothing of us.
	asking, stop := context.WithCancel(ctx)
	defer stop()
	hosts := make([]func() (netip.Addr, error), len(refs))
	for i, r := range parsed {
		if boards[i].err == nil && !r.addr.IsValid() {
			hosts[i] = a.resolveLater(asking, r.name+".local")
		}
	}
	var found []discover.Board
	var searchErr error
	if len(wanted) > 0 {
		found, searchErr = a.search(ctx, func(found []discover.Board) bool {
			return !slices.ContainsFunc(wanted, func(r reference) bool { return !slices.ContainsFunc(found, r.names) })
		})
	}
	client := a.client()
	parallel(len(refs), func(i int) {
		b, r := &boards[i], parsed[i]
		switch {
		case b.err != nil:
			return
		case r.addr.IsValid():
			b.Board = discover.Board{Addr: r.addr.Addr(), Port: r.addr.Port()}
		case searchErr != nil:
			b.err = searchErr
			return
		default:
			if b.Board, b.err = a.pick(r, found, hosts[i]); b.err != nil {
				return
			}
		}
		*b = verify(ctx, client, b.Board, a.namedTimeout())
	})
	for i := range boards {
		if boards[i].Name == "" { // not found, or not asked: what the user called it
			boards[i].Name = refs[i]
		}
	}
	return boards
}

// resolveLater starts to resolve a host, and returns a function that waits for the address.
func (a *app) resolveLater(ctx context.Context, host string) func() (netip.Addr, error) {
	type answer struct {
		addr netip.Addr
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		addrs, err := discover.Resolve(ctx, host, discover.ResolveOptions{Interfaces: a.interfaces})
		if err != nil {
			answers <- answer{err: err}
			return
		}
		answers <- answer{addr: addrs[0]}
	}()
	return func() (netip.Addr, error) {
		got := <-answers
		return got.addr, got.err
	}
}

// pick returns the board that r means: one that was found, or else whatever answers at its host name.
func (a *app) pick(r reference, found []discover.Board, host func() (netip.Addr, error)) (discover.Board, error) {
	if i := slices.IndexFunc(found, r.names); i >= 0 {
		return found[i], nil
	}
	fit := slices.DeleteFunc(slices.Clone(found), func(b discover.Board) bool { return !r.begins(b) })
	switch {
	case len(fit) == 1:
		return fit[0], nil
	case len(fit) > 1:
		return discover.Board{}, &ambiguousError{r.text, names(fit)}
	}
	addr, err := host()
	if err != nil {
		return discover.Board{}, &notFoundError{ref: r.text, have: names(found), hint: a.emptyHint()}
	}
	return discover.Board{Name: r.name, Host: r.name + ".local", Addr: addr, Port: defaultPort}, nil
}

// namedTimeout is the limit for talking to a board that the user asked for.
func (a *app) namedTimeout() time.Duration { return cmp.Or(a.timeout, defaultNamedTimeout) }

func names(boards []discover.Board) []string {
	var names []string
	for _, b := range boards {
		names = append(names, b.Name)
	}
	return names
}
