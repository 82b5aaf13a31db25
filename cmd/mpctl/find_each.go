package main

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
)

// Whoever waits for a board that is slow, or not there, waits for that one alone: what is found is used at once, and
// handed to each as soon as that is done, from several goroutines perhaps. At the end it is remembered.

// findAll finds every board there is and calls use with each that has said who it is. Of a board that has not, the
// error is in its err, and there is no result.
func findAll[T any](ctx context.Context, a *app, use func(context.Context, board) T, each func(i int, b board, result T)) error {
	client := a.client()
	var using sync.WaitGroup
	defer using.Wait()
	known := map[string]bool{}
	found, err := a.search(ctx, discover.Options{
		Known:  a.remembered(),
		Verify: func(ctx context.Context, b discover.Board) (discover.Board, error) { return identify(ctx, client, b) },
		Found: func(found discover.Board) {
			if !found.Verified || known[found.ID] {
				return
			}
			known[found.ID] = true
			b, i := asBoard(found), len(known)-1
			using.Go(func() { each(i, b, use(ctx, b)) })
		},
	})
	var none T
	boards := make([]board, len(found))
	silent := len(known)
	for i, b := range found {
		boards[i] = asBoard(b)
		if b.Err != nil {
			each(silent, boards[i], none)
			silent++
		}
	}
	a.remember(ctx, boards...)
	return err
}

// asBoard is a board as a search with identify found it.
func asBoard(b discover.Board) board {
	info, _ := b.Answer.(*httpclient.Info)
	return board{Board: b, info: info, err: b.Err}
}

// findNamed finds the boards that refs name, and calls use with each while it is asked whether it is the one. Where it
// is not, what came of that is dropped: then the error is in the board's err, or use is called again with the board
// that was found instead.
func findNamed[T any](ctx context.Context, a *app, refs []string, use func(context.Context, board) T, each func(i int, b board, result T)) {
	client, known := a.client(), a.remembered()
	boards := make([]board, len(refs))
	var running sync.WaitGroup
	defer func() {
		running.Wait()
		a.remember(ctx, boards...)
	}()
	found := func(i int, b board) {
		running.Go(func() {
			var result T
			if b.err == nil {
				b, result = askMeanwhile(ctx, client, b.Board, a.namedTimeout(), use)
			}
			if b.Name == "" { // not found, or not asked: what the user called it
				b.Name = refs[i]
			}
			boards[i] = b
			each(i, b, result)
		})
	}
	unknown := map[int]reference{}
	for i, ref := range refs {
		r, err := parseReference(ref)
		switch {
		case err != nil:
			found(i, board{err: err})
		case r.addr.IsValid():
			found(i, board{Board: discover.Board{Addr: r.addr.Addr(), Port: r.addr.Port()}})
		case !slices.ContainsFunc(known, r.names):
			unknown[i] = r
		default:
			running.Go(func() {
				if b, result, ok := recall(ctx, client, ref, known, use); ok {
					boards[i] = b
					each(i, b, result)
				} else {
					a.searchFor(ctx, map[int]reference{i: r}, known, found)
				}
			})
		}
	}
	a.searchFor(ctx, unknown, known, found)
}

// searchFor finds boards that are not remembered, and calls found with each as soon as it knows where, or that it is
// nowhere.
func (a *app) searchFor(ctx context.Context, wanted map[int]reference, known []discover.Board, found func(i int, b board)) {
	if len(wanted) == 0 {
		return
	}
	// A board that does not announce its service may still own its name: on a Pico W the host name is answered by
	// firmware that knows nothing of us.
	asking, stop := context.WithCancel(ctx)
	defer stop()
	hosts := map[int]func() (netip.Addr, error){}
	for i, r := range wanted {
		hosts[i] = a.resolveLater(asking, r.name+".local")
	}
	boards, err := a.search(ctx, discover.Options{Known: known, Done: func(boards []discover.Board) bool {
		for i, r := range wanted {
			if at := slices.IndexFunc(boards, r.names); at >= 0 {
				delete(wanted, i)
				found(i, board{Board: boards[at]})
			}
		}
		return len(wanted) == 0
	}})
	for i, r := range wanted {
		b := board{err: err}
		if err == nil {
			b.Board, b.err = a.pick(ctx, r, boards, hosts[i])
		}
		found(i, b)
	}
}

// askMeanwhile asks a board who it is while use does its work. The result counts if the board's err is nil.
func askMeanwhile[T any](ctx context.Context, client *httpclient.Client, b discover.Board, limit time.Duration,
	use func(context.Context, board) T) (board, T) {
	using, stop := context.WithCancel(ctx)
	defer stop()
	results := make(chan T, 1)
	go func() { results <- use(using, board{Board: b}) }()
	asked := verify(ctx, client, b, limit)
	if asked.err != nil {
		stop()
	}
	return asked, <-results
}
