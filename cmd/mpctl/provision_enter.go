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
