package discover

import (
	"context"
	"fmt"
	"slices"
	"time"
)

const (
	defaultTimeout = 3 * time.Second
	minScan        = 300 * time.Millisecond // by then each source has asked three times

	// A search is over when nothing new came for this long. RFC 6762 §6 lets a responder wait 120 ms; a board whose
	// radio sleeps hears a question up to 300 ms late. The more boards there are, the more likely it is that every answer
	// of one of them was lost.
	quietAfter    = 400 * time.Millisecond
	quietPerBoard = 8 * time.Millisecond
	maxQuiet      = 1200 * time.Millisecond
)

// Scan searches until Options.Done returns true or Options.Timeout is over. Without Done it also ends when boards were
// found, no further board turns up, and each has been asked who it is. The list is sorted by name; finding nothing is
// no error. An InterfaceError is returned if a named interface cannot be searched, ctx's error if ctx ends, together
// with what was found until then.
func Scan(ctx context.Context, o Options) ([]Board, []Warning, error) {
	links, err := usableLinks(o.Interfaces)
	if err != nil {
		return nil, nil, err
	}
	sources := newKnownBeacons(o.Known)
	for _, l := range links {
		sources = append(sources, newQueriers(l)...)
		sources = append(sources, newBeacons(l)...)
		sources = append(sources, sweep{l})
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	boards, warnings, err := scan(ctx, sources, o)
	return boards, withoutNeedless(warnings, links), err
}

// withoutNeedless drops the sweep's failures on links on which our own queries were sent: hashicorp/mdns needs a
// multicast route, which a computer without a network does not have.
func withoutNeedless(warnings []Warning, links []link) []Warning {
	from := func(s fmt.Stringer) func(Warning) bool {
		return func(w Warning) bool { return w.Source == s.String() }
	}
	for _, l := range links {
		if !slices.ContainsFunc(warnings, from(&querier{link: l})) {
			warnings = slices.DeleteFunc(warnings, from(sweep{l}))
		}
	}
	return warnings
}

func scan(ctx context.Context, sources []source, o Options) (boards []Board, warnings []Warning, err error) {
	searching, cancel := context.WithCancel(ctx)
	s := &search{ctx: searching, o: o, inbox: make(chan func()), onSilence: func(*entry) {}}
	defer s.running.Wait()
	defer cancel()

	done := false
	begin := time.Now()
	last := begin.Add(minScan) // when the last new board was found
	s.onChange = func(e *entry) {
		b := e.board()
		if e.askedAt.IsZero() || e.err != nil && len(e.addrPorts()) > e.asked {
			s.enqueue(e)
		}
		if e.reported != nil && equal(*e.reported, b) {
			return
		}
		if e.reported == nil && time.Now().After(last) {
			last = time.Now()
		}
		e.reported = &b
		if o.Found != nil {
			o.Found(b)
		}
		done = done || o.Done != nil && o.Done(s.table.boards())
	}
	left := len(sources)
	for _, src := range sources {
		s.start(searching, src, func(err error) {
			left--
			if err != nil {
				warnings = append(warnings, Warning{src.String(), err})
			}
		})
	}
	s.verifyKnown()
	deadline := begin.Add(o.Timeout)
	for {
		end := deadline
		// A caller that waits for a certain board also waits for slow boards.
		if n := len(s.table.entries); n > 0 && o.Done == nil {
			quiet := last.Add(min(quietAfter+time.Duration(n)*quietPerBoard, maxQuiet))
			end = slices.MinFunc([]time.Time{end, quiet}, time.Time.Compare)
		}
		if s.verifying > 0 && !time.Now().Before(end) {
			end = deadline.Add(verifyTimeout)
		}
		if done || s.verifying == 0 && left == 0 || !time.Now().Before(end) {
			return s.table.boards(), warnings, nil
		}
		timer := time.NewTimer(time.Until(end))
		select {
		case f := <-s.inbox:
			f()
		case <-timer.C:
		case <-ctx.Done():
			return s.table.boards(), warnings, ctx.Err()
		}
		timer.Stop()
	}
}
