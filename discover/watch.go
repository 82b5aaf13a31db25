package discover

import (
	"context"
	"fmt"
	"reflect"
	"time"
)

// EventKind is what has happened to a board.
type EventKind int

const (
	Added EventKind = iota
	Changed
	Lost
)

func (k EventKind) String() string {
	switch k {
	case Added:
		return "added"
	case Changed:
		return "changed"
	case Lost:
		return "lost"
	}
	return fmt.Sprintf("EventKind(%d)", int(k))
}

// Event is one board that came, changed or went. A board that is announced but does not answer has Board.Err set.
type Event struct {
	Kind  EventKind
	Time  time.Time
	Board Board
}

// Watch reports what happens to boards until ctx ends, one event at a time. It returns ctx's error, or why there is
// nothing to watch.
func Watch(ctx context.Context, o Options, event func(Event)) error {
	key := func(b Board) string { return b.ID + b.Name }
	o.Done, o.Found = nil, nil
	have := map[string]Board{}
	for ctx.Err() == nil {
		boards, _, err := Scan(ctx, o)
		if err != nil {
			return err
		}
		now := map[string]Board{}
		for _, b := range boards {
			now[key(b)] = b
			before, known := have[key(b)]
			switch {
			case !known:
				event(Event{Added, time.Now(), b})
			case !reflect.DeepEqual(before, b):
				event(Event{Changed, time.Now(), b})
			}
		}
		for k, b := range have {
			if _, there := now[k]; !there {
				event(Event{Lost, time.Now(), b})
			}
		}
		have = now
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
	}
	return ctx.Err()
}
