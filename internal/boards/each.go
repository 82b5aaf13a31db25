package boards

import (
	"context"
	"slices"
	"sync"
	"time"

	"mpctl/discover"
)

// Each finds the boards with these names, as Find does, or every board if names is empty, and calls use with each.
// It hands the result to each, with the index of the name, or without names the number of the board in the order of the
// answers.
//
// A slow board holds up no result but its own: use and each are called as early as possible, by several goroutines at
// once. A board that was named is used while it is being asked who it is. If another board answers, the result is
// dropped, and use is called again with the board that is found instead. A board that does not answer is handed
// to each with its Err and no result.
//
// Each returns an error if the search without names fails.
func Each[T any](ctx context.Context, f *Finder, names []string, use func(context.Context, Board) T, each func(i int, b Board, result T)) error {
	if len(names) == 0 {
		return eachFound(ctx, f, use, each)
	}
	eachNamed(ctx, f, names, use, each)
	return nil
}

func eachFound[T any](ctx context.Context, f *Finder, use func(context.Context, Board) T, each func(i int, b Board, result T)) error {
	var using sync.WaitGroup
	defer using.Wait()
	used := map[string]bool{}
	found, err := f.search(ctx, discover.Options{
		Known: allToNetwork(f.remembered()),
		Verify: func(ctx context.Context, b discover.Board) (discover.Board, error) {
			b, _, err := f.ask(ctx, b, "")
			return b, err
		},
		Found: func(found discover.Board) {
			if !found.Verified || used[found.ID] {
				return
			}
			i, b := len(used), fromNetwork(found)
			used[b.ID] = true
			using.Go(func() { each(i, b, use(ctx, b)) })
		},
	})
	var none T
	next := len(used)
	for _, b := range found {
		if b.Err != nil {
			each(next, b, none)
			next++
		}
	}
	f.remember(ctx, found...)
	return err
}

func eachNamed[T any](ctx context.Context, f *Finder, names []string, use func(context.Context, Board) T, each func(i int, b Board, result T)) {
	known := f.remembered()
	boards := make([]Board, len(names))
	var running sync.WaitGroup
	defer func() {
		running.Wait()
		f.remember(ctx, boards...)
	}()
	found := func(i int, b Board) {
		running.Go(func() {
			var result T
			if b.Err == nil {
				b, result = useAndVerify(ctx, f, b, f.NamedLimit(), use)
			}
			if b.Name == "" { // without an answer there is only the user's name for it
				b.Name = names[i]
			}
			boards[i] = b
			each(i, b, result)
		})
	}
	unknown := map[int]Ref{}
	for i, name := range names {
		r, err := ParseRef(name)
		// Of several boards with the name, the one that answered last comes first.
		recalled := slices.IndexFunc(known, r.Names)
		switch {
		case err != nil:
			found(i, Board{Err: err})
		case r.addr.IsValid():
			found(i, Board{Addr: r.addr})
		case recalled < 0:
			unknown[i] = r
		default:
			running.Go(func() {
				b, result := useAndVerify(ctx, f, known[recalled], verifyLimit, use)
				if b.Err != nil || b.Name != known[recalled].Name { // it has moved, or was renamed
					f.searchNamed(ctx, map[int]Ref{i: r}, known, found)
					return
				}
				boards[i] = b
				each(i, b, result)
			})
		}
	}
	f.searchNamed(ctx, unknown, known, found)
}

// useAndVerify asks a board who it is while use does its work. The result counts if the board's Err is nil.
func useAndVerify[T any](ctx context.Context, f *Finder, b Board, limit time.Duration, use func(context.Context, Board) T) (Board, T) {
	using, stop := context.WithCancel(ctx)
	defer stop()
	results := make(chan T, 1)
	go func() { results <- use(using, b) }()
	verified := f.Verify(ctx, b, limit)
	if verified.Err != nil {
		stop()
	}
	return verified, <-results
}
