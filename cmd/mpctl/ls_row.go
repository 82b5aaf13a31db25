package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mpctl/discover"
	"mpctl/internal/identity"
	"mpctl/internal/remembered"
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
	err        error // why it does not answer
}

var lsColumns = []string{"NAME", "ADDRESS", "BOARD", "FIRMWARE", "LIGHT", "SIGNAL", "UPTIME", "USB"}

// networkRow is the row of a board on the network.
func networkRow(b discover.Board) lsRow {
	address := b.Addr.String()
	row := lsRow{
		Name: known(b.Name), ID: known(b.ID), Address: &address, Port: &b.Port,
		Board: known(b.Model), Firmware: known(b.Firmware), Sensors: b.Sensors, err: b.Err,
	}
	answer, answered := b.Answer.(lsAnswer)
	if alive := b.Verified; alive || b.Err != nil {
		row.Alive = &alive
	}
	if !b.Verified || !answered { // what answers there, if anything, is not this board
		return row
	}
	row.Light, row.RSSI, row.Uptime = answer.light, answer.info.WiFi.RSSI, &answer.info.UptimeS
	row.Sensors = []string{}
	for _, s := range answer.info.Sensors {
		row.Sensors = append(row.Sensors, s.Name)
	}
	return row
}

// addPorts puts each port into the row of the board that is there, if that is known, or else into a row of its own.
func addPorts(rows []lsRow, ports []serialio.Port, memory []remembered.Board) []lsRow {
	for _, p := range ports {
		b := boardAt(p, memory)
		i := slices.IndexFunc(rows, func(r lsRow) bool { return r.USB == nil && r.ID != nil && *r.ID == b.ID })
		if i < 0 {
			i = len(rows)
			rows = append(rows, lsRow{})
			if b.Name != "" {
				rows[i].Name, rows[i].ID = &b.Name, &b.ID
			}
		}
		rows[i].USB, rows[i].usbProduct = &p.Path, cmp.Or(p.Product, p.Kind)
	}
	return rows
}

// boardAt returns what is known of the board at a port. The port tells its id, if the chip has USB of its own: its
// serial number is the MAC address. Of a chip behind a bridge it is remembered.
func boardAt(p serialio.Port, memory []remembered.Board) remembered.Board {
	id := strings.ToLower(strings.ReplaceAll(p.Serial, ":", ""))
	place := portPlace(p)
	for _, known := range []func(remembered.Board) bool{
		func(b remembered.Board) bool { return b.ID == id },
		func(b remembered.Board) bool { return b.USB == place },
	} {
		if i := slices.IndexFunc(memory, known); i >= 0 {
			return memory[i]
		}
	}
	return remembered.Board{ID: id}
}

// key is equal for rows of the same thing: a board on the network, or a port.
func (r lsRow) key() string {
	switch {
	case r.Address == nil:
		return "port " + text(r.USB)
	case r.ID != nil:
		return "id " + *r.ID
	}
	return fmt.Sprintf("%s at %s:%d", text(r.Name), *r.Address, *r.Port)
}

// gone returns the row of what is not there any more.
func (r lsRow) gone() lsRow {
	r = r.lasting()
	if r.Address != nil {
		alive := false
		r.Alive = &alive
	}
	return r
}

// lasting returns the row without what is different at every moment.
func (r lsRow) lasting() lsRow {
	r.Light, r.RSSI, r.Uptime, r.err = nil, nil, nil, nil
	return r
}

// known returns nil for an empty string.
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// cells returns a row for a person, or with bare numbers for a program.
func (r lsRow) cells(people bool) []string {
	address := text(r.Address)
	if r.Port != nil && *r.Port != identity.DefaultPort {
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
	name, usb := text(r.Name), text(r.USB)
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
		if r.Address == nil && r.Name == nil {
			name = "(no known board)"
			if r.usbProduct != "" {
				usb += " (" + r.usbProduct + ")"
			}
		}
	}
	return []string{name, address, text(r.Board), text(r.Firmware), light, signal, uptime, usb}
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
