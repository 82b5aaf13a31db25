package main

import (
	"context"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"mpctl/internal/boards"
	"mpctl/internal/console"
	"mpctl/internal/identity"
	"mpctl/sim"
)

const (
	maxSimulated = 100
	simBootTime  = 60 * time.Second // for all of them, on a busy machine
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
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if n < 1 || n > maxSimulated {
				return usageError{msg: fmt.Sprintf("-n must be 1 to %d", maxSimulated), hint: "three boards: mpctl sim -n 3"}
			}
			if cmd.Flags().Changed("light") {
				config.Light = &light
			}
			return simulate(cmd.Context(), a, n, config)
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

// simulate starts n boards, says where they are, and waits for Ctrl-C, which is the regular way to end.
func simulate(ctx context.Context, a *app, n int, config sim.Config) error {
	var running []*sim.Board
	defer func() {
		var stopping sync.WaitGroup
		for _, b := range running {
			stopping.Go(func() { _ = b.Stop() })
		}
		stopping.Wait()
	}()
	for range n {
		b, err := sim.Start(ctx, config)
		if err != nil {
			return err
		}
		running = append(running, b)
	}
	rows, err := whenUp(ctx, a.finder(), running, config)
	switch {
	case ctx.Err() != nil:
		return nil
	case err != nil:
		return err
	}
	if err := printSimulated(a, rows); err != nil {
		return err
	}
	if a.ShowsMessages() {
		a.Note("%d simulated, until Ctrl-C", n)
	}
	return untilOneEnds(ctx, running)
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
func whenUp(ctx context.Context, finder *boards.Finder, running []*sim.Board, config sim.Config) ([]simulatedBoard, error) {
	rows := make([]simulatedBoard, len(running))
	faults := make([]error, len(running))
	ctx, cancel := context.WithTimeout(ctx, simBootTime)
	defer cancel()
	var waiting sync.WaitGroup
	for i, b := range running {
		rows[i] = simulatedBoard{ID: b.ID(), USB: b.Port(), Address: b.Addr(), Flash: b.Flash()}
		if config.Blank {
			continue
		}
		waiting.Go(func() {
			found, err := awaitSimulated(ctx, finder, b, config.Model)
			if err != nil {
				faults[i] = fmt.Errorf("waiting for the simulated board at %s: %w", b.Addr(), err)
				return
			}
			port := found.Addr.Port()
			rows[i].Name, rows[i].Port = &found.Name, &port
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

// awaitSimulated waits until a simulated board answers. Nothing announces an RP2: it is asked on the ports that it may have.
func awaitSimulated(ctx context.Context, finder *boards.Finder, b *sim.Board, model string) (boards.Board, error) {
	if model != sim.RP2 {
		return finder.Await(ctx, b.ID())
	}
	for {
		var found boards.Board
		for _, port := range []uint16{identity.DefaultPort, 8080} {
			found = finder.Verify(ctx, boards.Board{ID: b.ID(), Addr: netip.AddrPortFrom(b.Addr(), port)}, 0)
			if found.Err == nil {
				return found, nil
			}
		}
		select {
		case <-time.After(500 * time.Millisecond):
		case <-ctx.Done():
			return boards.Board{}, found.Err
		}
	}
}

func printSimulated(a *app, rows []simulatedBoard) error {
	if a.JSON {
		for _, row := range rows {
			if err := a.PrintJSON(row); err != nil {
				return err
			}
		}
		return nil
	}
	t := console.NewTable(console.Titles("NAME", "SERIAL PORT", "ADDRESS")...)
	for _, row := range rows {
		name, address := "(blank)", row.Address.String()
		if row.Name != nil {
			name = *row.Name
			address = netip.AddrPortFrom(row.Address, *row.Port).String()
		}
		t.Add(name, row.USB, address)
	}
	return a.Table(t)
}

// untilOneEnds returns when ctx ends, or with the fault of the board that stopped before.
func untilOneEnds(ctx context.Context, running []*sim.Board) error {
	ended := make(chan *sim.Board, len(running))
	for _, b := range running {
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
