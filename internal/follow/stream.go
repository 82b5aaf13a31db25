package follow

import (
	"context"
	"slices"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
)

func (f *follower) join(index int, b boards.Board) {
	m := &member{Member: Member{Number: len(f.members) + 1, Index: index, Board: b, Since: time.Now()}}
	f.members = append(f.members, m)
	f.tell(Joined, m)
	f.stream(m)
}

// move follows a board that is lost to where it has been announced since.
func (f *follower) move(m *member) {
	if m.Since.IsZero() || m.Ended || !m.movedTo.IsValid() || m.movedTo == m.Board.Addr {
		return
	}
	m.cancel()
	m.Board.Addr = m.movedTo
	f.stream(m)
}

// stream holds a stream to a board until the board moves, or cannot be followed.
func (f *follower) stream(m *member) {
	var ctx context.Context
	ctx, m.cancel = context.WithCancel(f.ctx)
	// What a stream says after the board has moved is not about this board any more.
	post := func(handle func()) {
		f.post(func() {
			if ctx.Err() == nil {
				handle()
			}
		})
	}
	o := httpclient.StreamOptions{Sensor: f.Sensor, Interval: f.Interval, ID: m.Board.ID}
	api := f.finder.Client().Board(m.Board.Addr)
	go func() {
		err := api.Stream(ctx, o, func(e httpclient.StreamEvent) { post(func() { f.handle(m, e) }) })
		post(func() {
			m.Ended = true
			f.lose(m, err)
			f.tell(Ended, m)
		})
	}()
}

func (f *follower) handle(m *member, e httpclient.StreamEvent) {
	switch {
	case e.Info != nil:
		f.answered(m, e.Info)
	case e.Err != nil:
		f.lose(m, e.Err)
		f.move(m)
	default:
		f.read(m, e.Readings)
	}
}

func (f *follower) answered(m *member, info *httpclient.Info) {
	m.Board.ID, m.Board.Name, m.Board.Info = info.ID, info.Name, info
	if len(f.Names) > 0 || f.Sensor == "" || hasSensor(info, f.Sensor) {
		f.tell(Answered, m)
		return
	}
	m.Ended = true
	m.cancel()
	f.tell(Excluded, m)
}

func hasSensor(info *httpclient.Info, sensor string) bool {
	return slices.ContainsFunc(info.Sensors, func(s httpclient.Sensor) bool { return s.Name == sensor })
}

func (f *follower) lose(m *member, err error) {
	known := m.Err != nil
	m.Err = err
	if known {
		return
	}
	if m.Since.IsZero() {
		m.Since = time.Now()
	}
	f.tell(Lost, m)
}

func (f *follower) read(m *member, readings []httpclient.Reading) {
	var outage time.Duration
	if m.Err != nil && m.Heard {
		outage = time.Since(m.Since)
	}
	m.Heard, m.Since, m.Err = true, time.Time{}, nil
	f.emit(Event{Kind: Read, Member: m.Member, Readings: readings, Outage: outage})
}
