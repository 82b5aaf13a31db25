// Package follow follows the readings of many boards as they come: it finds the boards, holds a stream to each, waits
// for the ones that are lost, goes after the ones that move, and takes in the ones that appear. What happens is handed
// to any number of consumers as events.
package follow

import (
	"context"
	"net/netip"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
)

// Options say what is followed.
type Options struct {
	Names    []string      // of boards, as users name them; empty: every board, also the ones that appear later
	Sensor   string        // empty: every sensor
	Interval time.Duration // between the readings of a sensor
}

// Kind is what has happened.
type Kind string

const (
	// Joined: a board is followed from now on. It may not have answered yet.
	Joined Kind = "joined"
	// Answered: the board has said who it is. Its id and name may differ from what was announced.
	Answered Kind = "answered"
	// Read: the board has sent Event.Readings.
	Read Kind = "read"
	// Lost: the board does not send any more, for the reason in Member.Err. It is waited for.
	Lost Kind = "lost"
	// Ended: waiting cannot help, and the board is not asked any more. A Lost comes before unless there was one.
	Ended Kind = "ended"
	// Excluded: the board has no sensor as it was asked for, and nobody named the board. It is not asked any more.
	Excluded Kind = "excluded"
	// Missing: a board was named and not found, for the reason in Member.Err. It is followed when it appears.
	Missing Kind = "missing"
	// Searched: the first search is over. Event.Hint says why there may be no board, if none was found.
	Searched Kind = "searched"
)

// Event is something that has happened to a board, or to the search.
type Event struct {
	Kind     Kind
	Time     time.Time
	Member   Member               // as it is now; without a Number for Missing and Searched
	Readings []httpclient.Reading // of one moment
	Outage   time.Duration        // of a Read: how long the board was lost before, 0 if it was not
	Hint     string
}

// Member is a board that is followed.
type Member struct {
	Number int // tells members apart: 1, 2, … in the order in which they were found
	Index  int // of the name in Options.Names that means the board; without names, as Number from 0
	Board  boards.Board
	Heard  bool      // it has sent readings, even if that were none
	Since  time.Time // when it was lost or first looked for; zero while it sends
	Err    error     // why it does not send
	Ended  bool      // it is not asked any more
}

// member is a Member with what only the engine needs.
type member struct {
	Member
	movedTo netip.AddrPort // where it has been announced too, should it be lost
	cancel  context.CancelFunc
}

// follower is the state of one Run. One goroutine owns it; whatever others learn becomes a function in the inbox.
type follower struct {
	Options
	finder    *boards.Finder
	ctx       context.Context
	inbox     chan func()
	consumers []func(Event)
	members   []*member
}

// Run follows boards until ctx ends, and hands each event to each of the consumers, one after the other on the
// goroutine that called Run: a consumer that takes long holds up the others. It returns ctx's error, or the reason why
// boards cannot be searched for.
func Run(ctx context.Context, finder *boards.Finder, o Options, consumers ...func(Event)) error {
	running, stop := context.WithCancel(ctx)
	f := &follower{Options: o, finder: finder, ctx: running, inbox: make(chan func()), consumers: consumers}
	searched := make(chan error, 1)
	go func() { searched <- f.search() }()
	var failed error
	for failed == nil && ctx.Err() == nil {
		select {
		case handle := <-f.inbox:
			handle()
		case failed = <-searched:
			searched = nil // it comes once
		case <-ctx.Done():
		}
	}
	stop()
	if searched != nil {
		<-searched
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return failed
}

// post hands a function to the goroutine that owns the state.
func (f *follower) post(handle func()) {
	select {
	case f.inbox <- handle:
	case <-f.ctx.Done():
	}
}

func (f *follower) emit(e Event) {
	e.Time = time.Now()
	for _, consume := range f.consumers {
		consume(e)
	}
}

func (f *follower) tell(kind Kind, m *member) { f.emit(Event{Kind: kind, Member: m.Member}) }
