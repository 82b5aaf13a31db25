package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/identity"
	"mpctl/internal/number"
)

const (
	appearTime = 45 * time.Second // for a board to start, join and announce itself
	noticeTime = 10 * time.Second // for this computer to find a board that has said where it listens
	answerTime = 5 * time.Second  // for the server of a found board to answer
	askAgain   = 200 * time.Millisecond
)

// Result is a board that was found on the network.
type Result struct {
	Board   boards.Board
	Reading *httpclient.Reading // of its light sensor; nil: the board has none
}

// URL is the board's page, by its name.
func (r Result) URL() string {
	host := r.Board.Name + ".local"
	if port := r.Board.Addr.Port(); port != identity.DefaultPort {
		host += ":" + strconv.Itoa(int(port))
	}
	return "http://" + host + "/"
}

// Verify waits until the board is found on the network, following its output on the cable meanwhile, and reads its
// light sensor.
//
// Errors: *CrashedError, *RejectedError for a board that says why it does not get onto its network, *UnreachableError,
// those of Network.Await and of the HTTP client, or that of ctx.
func (p *Provisioner) Verify(ctx context.Context, s Started) (Result, error) {
	var r Result
	if err := p.step(StepFound, func() (o outcome, err error) {
		if r.Board, err = p.find(ctx, s); err != nil {
			return o, err
		}
		addr := r.Board.Addr
		return outcome{fmt.Sprintf("%s at %s", r.Board.Name, addr),
			map[string]any{"name": r.Board.Name, "address": addr.Addr(), "port": addr.Port()}}, nil
	}); err != nil {
		return Result{}, err
	}
	if s.Target != nil {
		p.Network.RememberPort(ctx, r.Board, s.Target.port)
	}
	err := p.step(StepReading, func() (o outcome, err error) {
		r.Reading, o, err = p.read(ctx, r.Board)
		return o, err
	})
	return r, err
}

// find waits until the board is seen from this computer.
func (p *Provisioner) find(ctx context.Context, s Started) (boards.Board, error) {
	waiting, cancel := context.WithTimeout(ctx, cmp.Or(p.Timeout, appearTime))
	defer cancel()
	boot := &bootLog{}
	stop := s.follow(waiting, boot, cancel)
	found, err := p.Network.Await(waiting, s.ID)
	stop()
	if err != nil && waiting.Err() != nil {
		return p.explain(ctx, s, boot, err)
	}
	return found, err
}

// follow collects the board's output. It calls giveUp when waiting for the board is of no more use: when its firmware
// has crashed, and a while after the board has said where it listens. The returned function ends it and waits.
func (s Started) follow(ctx context.Context, boot *bootLog, giveUp func()) (stop func()) {
	if s.Target == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	var notice sync.Once
	go func() {
		defer close(ended)
		s.Target.follow(ctx, func(line string) {
			if boot.add(s.Target.redact(line)) {
				giveUp()
			}
			if boot.address().IsValid() {
				notice.Do(func() { time.AfterFunc(noticeTime, giveUp) })
			}
		})
	}()
	return func() {
		cancel()
		<-ended
	}
}

// explain returns why the board was not found, or finds it after all, at the address that it was given.
func (p *Provisioner) explain(ctx context.Context, s Started, boot *bootLog, err error) (boards.Board, error) {
	if traceback := boot.traceback(); len(traceback) > 1 {
		for _, line := range traceback {
			p.Reporter.Output(line)
		}
		return boards.Board{}, &CrashedError{traceback[len(traceback)-1]}
	}
	if ctx.Err() != nil {
		return boards.Board{}, ctx.Err()
	}
	addr := boot.address()
	if !addr.IsValid() {
		addr = s.Addr
	}
	if !addr.IsValid() {
		return boards.Board{}, notJoined(boot, err)
	}
	b := p.Network.Verify(ctx, boards.Board{ID: s.ID, Name: s.Name, Addr: addr}, 0)
	if b.Err != nil {
		return boards.Board{}, unreachable(addr.Addr())
	}
	p.Reporter.Warn(fmt.Sprintf("the board answers at %s, but its name does not get here: multicast is blocked, by a firewall or the access point", addr))
	return b, nil
}

// notJoined is why a board is not found that has not said its address: its own words, else err.
func notJoined(boot *bootLog, err error) error {
	if message := boot.lastMessage(); message != "" {
		return &RejectedError{"the board does not get onto its network; it says: " + message, "name the right network with --ssid"}
	}
	return err
}

// read takes the first reading. The result is nil for a board without a light sensor.
func (p *Provisioner) read(ctx context.Context, b boards.Board) (*httpclient.Reading, outcome, error) {
	const sensor = "light"
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	client := p.Network.Client().Board(b.Addr)
	for {
		r, err := client.Read(ctx, sensor)
		var status *httpclient.StatusError
		var network httpclient.Error
		switch {
		case err == nil:
			text := sensor + " cannot be read: " + r.Error
			if r.Value != nil {
				text = fmt.Sprintf("%s %s %s", sensor, number.Exact(*r.Value), r.Unit)
			}
			return &r, outcome{text, map[string]any{"sensor": r.Sensor, "value": r.Value, "unit": r.Unit}}, nil
		case errors.As(err, &status):
			return nil, outcome{"the board knows of no light sensor; --light-pin names its pin", map[string]any{"sensor": nil, "value": nil}}, nil
		case !errors.As(err, &network):
			return nil, outcome{}, fmt.Errorf("reading %s: %w", sensor, err)
		}
		// The board announces itself a moment before its server listens.
		select {
		case <-ctx.Done():
			return nil, outcome{}, fmt.Errorf("reading %s: %w", sensor, err)
		case <-time.After(askAgain):
		}
	}
}
