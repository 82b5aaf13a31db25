package provision

import (
	"context"
	"fmt"
	"strings"
	"time"

	"mpctl/internal/boards"
	"mpctl/internal/number"
	"mpctl/serialio"
)

const (
	buttonTime  = 30 * time.Second       // for a person to find and press the reset button
	returnTime  = 10 * time.Second       // for a port that vanished with a reset to come back
	returnCheck = 250 * time.Millisecond // between two looks for that port
)

// roomyHeap is how many free bytes suffice for everything that is done on the board.
const roomyHeap = 40 << 10

// Target is a board at its raw prompt, on an open serial port. It is not safe for concurrent use.
type Target struct {
	Board serialio.Board // what the board says of itself

	p         *Provisioner
	port      serialio.Port
	conn      *serialio.Conn
	repl      *serialio.REPL
	settings  settings // that the board has
	secrets   []Secret // that no text may hold
	restarted bool
	failure   error // of the last stage
}

// Probe opens the port, interrupts what the board runs and asks it what it is. The Target has to be closed.
//
// Errors: those of serialio.Open, Enter, Probe and ReadFile, or that of ctx.
func (p *Provisioner) Probe(ctx context.Context, port serialio.Port) (*Target, error) {
	t := &Target{p: p, port: port}
	err := p.step(StepPort, func() (o outcome, err error) {
		t.conn, err = serialio.Open(port.Path)
		return outcome{DescribePort(port), map[string]any{"port": port.Path}}, err
	})
	if err != nil {
		return nil, err
	}
	t.failure = p.step(StepBoard, func() (outcome, error) { return t.probe(ctx) })
	if t.failure != nil {
		t.Close(ctx)
		return nil, t.failure
	}
	return t, nil
}

// Format prints the port: the settings hold passwords.
func (t *Target) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "board at %s", t.port.Path) }

// Port is the serial port that the board is at. A restarted board may come back at another one.
func (t *Target) Port() serialio.Port { return t.port }

// Name is the board's name, empty if it has none.
func (t *Target) Name() string { return t.settings.name() }

// Close releases the board and its port. A board on which nothing has changed, or that the network rejected, restarts
// into what it ran before; after any other failure it waits at its prompt, where its user can look for the cause.
func (t *Target) Close(ctx context.Context) {
	defer func() { _ = t.conn.Close() }() // follow may have opened another one.
	if t.repl == nil || t.restarted {
		return
	}
	unchanged := t.failure == nil || isA[*RejectedError](t.failure)
	if unchanged && ctx.Err() == nil && t.repl.Reset(ctx) == nil {
		return
	}
	t.repl.Leave()
}

func (t *Target) probe(ctx context.Context) (outcome, error) {
	if err := t.enter(ctx); err != nil {
		return outcome{}, err
	}
	if err := t.look(ctx); err != nil {
		return outcome{}, err
	}
	for _, n := range t.settings.networks() {
		t.hide(Secret(n.Password))
	}
	b := t.Board
	text := fmt.Sprintf("%s, MicroPython %s, id %s", b.Machine, b.MicroPython, b.ID)
	if name := t.Name(); name != "" {
		text = name + ": " + text
	}
	if b.FlashFree >= 0 && b.HeapFree >= 0 {
		text += fmt.Sprintf(", free: %s flash, %s heap", number.Bytes(b.FlashFree), number.Bytes(b.HeapFree))
	}
	return outcome{
		text:   text,
		fields: map[string]any{"id": b.ID, "machine": b.Machine, "micropython": b.MicroPython, "heap_free": b.HeapFree, "flash_free": b.FlashFree},
	}, nil
}

// look asks the board what it is and what its settings are.
func (t *Target) look(ctx context.Context) (err error) {
	if t.Board, err = serialio.Probe(ctx, t.repl); err != nil {
		return err
	}
	if t.Board.HeapFree >= 0 && t.Board.HeapFree < roomyHeap {
		// The interrupted program has left the heap full.
		if err = t.repl.SoftReset(ctx); err != nil {
			return err
		}
		if t.Board, err = serialio.Probe(ctx, t.repl); err != nil {
			return err
		}
	}
	if t.settings, err = readSettings(ctx, t.repl); err != nil {
		return fmt.Errorf("reading the board's settings: %w", err)
	}
	return nil
}

// enter brings the board to its raw prompt: by interrupting what runs, else by the reset line, else by a person's
// finger on the reset button.
func (t *Target) enter(ctx context.Context) (err error) {
	t.repl, err = serialio.Enter(ctx, t.conn)
	if isA[*serialio.NoREPLError](err) && t.port.IsBridge() && t.conn.Reset() == nil {
		t.repl, err = serialio.Enter(ctx, t.conn)
	}
	if isA[*serialio.NoREPLError](err) && t.p.Prompter != nil {
		if asked := t.p.Prompter.PressReset(ctx, buttonTime); asked == nil {
			t.repl, err = serialio.EnterWithin(ctx, t.conn, buttonTime)
		}
	}
	return err
}

// follow hands over the lines that the board prints after its restart, until ctx ends. A native USB port vanishes with
// the restart and comes back, perhaps under another name, but with the same serial number.
func (t *Target) follow(ctx context.Context, line func(string)) {
	err := t.repl.Lines(ctx, line)
	if !isA[*serialio.GoneError](err) || t.port.Serial == "" {
		return
	}
	_ = t.conn.Close()
	list := t.p.Ports
	if list == nil {
		list = boards.Ports
	}
	for end := time.Now().Add(returnTime); time.Now().Before(end); {
		ports, _ := list(ctx) // A list without the board is as good as none.
		for _, port := range ports {
			if port.Serial != t.port.Serial {
				continue
			}
			if conn, err := serialio.Open(port.Path); err == nil {
				t.port, t.conn = port, conn
				_ = serialio.Lines(ctx, conn, line)
				return
			}
		}
		select {
		case <-time.After(returnCheck):
		case <-ctx.Done():
			return
		}
	}
}

// hide keeps a password out of every text from now on. What is too short for one stands in other words as well.
func (t *Target) hide(s Secret) {
	if len(s) >= minPassword {
		t.secrets = append(t.secrets, s)
	}
}

// redact replaces every password that the board has, or gets, in what it printed.
func (t *Target) redact(text string) string {
	for _, s := range t.secrets {
		text = s.redact(text)
	}
	return text
}

// DescribePort is a port's path with what is known of the port, for people. The USB device wrote a part of it.
func DescribePort(p serialio.Port) string {
	var about []string
	for _, s := range []string{p.Kind, p.ID(), p.Serial} {
		if s != "" {
			about = append(about, s)
		}
	}
	if len(about) == 0 {
		return p.Path
	}
	return fmt.Sprintf("%s (%s)", p.Path, strings.Join(about, ", "))
}
