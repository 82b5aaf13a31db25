package serialio

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Port is a USB serial port.
type Port struct {
	Path     string // "/dev/ttyUSB0", "COM5"
	VID, PID string // four lower-case hex digits each
	Serial   string // the device's own serial number; empty for many
	Product  string // the device's description of itself, unsanitised
	Kind     string // the chip or the board that the ids stand for, like "CP210x"; empty when unknown
}

// ID returns the USB vendor and product id like "10c4:ea60", empty when unknown.
func (p Port) ID() string {
	if p.VID == "" {
		return ""
	}
	return p.VID + ":" + p.PID
}

// IsBridge reports whether a serial bridge, with control lines, is between the USB socket and the board's chip.
func (p Port) IsBridge() bool {
	_, rank := kindOf(p.VID, p.PID)
	return rank == rankBridge
}

// Ports returns the USB serial ports, the likeliest MicroPython boards first.
func Ports(ctx context.Context) ([]Port, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ports, err := usbPorts()
	if err != nil {
		return nil, fmt.Errorf("listing serial ports: %w", err)
	}
	for i := range ports {
		p := &ports[i]
		p.VID, p.PID = strings.ToLower(p.VID), strings.ToLower(p.PID)
		p.Kind, _ = kindOf(p.VID, p.PID)
	}
	rank(ports)
	return ports, nil
}

func rank(ports []Port) {
	slices.SortFunc(ports, func(a, b Port) int {
		_, rankA := kindOf(a.VID, a.PID)
		_, rankB := kindOf(b.VID, b.PID)
		return cmp.Or(cmp.Compare(rankA, rankB), cmp.Compare(len(a.Path), len(b.Path)), strings.Compare(a.Path, b.Path))
	})
}

// Ranks of a port, best first.
const (
	rankBoard  = iota // only boards have the id
	rankBridge        // a serial bridge, which boards and many other devices have
	rankMaybe         // the vendor makes boards among other devices
	rankOther
)

type usbKind struct {
	name string
	rank int
}

// The ids are those of MicroPython's ports (mpconfigport.h), of Thonny's board list and of WCH's Linux driver.
var kinds = map[string]usbKind{
	"303a:1001": {"ESP32 USB-Serial/JTAG", rankBoard},
	"303a:4001": {"ESP32-S2/S3 MicroPython", rankBoard},
	"2e8a:0005": {"RP2 MicroPython (Pico)", rankBoard},
	"f055:9800": {"pyboard", rankBoard},
	"f055:9801": {"pyboard", rankBoard},
	"f055:9802": {"pyboard", rankBoard},
	"0d28:0204": {"micro:bit", rankBoard},
	"1209:adda": {"MicroPython board", rankBoard},
	"2341:056b": {"Arduino Nano ESP32", rankBoard},
	"2341:025e": {"Arduino Nano RP2040 Connect", rankBoard},
	"10c4:ea60": {"CP210x", rankBridge},
	"1a86:55d4": {"CH9102", rankBridge},
	"1a86:7523": {"CH340", rankBridge},
	"1a86:5523": {"CH341", rankBridge},
	"1a86:55d3": {"CH343", rankBridge},
	"1a86:55d2": {"CH342", rankBridge},
	"1a86:55d8": {"CH9101", rankBridge},
	"0403:6001": {"FT232", rankBridge},
	"0403:6010": {"FT2232", rankBridge},
	"0403:6011": {"FT4232", rankBridge},
	"0403:6014": {"FT232H", rankBridge},
	"0403:6015": {"FT-X", rankBridge},
}

var vendors = map[string]usbKind{
	"303a": {"Espressif", rankBoard},
	"2e8a": {"Raspberry Pi", rankMaybe},
	"f055": {"MicroPython board", rankBoard},
	"239a": {"Adafruit", rankMaybe},
}

func kindOf(vid, pid string) (name string, rank int) {
	if kind, ok := kinds[vid+":"+pid]; ok {
		return kind.name, kind.rank
	}
	if kind, ok := vendors[vid]; ok {
		return kind.name, kind.rank
	}
	return "", rankOther
}
