package main

import (
	"cmp"
	"fmt"
	"strconv"
	"time"

	"mpctl/internal/boards"
	"mpctl/internal/identity"
	"mpctl/internal/number"
)

const lightSensor = "light" // the sensor that every list shows

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

	key        string // of the board in lists and events
	usbProduct string
}

var lsTitles = []string{"NAME", "ADDRESS", "BOARD", "FIRMWARE", "LIGHT", "SIGNAL", "UPTIME", "USB"}

func lsRows(list []boards.Board) []lsRow {
	var rows []lsRow
	for _, b := range list {
		rows = append(rows, newLsRow(b))
	}
	return rows
}

func newLsRow(b boards.Board) lsRow {
	row := lsRow{
		Name: nullable(b.Name), ID: nullable(b.ID), Board: nullable(b.Model), Firmware: nullable(b.Firmware), Sensors: b.Sensors,
		key: b.Key(),
	}
	if b.Cable != nil {
		row.USB, row.usbProduct = &b.Cable.Path, cmp.Or(b.Cable.Product, b.Cable.Kind)
	}
	if b.Addr.IsValid() {
		address, port := b.Addr.Addr().String(), b.Addr.Port()
		row.Address, row.Port = &address, &port
	}
	if alive := b.Info != nil; alive || b.Err != nil {
		row.Alive = &alive
	}
	if b.Info == nil { // if anything answers there, it is not this board
		return row
	}
	row.RSSI, row.Uptime = b.Info.WiFi.RSSI, &b.Info.UptimeS
	if b.Reading != nil {
		row.Light = b.Reading.Value
	}
	return row
}

// gone returns the row of a board that has been lost.
func (r lsRow) gone() lsRow {
	r.Light, r.RSSI, r.Uptime = nil, nil, nil
	if r.Address != nil {
		alive := false
		r.Alive = &alive
	}
	return r
}

// cells returns a row for a person, or with bare numbers for a program.
func (r lsRow) cells(person bool) []string {
	address := textOf(r.Address)
	if r.Port != nil && *r.Port != identity.DefaultPort {
		address = fmt.Sprintf("%s:%d", address, *r.Port)
	}
	var light, signal, uptime string
	if r.Light != nil {
		light = number.Exact(*r.Light)
	}
	if r.RSSI != nil {
		signal = strconv.Itoa(*r.RSSI)
	}
	if r.Uptime != nil {
		uptime = strconv.FormatInt(*r.Uptime, 10)
	}
	name, usb := textOf(r.Name), textOf(r.USB)
	if person {
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
	return []string{name, address, textOf(r.Board), textOf(r.Firmware), light, signal, uptime, usb}
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
