package main

import (
	"context"
	"sync"

	"github.com/spf13/cobra"

	"mpctl/internal/boards"
	"mpctl/internal/console"
)

const (
	lookingText = "looking for boards …" // until there is one
	maxWarnings = 5                      // about boards that do not answer, before they are only counted
)

type lsOptions struct {
	usb, lan bool // what to list
	noVerify bool
	watch    bool
}

// lsCommand is one run of ls.
type lsCommand struct {
	*app
	o lsOptions
}

func newLsCmd(a *app) *cobra.Command {
	var o lsOptions
	var onlyUSB, onlyLAN bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List every board, on USB and on the network",
		Long: `List the boards that announce themselves on the network, each with its light reading, and the USB serial
ports. A board that announced itself but did not answer is listed as such. A board that is on the network and on
a cable is one row, where that is known: by the port's serial number, or because mpctl provisioned it there.

With --watch, what comes, changes and goes is shown until Ctrl-C, or until --timeout is over.

Exit status 3 if there is nothing at all.`,
		Example: `  mpctl ls
  mpctl ls --lan --json
  mpctl ls --timeout 10s     # for slow networks
  mpctl ls --watch --json | jq -r 'select(.event == "lost") | .board.name'`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if onlyUSB && onlyLAN {
				return usageError{msg: "--usb and --lan cannot be combined", hint: "leave both out to see everything"}
			}
			o.usb, o.lan = !onlyLAN, !onlyUSB
			if o.watch {
				return lsCommand{a, o}.watch(cmd.Context())
			}
			return lsCommand{a, o}.list(cmd.Context())
		},
	}
	cmd.Flags().BoolVar(&onlyUSB, "usb", false, "only USB ports")
	cmd.Flags().BoolVar(&onlyLAN, "lan", false, "only boards on the network")
	cmd.Flags().BoolVar(&o.noVerify, "no-verify", false, "do not ask the boards, believe what they announced")
	cmd.Flags().BoolVar(&o.watch, "watch", false, "go on, and show what changes")
	return cmd
}

func (c lsCommand) selection() boards.Selection {
	return boards.Selection{USB: c.o.usb, LAN: c.o.lan, NoVerify: c.o.noVerify, Sensor: lightSensor}
}

func (c lsCommand) list(ctx context.Context) error {
	finder := c.finder()
	seen, stop := c.fillIn()
	found, err := finder.Scan(ctx, c.selection(), seen)
	stop()
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	rows := lsRows(found)
	if err := c.print(rows); err != nil {
		return err
	}
	c.warnOf(found)
	switch {
	case len(rows) > 0:
		return nil
	case !c.o.lan:
		return &boards.NothingFoundError{What: "USB port with a board", Advice: "is a board plugged in, with a cable that carries data?"}
	}
	return &boards.NothingFoundError{What: "board", Advice: finder.EmptyHint(ctx)}
}

// warnOf mentions the boards that announced themselves and do not answer.
func (c lsCommand) warnOf(found []boards.Board) {
	silent := 0
	for _, b := range found {
		if b.Err == nil {
			continue
		}
		if silent++; silent <= maxWarnings || c.Verbose {
			c.Warn("seen, not reachable: %s: %v", b.Name, b.Err)
		}
	}
	if silent > maxWarnings && !c.Verbose {
		c.Warn("seen, not reachable: %d more", silent-maxWarnings)
	}
}

func (c lsCommand) print(rows []lsRow) error {
	if c.JSON {
		if rows == nil {
			rows = []lsRow{}
		}
		return c.PrintJSON(rows)
	}
	t := console.NewTable(console.Titles(lsTitles...)...)
	for _, r := range rows {
		t.Add(r.cells(c.ShowsResults())...)
	}
	return c.Table(t)
}

// fillIn shows on a terminal the boards that seen is told of, until stop is called.
func (c lsCommand) fillIn() (seen func([]boards.Board), stop func()) {
	var list latest
	live := c.Live(func(columns, lines int) []string {
		rows := lsRows(list.get())
		if len(rows) == 0 {
			return []string{lookingText}
		}
		return c.lines(rows, nil, columns, lines)
	})
	if live == nil {
		return nil, func() {}
	}
	seen = func(found []boards.Board) {
		list.set(found)
		live.Changed()
	}
	return seen, func() { _ = live.Close(nil) } // the table that is printed then has the error too
}

// latest is the list of boards as it was seen last.
type latest struct {
	mu     sync.Mutex
	boards []boards.Board
}

func (l *latest) set(found []boards.Board) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.boards = found
}

func (l *latest) get() []boards.Board {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.boards
}
