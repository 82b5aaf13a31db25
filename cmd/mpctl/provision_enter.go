package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mpctl/serialio"
)

const (
	buttonTime = 30 * time.Second       // for a person to find and press the reset button
	returnTime = 10 * time.Second       // for a port that went away with a reset to be there again
	lookAgain  = 250 * time.Millisecond // for it
)

// enter brings the board to its raw prompt: by interrupting what runs, else by the reset line, else by a person's
// finger on the reset button.
func (p *provisioning) enter(ctx context.Context) (err error) {
	var silent *serialio.NoREPLError
	p.repl, err = serialio.Enter(ctx, p.conn)
	if errors.As(err, &silent) && p.port.IsBridge() && p.conn.Reset() == nil {
		p.repl, err = serialio.Enter(ctx, p.conn)
	}
	if errors.As(err, &silent) && p.steps.live && p.steps.row == nil && isTerminal(p.a.stdin) {
		p.steps.clear()
		fmt.Fprintf(p.a.stderr, "  The board does not listen. Press its reset button now; %d seconds are left …", int(buttonTime.Seconds()))
		p.repl, err = serialio.EnterWithin(ctx, p.conn, buttonTime)
	}
	return err
}

// again does what is done over the raw REPL a second time where a fresh start of the board's Python can help: when
// something on the board prints in between, when its heap is full, or when it restarted under our hands.
func (p *provisioning) again(ctx context.Context, do func() error) error {
	err := do()
	var exec *serialio.ExecError
	switch {
	case isA[*serialio.RestartedError](err):
		if p.repl, err = serialio.Enter(ctx, p.conn); err != nil {
			return err
		}
	case isA[*serialio.ProtocolError](err), errors.As(err, &exec) && exec.OutOfMemory():
		if err := p.repl.SoftReset(ctx); err != nil {
			return err
		}
	default:
		return err
	}
	return do()
}

// follow hands over the lines that the board prints after its restart. A native USB port goes away with the restart
// and comes back, perhaps under another name: it is known by its serial number then.
func (p *provisioning) follow(ctx context.Context, line func(string)) {
	err := p.repl.Lines(ctx, line)
	var gone *serialio.GoneError
	if !errors.As(err, &gone) || p.port.Serial == "" {
		return
	}
	_ = p.conn.Close()
	for end := time.Now().Add(returnTime); time.Now().Before(end); {
		ports, _ := p.a.ports(ctx) // the list is of use only when it has the board
		for _, port := range ports {
			if port.Serial != p.port.Serial {
				continue
			}
			if conn, err := serialio.Open(port.Path); err == nil {
				p.port, p.conn = port, conn
				_ = serialio.Lines(ctx, conn, line)
				return
			}
		}
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return
		}
	}
}
