package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/identity"
)

const (
	verifyTimeout = time.Second // for one board among all that were found

	defaultNamedTimeout = 5 * time.Second        // for a board the user asked for
	lookingText         = "looking for boards …" // until there is one
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

// search looks for boards.
func (a *app) search(ctx context.Context, o discover.Options) ([]discover.Board, error) {
	o.Interfaces, o.Timeout = a.interfaces, a.timeout
	boards, warnings, err := discover.Scan(ctx, o)
	a.searchWarnings(ctx, warnings, len(boards) > 0)
	return boards, err
}

// searchWarnings mentions sources that failed if nothing was found either, or to those who want to know.
func (a *app) searchWarnings(ctx context.Context, warnings []discover.Warning, foundAny bool) {
	for _, w := range warnings {
		if a.Verbose || !foundAny && ctx.Err() == nil {
			a.Warn("%v", w)
		}
	}
}

// identify asks whatever is at a board's address who it is. The board's Answer is an *httpclient.Info.
func identify(ctx context.Context, client *httpclient.Client, b discover.Board) (discover.Board, error) {
	info, err := client.Board(netip.AddrPortFrom(b.Addr, b.Port)).Info(ctx)
	if err != nil {
		return b, err
	}
	b.ID, b.Name, b.Model, b.Firmware, b.Answer = info.ID, info.Name, info.Board, info.Firmware, &info
	return b, nil
}

// verify asks the board at an announced address who it is: anybody may announce anything.
func verify(ctx context.Context, client *httpclient.Client, found discover.Board, limit time.Duration) board {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	b := board{Board: found}
	is, err := identify(ctx, client, found)
	switch {
	case err != nil:
		b.err = err
	case b.ID != "" && is.ID != b.ID:
		b.err = fmt.Errorf("board %s answers at %s, where %s was announced", is.ID, b.addrPort(), b.ID)
	default:
		b.Board, b.info = is, is.Answer.(*httpclient.Info)
	}
	return b
}

// waitForBoard searches until the board with the given id is found and has answered.
func (a *app) waitForBoard(ctx context.Context, id string) (board, error) {
	isIt := func(b discover.Board) bool { return b.ID == id }
	missing := &notFoundError{ref: id}
	for {
		found, err := a.search(ctx, discover.Options{Done: func(boards []discover.Board) bool { return slices.ContainsFunc(boards, isIt) }})
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
			if len(missing.have) == 0 {
				missing.hint = a.emptyHint(context.WithoutCancel(ctx))
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
	boards := make([]board, len(refs)) // each has its own place
	findNamed(ctx, a, refs, func(context.Context, board) any { return nil }, func(i int, b board, _ any) { boards[i] = b })
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
func (a *app) pick(ctx context.Context, r reference, found []discover.Board, host func() (netip.Addr, error)) (discover.Board, error) {
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
		missing := &notFoundError{ref: r.text, have: names(found)}
		if len(found) == 0 {
			missing.hint = a.emptyHint(ctx)
		}
		return discover.Board{}, missing
	}
	return discover.Board{Name: r.name, Host: r.name + ".local", Addr: addr, Port: identity.DefaultPort}, nil
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
