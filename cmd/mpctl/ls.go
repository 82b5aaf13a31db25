package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/table"
	"mpctl/serialio"
)

// lsRow is a board as `ls --json` prints it. What is not known is null.
type lsRow struct {
	Name     *string  `json:"name"`
	ID       *string  `json:"id"`
	Address  *string  `json:"address"`
	Port     *uint16  `json:"port"`
	Board    *string  `json:"board"`
	Firmware *string  `json:"fw"`
	Sensors  []string `json:"sensors"`
	USB      *string  `json:"usb"`
	Alive    *bool    `json:"alive"`
	Light    *float64 `json:"light"`
	RSSI     *int     `json:"rssi"`     // dBm
	Uptime   *int64   `json:"uptime_s"` // seconds

	usbProduct string
}

func newLsCmd(a *app) *cobra.Command {
	var usb, lan, noVerify bool
	cmd := &cobra.Command{
		Use:   "ls",
		Short: "List every board, on USB and on the network",
		Long: `List the boards that announce themselves on the network, each with its light reading, and the USB serial
ports. A board that announced itself but did not answer is listed as such.

Exit status 3 if there is nothing at all.`,
		Example: `  mpctl ls
  mpctl ls --lan --json
  mpctl ls --timeout 10s     # for slow networks`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if usb && lan {
				return usageError{msg: "--usb and --lan exclude each other", hint: "leave both out to see everything"}
			}
			return a.ls(cmd.Context(), !lan, !usb, !noVerify)
		},
	}
	cmd.Flags().BoolVar(&usb, "usb", false, "only USB ports")
	cmd.Flags().BoolVar(&lan, "lan", false, "only boards on the network")
	cmd.Flags().BoolVar(&noVerify, "no-verify", false, "do not ask the boards, believe what they announced")
	return cmd
}

func (a *app) ls(ctx context.Context, usb, lan, check bool) error {
	var rows []lsRow
	if lan {
		found, err := a.search(ctx, discover.Options{})
		if err != nil {
			return err
		}
		rows = a.lanRows(ctx, found, check)
	}
	if usb {
		ports, err := a.ports(ctx)
		switch {
		case err != nil && !lan:
			return err
		case err != nil:
			a.warn("%v", err)
		}
		rows = addPorts(rows, ports)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := a.printLs(rows); err != nil {
		return err
	}
	switch {
	case len(rows) > 0:
		return nil
	case !lan:
		return &nothingFoundError{"USB port with a board", "is a board plugged in, with a cable that carries data?"}
	}
	return &nothingFoundError{"board", a.emptyHint(ctx)}
}

// lanRows returns the boards' rows, sorted by name as they came.
func (a *app) lanRows(ctx context.Context, found []discover.Board, check bool) []lsRow {
	rows := make([]lsRow, len(found))
	if !check {
		for i, b := range found {
			rows[i] = announcedRow(b)
			rows[i].Sensors = b.Sensors
		}
		return rows
	}
	client := a.client()
	parallel(len(found), func(i int) {
		light := make(chan *float64, 1)
		go func() { light <- readLight(ctx, client, found[i]) }()
		b := verify(ctx, client, found[i], verifyTimeout)
		if b.err != nil && a.verbose {
			a.warn("%s: %v", b.Name, b.err)
		}
		rows[i] = verifiedRow(b, <-light)
	})
	return rows
}

// readLight returns a board's light reading, nil if there is none within the time for verifying.
func readLight(ctx context.Context, client *httpclient.Client, b discover.Board) *float64 {
	if len(b.Sensors) > 0 && !slices.Contains(b.Sensors, "light") {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
	defer cancel()
	reading, err := client.Board(board{Board: b}.addrPort()).Read(ctx, "light")
	if err != nil {
		return nil
	}
	return reading.Value
}

func announcedRow(b discover.Board) lsRow {
	address := b.Addr.String()
	return lsRow{
		Name: known(b.Name), ID: known(b.ID), Address: &address, Port: &b.Port,
		Board: known(b.Model), Firmware: known(b.Firmware),
	}
}

func verifiedRow(b board, light *float64) lsRow {
	row := announcedRow(b.Board)
	alive := b.info != nil
	row.Alive = &alive
	row.Sensors = b.Sensors
	if !alive { // what answers there is not this board
		return row
	}
	row.Light, row.RSSI, row.Uptime = light, b.info.WiFi.RSSI, &b.info.UptimeS
	row.Sensors = []string{}
	for _, s := range b.info.Sensors {
		row.Sensors = append(row.Sensors, s.Name)
	}
	return row
}

// addPorts puts each port into the row of the board it belongs to, where its serial number tells, or else into a
// row of its own.
func addPorts(rows []lsRow, ports []serialio.Port) []lsRow {
	for _, p := range ports {
		// A chip with USB of its own gives its MAC address, which is the board's id.
		id := strings.ToLower(strings.ReplaceAll(p.Serial, ":", ""))
		i := slices.IndexFunc(rows, func(r lsRow) bool { return r.USB == nil && r.ID != nil && *r.ID == id })
		if i < 0 {
			i = len(rows)
			rows = append(rows, lsRow{})
		}
		rows[i].USB, rows[i].usbProduct = &p.Path, cmp.Or(p.Product, p.Kind)
	}
	return rows
}

// known returns nil for an empty string.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (a *app) printLs(rows []lsRow) error {
	if a.json {
		if rows == nil {
			rows = []lsRow{}
		}
		return json.NewEncoder(a.safeStdout()).Encode(rows)
	}
	people := isTerminal(a.stdout)
	t := table.New("NAME", "ADDRESS", "BOARD", "FIRMWARE", "LIGHT", "SIGNAL", "UPTIME", "USB")
	for _, r := range rows {
		t.Add(r.cells(people)...)
	}
	return t.Write(a.stdout, !a.noColor)
}

// cells returns a row for a person, or with bare numbers for a program.
func (r lsRow) cells(people bool) []string {
	address := text(r.Address)
	if r.Port != nil && *r.Port != defaultPort {
		address = fmt.Sprintf("%s:%d", address, *r.Port)
	}
	var light, signal, uptime string
	if r.Light != nil {
		light = formatValue(*r.Light)
	}
	if r.RSSI != nil {
		signal = strconv.Itoa(*r.RSSI)
	}
	if r.Uptime != nil {
		uptime = strconv.FormatInt(*r.Uptime, 10)
	}
	usb := text(r.USB)
	if people {
		if signal != "" {
			signal += " dBm"
		}
		switch {
		case r.Alive != nil && !*r.Alive:
			uptime = "no answer"
		case r.Uptime != nil:
			uptime = formatUptime(time.Duration(*r.Uptime) * time.Second)
		}
		if r.Name == nil && r.usbProduct != "" {
			usb += " (" + r.usbProduct + ")"
		}
	}
	return []string{text(r.Name), address, text(r.Board), text(r.Firmware), light, signal, uptime, usb}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// formatUptime gives the two largest units: 3d 4h, 5m 6s.
func formatUptime(d time.Duration) string {
	days, hours, minutes, seconds := int(d.Hours())/24, int(d.Hours())%24, int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case days > 0:
		return fmt.Sprintf("%dd %dh", days, hours)
	case hours > 0:
		return fmt.Sprintf("%dh %dm", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%dm %ds", minutes, seconds)
	}
	return fmt.Sprintf("%ds", seconds)
}
