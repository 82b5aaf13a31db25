package main

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"sync"
	"time"

	"mpctl/discover"
	"mpctl/internal/console/termsafe"
	"mpctl/serialio"
)

const (
	portInterval = time.Second // between two looks at what is plugged in
	settleTime   = time.Second // until the boards that are there have answered
)

// lsEvent is a line of `ls --watch --json`.
type lsEvent struct {
	Event string `json:"event"` // added, changed or lost
	Time  string `json:"time"`  // RFC 3339
	Board lsRow  `json:"board"`
}

// watchView is where --watch shows what happens.
type watchView interface {
	note(event string, row lsRow, now time.Time) error
	warn(err error)
	close()
}

// lsWatch shows what comes, changes and goes until ctx or --timeout ends it.
func (a *app) lsWatch(ctx context.Context, o lsOptions) error {
	watching, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if a.timeout > 0 {
		var cancel context.CancelFunc
		watching, cancel = context.WithTimeout(watching, a.timeout)
		defer cancel()
	}
	r := newRoster(a.memory.Boards())
	var view watchView = eventPrinter{a}
	if screen := a.liveScreen(); screen != nil {
		view = newLiveWatch(watching, a, screen, r)
	}
	differences := &differences{rows: r.rows, emit: func(event string, row lsRow) {
		if err := view.note(event, row, time.Now()); err != nil {
			stop(err)
		}
	}}
	var looking sync.WaitGroup
	if o.usb {
		looking.Go(func() {
			switch err := a.watchPorts(watching, r, differences.tell); {
			case err != nil && o.lan:
				view.warn(err)
			case err != nil:
				stop(err)
			}
		})
	}
	if o.usb && o.lan { // a board that is there is not to be announced twice
		r.wait(true)
		defer time.AfterFunc(settleTime, func() { r.wait(false); differences.tell() }).Stop()
	}
	if o.lan {
		options := a.lsSearch(o)
		options.Warn = func(w discover.Warning) {
			if a.Verbose {
				view.warn(w)
			}
		}
		looking.Go(func() {
			if err := a.watchBoards(watching, o, options, r, differences.tell); err != nil {
				stop(err)
			}
		})
	}
	<-watching.Done()
	looking.Wait()
	view.close()
	switch cause := context.Cause(watching); {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(cause, context.DeadlineExceeded):
		return nil
	default:
		return cause
	}
}

// watchBoards keeps the boards of the roster up to date.
func (a *app) watchBoards(ctx context.Context, o lsOptions, options discover.Options, r *roster, tell func()) error {
	if verify := options.Verify; verify != nil {
		options.Verify = func(ctx context.Context, b discover.Board) (discover.Board, error) {
			is, err := verify(ctx, b)
			if err == nil {
				r.refresh(is.ID, is.Answer.(lsAnswer))
			}
			return is, err
		}
	}
	err := discover.Watch(ctx, options, func(e discover.Event) {
		if e.Kind == discover.Added && o.usb { // its cable belongs to what is told of it
			if ports, err := a.ports(ctx); err == nil {
				r.plug(ports)
			}
		}
		if e.Kind == discover.Lost {
			r.lose(e.Board)
		} else {
			r.see(e.Board)
		}
		tell()
		a.remember(ctx, answered(e.Board)...)
	})
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// watchPorts keeps the ports of the roster up to date. It fails if the first look does: what has worked will again.
func (a *app) watchPorts(ctx context.Context, r *roster, tell func()) error {
	var last []serialio.Port
	for first := true; ; first = false {
		ports, err := a.ports(ctx)
		switch {
		case err == nil && slices.Equal(ports, last):
		case err == nil:
			r.plug(ports)
			tell()
			last = ports
		case first && ctx.Err() == nil:
			return err
		}
		select {
		case <-time.After(portInterval):
		case <-ctx.Done():
			return nil
		}
	}
}

// differences tells what has happened to rows since it was last asked.
type differences struct {
	mu   sync.Mutex
	rows func() []lsRow
	last map[string]lsRow
	emit func(event string, row lsRow)
}

func (d *differences) tell() {
	d.mu.Lock()
	defer d.mu.Unlock()
	rows := d.rows()
	now := map[string]lsRow{}
	ports := map[string]bool{}
	for _, row := range rows {
		now[row.key()] = row
		ports[text(row.USB)] = true
	}
	for key, row := range d.last {
		// A port that has become part of its board's row is still there.
		if _, there := now[key]; !there && (row.Address != nil || !ports[text(row.USB)]) {
			d.emit("lost", row.gone())
		}
	}
	for _, row := range rows {
		switch before, known := d.last[row.key()]; {
		case !known:
			d.emit("added", row)
		case !reflect.DeepEqual(before.lasting(), row.lasting()):
			d.emit("changed", row)
		}
	}
	d.last = now
}

// eventPrinter prints every event as a line.
type eventPrinter struct{ a *app }

func (p eventPrinter) warn(err error) { p.a.Warn("%v", err) }
func (p eventPrinter) close()         {}

func (p eventPrinter) note(event string, row lsRow, now time.Time) error {
	if p.a.JSON {
		line, err := json.Marshal(lsEvent{event, now.Format(timeFormat), row})
		if err != nil {
			return err
		}
		if isTerminal(p.a.stdout) {
			line = []byte(termsafe.Line(string(line)))
		}
		return p.a.writeLine(line)
	}
	line := event
	for _, cell := range row.cells(false) {
		line += "\t" + termsafe.Line(cell)
	}
	return p.a.writeLine([]byte(line))
}
