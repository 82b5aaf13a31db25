package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"mpctl/discover"
	"mpctl/internal/table"
	"mpctl/sim"
)

const (
	mostSimulated = 100
	simBootTime   = 60 * time.Second // for all of them, on a busy machine
)

func newSimCmd(a *app) *cobra.Command {
	var (
		n      int
		light  int
		config sim.Config
	)
	cmd := &cobra.Command{
		Use:   "sim [-n N] [--board mpython|esp32|rp2|esp8266] [--blank] [--baud B] [--light L]",
		Short: "Run simulated boards: the real firmware on a real MicroPython",
		Long: `Run simulated boards until Ctrl-C. Each has a serial port, an address on loopback and, unless it is blank,
the firmware; the other commands see it as they see a real one, of this user's.

WiFi around a simulated board: "classroom" with the password "chalk and cheese", "classroom-guest" without one,
"staff" (WPA2-Enterprise) and "cellar" (no DHCP; password "nobody is home").`,
		Example: `  mpctl sim -n 3                 # three boards; then, in another shell: mpctl ls
  mpctl sim --blank              # an empty one, for mpctl provision
  mpctl sim --light 1234         # a sensor that always reads 1234`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 1 || n > mostSimulated {
				return usageError{msg: fmt.Sprintf("%d simulated boards", n), hint: fmt.Sprintf("-n takes 1 to %d", mostSimulated)}
			}
			if cmd.Flags().Changed("light") {
				config.Light = &light
			}
			return a.simulate(cmd.Context(), n, config)
		},
	}
	flags := cmd.Flags()
	flags.IntVarP(&n, "boards", "n", 1, "how many boards")
	flags.StringVar(&config.Model, "board", sim.MPython, "model: mpython, esp32, rp2 or esp8266")
	flags.BoolVar(&config.Blank, "blank", false, "boards with an empty flash")
	flags.IntVar(&config.Baud, "baud", 115200, "speed of the serial line, bits a second")
	flags.IntVar(&light, "light", 0, "a fixed light reading, 0-4095 (default a daylight curve)")
	return cmd
}

// simulate starts the boards, says where they are, and waits for Ctrl-C: the regular way to end.
func (a *app) simulate(ctx context.Context, n int, config sim.Config) error {
	var boards []*sim.Board
	defer func() {
		var stopping sync.WaitGroup
		for _, b := range boards {
			stopping.Go(func() { _ = b.Stop() })
		}
		stopping.Wait()
	}()
	for range n {
		b, err := sim.Start(ctx, config)
		if err != nil {
			return err
		}
		boards = append(boards, b)
	}
	rows, err := a.whenUp(ctx, boards, config)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	if err := a.printSimulated(rows); err != nil {
		return err
	}
	if isTerminal(a.stderr) && !a.JSON {
		a.Note("%d simulated, until Ctrl-C", n)
	}
	return untilOneEnds(ctx, boards)
}

// simulatedBoard is a row of sim's table. Where a blank board will be is known, its name and port are not.
type simulatedBoard struct {
	Name    *string    `json:"name"`
	ID      string     `json:"id"`
	USB     string     `json:"usb"`
	Address netip.Addr `json:"address"`
	Port    *uint16    `json:"port"`
	Flash   string     `json:"flash"` // folder that holds the board's files
}

// whenUp waits until each board has been found on the network and has answered there.
func (a *app) whenUp(ctx context.Context, boards []*sim.Board, config sim.Config) ([]simulatedBoard, error) {
	rows := make([]simulatedBoard, len(boards))
	faults := make([]error, len(boards))
	ctx, cancel := context.WithTimeout(ctx, simBootTime)
	defer cancel()
	var waiting sync.WaitGroup
	for i, b := range boards {
		rows[i] = simulatedBoard{ID: b.ID(), USB: b.Port(), Address: b.Addr(), Flash: b.Flash()}
		if config.Blank {
			continue
		}
		waiting.Go(func() {
			wait := a.waitForBoard
			if config.Model == sim.RP2 { // nothing announces it
				wait = a.waitAt(b.Addr())
			}
			found, err := wait(ctx, b.ID())
			if err != nil {
				faults[i] = fmt.Errorf("waiting for the simulated board at %s: %w", b.Addr(), err)
				return
			}
			rows[i].Name, rows[i].Port = &found.Name, &found.Port
		})
	}
	waiting.Wait()
	for _, err := range faults {
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// waitAt makes a waitForBoard that asks at an address, on the ports that a simulated board may have there.
func (a *app) waitAt(addr netip.Addr) func(context.Context, string) (board, error) {
	return func(ctx context.Context, id string) (board, error) {
		for {
			var b board
			for _, port := range []uint16{80, 8080} {
				b = verify(ctx, a.client(), discover.Board{ID: id, Addr: addr, Port: port}, a.namedTimeout())
				if b.err == nil {
					return b, nil
				}
			}
			select {
			case <-time.After(500 * time.Millisecond):
			case <-ctx.Done():
				return board{}, b.err
			}
		}
	}
}

func (a *app) printSimulated(rows []simulatedBoard) error {
	if a.JSON {
		enc := json.NewEncoder(a.stdout)
		for _, row := range rows {
			if err := enc.Encode(row); err != nil {
				return err
			}
		}
		return nil
	}
	t := table.New("NAME", "SERIAL PORT", "ADDRESS")
	for _, row := range rows {
		name, address := "(blank)", row.Address.String()
		if row.Name != nil {
			name = *row.Name
			address = netip.AddrPortFrom(row.Address, *row.Port).String()
		}
		t.Add(name, row.USB, address)
	}
	return t.Write(a.stdout, !a.NoColor)
}

// untilOneEnds returns when ctx ends, or with the fault of the board that stopped before.
func untilOneEnds(ctx context.Context, boards []*sim.Board) error {
	ended := make(chan *sim.Board, len(boards))
	for _, b := range boards {
		go func() {
			<-b.Done()
			ended <- b
		}()
	}
	select {
	case <-ctx.Done():
		return nil
	case b := <-ended:
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("the simulated board at %s stopped: %w", b.Port(), b.Stop())
	}
}
