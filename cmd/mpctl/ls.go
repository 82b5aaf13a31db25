package main

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/table"
)

const mostComplaints = 5 // of boards that do not answer, before they are only counted

type lsOptions struct {
	usb, lan bool // what to list
	noVerify bool
	watch    bool
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
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if onlyUSB && onlyLAN {
				return usageError{msg: "--usb and --lan exclude each other", hint: "leave both out to see everything"}
			}
			o.usb, o.lan = !onlyLAN, !onlyUSB
			if o.watch {
				return a.lsWatch(cmd.Context(), o)
			}
			return a.ls(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&onlyUSB, "usb", false, "only USB ports")
	cmd.Flags().BoolVar(&onlyLAN, "lan", false, "only boards on the network")
	cmd.Flags().BoolVar(&o.noVerify, "no-verify", false, "do not ask the boards, believe what they announced")
	cmd.Flags().BoolVar(&o.watch, "watch", false, "go on, and show what changes")
	return cmd
}

func (a *app) ls(ctx context.Context, o lsOptions) error {
	r := newRoster(a.memory.Boards())
	if o.usb {
		ports, err := a.ports(ctx)
		switch {
		case err != nil && !o.lan:
			return err
		case err != nil:
			a.Warn("%v", err)
		}
		r.plug(ports)
	}
	if o.lan {
		stop := a.fillIn(r)
		options := a.lsSearch(o)
		options.Timeout, options.Found = a.timeout, r.see
		found, warnings, err := discover.Scan(ctx, options)
		stop()
		a.searchWarnings(ctx, warnings, len(found) > 0)
		if err != nil {
			return err
		}
		r.reset(found)
		a.remember(ctx, answered(found...)...)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	rows := r.rows()
	if err := a.printLs(rows); err != nil {
		return err
	}
	a.complainOf(rows)
	switch {
	case len(rows) > 0:
		return nil
	case !o.lan:
		return &nothingFoundError{"USB port with a board", "is a board plugged in, with a cable that carries data?"}
	}
	return &nothingFoundError{"board", a.emptyHint(ctx)}
}

// lsSearch is how boards are searched for to be listed: each is asked for its light, too.
func (a *app) lsSearch(o lsOptions) discover.Options {
	options := discover.Options{Interfaces: a.interfaces, Known: a.remembered()}
	if o.noVerify {
		return options
	}
	client := a.client()
	options.Verify = func(ctx context.Context, b discover.Board) (discover.Board, error) {
		light := make(chan *float64, 1)
		go func() { light <- readLight(ctx, client, b) }()
		is, err := identify(ctx, client, b)
		if err == nil {
			is.Answer = lsAnswer{is.Answer.(*httpclient.Info), <-light}
		}
		return is, err
	}
	return options
}

// lsAnswer is what a board has said to ls, its discover.Board's Answer.
type lsAnswer struct {
	info  *httpclient.Info
	light *float64
}

// readLight returns a board's light reading, nil if there is none in time.
func readLight(ctx context.Context, client *httpclient.Client, b discover.Board) *float64 {
	if len(b.Sensors) > 0 && !slices.Contains(b.Sensors, "light") {
		return nil
	}
	reading, err := client.Board(board{Board: b}.addrPort()).Read(ctx, "light")
	if err != nil {
		return nil
	}
	return reading.Value
}

// answered returns the boards that have answered.
func answered(found ...discover.Board) []board {
	var boards []board
	for _, b := range found {
		if answer, ok := b.Answer.(lsAnswer); ok && b.Verified {
			boards = append(boards, board{Board: b, info: answer.info})
		}
	}
	return boards
}

// complainOf mentions the boards that announced themselves and do not answer.
func (a *app) complainOf(rows []lsRow) {
	silent := slices.DeleteFunc(slices.Clone(rows), func(r lsRow) bool { return r.err == nil })
	for i, r := range silent {
		if i == mostComplaints && !a.Verbose {
			a.Warn("seen, not reachable: %d more", len(silent)-i)
			break
		}
		a.Warn("seen, not reachable: %s: %v", text(r.Name), r.err)
	}
}

func (a *app) printLs(rows []lsRow) error {
	if a.JSON {
		if rows == nil {
			rows = []lsRow{}
		}
		return json.NewEncoder(a.safeStdout()).Encode(rows)
	}
	people := isTerminal(a.stdout)
	t := table.New(lsColumns...)
	for _, r := range rows {
		t.Add(r.cells(people)...)
	}
	return t.Write(a.stdout, !a.NoColor)
}

// fillIn shows on a terminal what is in the roster already, until stop is called.
func (a *app) fillIn(r *roster) (stop func()) {
	screen := a.liveScreen()
	if screen == nil {
		return func() {}
	}
	draw := func() {
		columns, most := screen.Size()
		rows := r.rows()
		lines := []string{lookingText}
		if len(rows) > 0 {
			lines = a.lsLines(rows, nil, columns, most)
		}
		_ = screen.Draw(lines) // the table that is printed in the end has the error too
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		redraw(ctx, r.changed, time.Minute, draw)
	}()
	return func() {
		cancel()
		<-done
		_ = screen.Print(nil)
	}
}
