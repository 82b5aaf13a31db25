// Package sim runs simulated boards: the real firmware on a real MicroPython, with the hardware around it
// played by the modules in hw/ and a pty in the place of the USB serial port.
//
// A board is a folder (its flash, and beside it what the world tells it) and a MicroPython process that is
// started anew for every reset, as a chip is. The process's terminal is connected to the board's serial port
// through a UART that keeps the real one's pace and its small receive buffer. Networking is real sockets on
// loopback; each board has an address of its own there.
package sim

import (
	"net/netip"
)

// Models of boards, as --board names them.
const (
	MPython = "mpython" // 掌控板: MicroPython 1.12 level, plain raw REPL, OLED and light sensor
	ESP32   = "esp32"   // mainline MicroPython: raw-paste; a light sensor only where the config names its pin
	RP2     = "rp2"     // Pico W: as ESP32, but its C firmware keeps UDP port 5353 for itself
	ESP8266 = "esp8266" // as ESP32, with one ADC and no mDNS in its firmware

	MPythonNoMotion = "mpython-nomotion" // its accelerometer does not answer, and so its mpython module does not load
	MPythonNoScreen = "mpython-noscreen" // its OLED does not answer, and so main.py is not run
	MPythonV3       = "mpython-v3"       // 掌控板3.0: mainline level, a light sensor in lux, no OLED
)

// Config says what board to simulate. The zero value is a fresh mPython with the firmware on it.
type Config struct {
	Model    string                              // one of the above; default MPython
	Name     string                              // the board's own name; default mpy- and the last 6 digits of its id
	Blank    bool                                // an empty flash
	Baud     int                                 // UART speed; default 115200
	Light    *int                                // a fixed reading, ADC counts 0-4095; default a daylight curve
	Networks []Network                           // the WiFi around; default DefaultNetworks
	Trace    func(direction string, data []byte) // told what crosses the line, one call at a time

	Filesystem string // LFS2 or FAT: MicroPython's own, in an image file; default a folder, see Board.Flash
	Image      string // path of that file, which outlives the board; made if there is none; default one that does not
	Cut        Cut    // what goes wrong
}

// File systems of a Config. Every block is in the image as soon as the board has written it.
const (
	LFS2 = "lfs2"
	FAT  = "fat"
)

// Cut is an accident. The zero value is none.
type Cut struct {
	Bytes  int  // when so many have crossed the serial line in an open port, both directions counted, its cable is pulled
	Powers bool // by which the board has its power as well, so that it stops at once; else it goes on, at another port
	Writes int  // the power fails when so many blocks of flash have been written
}

// Network is one WiFi network on the simulated air.
type Network struct {
	SSID     string `json:"ssid"`
	Password string `json:"password"`
	Channel  int    `json:"channel"`
	RSSI     int    `json:"rssi"` // dBm
	Auth     int    `json:"auth"` // 0 open, 3 WPA2-PSK, 5 WPA2-Enterprise
	DHCP     bool   `json:"dhcp"` // false: joins, but never gets an address
	Hidden   bool   `json:"hidden"`
}

// DefaultNetworks is what a simulated board hears when nothing else is said.
func DefaultNetworks() []Network {
	return []Network{
		{SSID: "classroom", Password: "chalk and cheese", Channel: 6, RSSI: -48, Auth: 3, DHCP: true},
		{SSID: "classroom-guest", Channel: 6, RSSI: -50, Auth: 0, DHCP: true},
		{SSID: "staff", Password: "no pupils here", Channel: 11, RSSI: -71, Auth: 5, DHCP: true},
		{SSID: "cellar", Password: "nobody is home", Channel: 1, RSSI: -86, Auth: 3, DHCP: false},
	}
}

// Registered is a simulated board that some process of this user is running.
type Registered struct {
	Port    string     `json:"port"` // path of its serial port
	Model   string     `json:"model"`
	ID      string     `json:"id"` // machine.unique_id() in lower hex
	Address netip.Addr `json:"address"`
	PID     int        `json:"pid"` // of the process that simulates it
	Dir     string     `json:"dir"` // what the board is made of
}
