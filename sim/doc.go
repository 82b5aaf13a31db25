// Package sim runs simulated boards: the real firmware on a real MicroPython. The modules in hw/ play the hardware around
// it, and a pty takes the place of the USB serial port.
//
// A board is a folder, with its flash and the state of its environment, and a MicroPython process, which every reset
// ends and starts anew. Between the process's terminal and the board's serial port is a simulated UART with the speed
// and the small receive buffer of a real one. Networking is real sockets on loopback addresses, of which each board
// has its own.
package sim

import (
	"net/netip"
)

// Models of boards, as --board names them.
const (
	MPython = "mpython" // 掌控板: MicroPython 1.12 level, plain raw REPL, OLED and light sensor
	ESP32   = "esp32"   // mainline MicroPython: raw-paste; a light sensor only where the config names its pin
	RP2     = "rp2"     // Pico W: like ESP32, but its C firmware occupies UDP port 5353
	ESP8266 = "esp8266" // like ESP32, with one ADC, and without mDNS in its C firmware

	MPythonNoMotion = "mpython-nomotion" // its accelerometer does not answer, so its mpython module does not load
	MPythonNoScreen = "mpython-noscreen" // its OLED does not answer, so main.py is not run
	MPythonV3       = "mpython-v3"       // 掌控板3.0: mainline level, a light sensor in lux, no OLED
)

// Config describes the board to simulate. The zero value is a new mPython board with the firmware on it.
type Config struct {
	Model    string                              // one of the constants above; default MPython
	Name     string                              // the board's name; default mpy- and the last 6 digits of its id
	Blank    bool                                // an empty flash
	Baud     int                                 // UART speed; default 115200
	Light    *int                                // a fixed reading in ADC counts, 0-4095; default a daylight curve
	Networks []Network                           // the WiFi networks around; default DefaultNetworks
	Trace    func(direction string, data []byte) // called with what crosses the line, "host" or "board" sending; never concurrently

	Filesystem string // LFS2 or FAT, in an image file; default a folder, see Board.Flash
	Image      string // path of that file, which is created if missing and outlives the board; default a temporary one
	Cut        Cut    // an accident
}

// File systems for [Config].Filesystem. A block is in the image as soon as the board has written it.
const (
	LFS2 = "lfs2"
	FAT  = "fat"
)

// Cut is an accident. The zero value is no accident.
type Cut struct {
	Bytes  int  // the cable is pulled when so many bytes have crossed the open port, in both directions together
	Powers bool // the cable powers the board, which stops when it is pulled; otherwise the board goes on, at another port
	Writes int  // the power fails when so many blocks of flash have been written
}

// Network is a WiFi network around a simulated board.
type Network struct {
	SSID     string `json:"ssid"`
	Password string `json:"password"`
	Channel  int    `json:"channel"`
	RSSI     int    `json:"rssi"` // dBm
	Auth     int    `json:"auth"` // 0 open, 3 WPA2-PSK, 5 WPA2-Enterprise
	DHCP     bool   `json:"dhcp"` // false: a board can join, but gets no address
	Hidden   bool   `json:"hidden"`
}

// DefaultNetworks returns the networks around a board without [Config].Networks.
func DefaultNetworks() []Network {
	return []Network{
		{SSID: "classroom", Password: "chalk and cheese", Channel: 6, RSSI: -48, Auth: 3, DHCP: true},
		{SSID: "classroom-guest", Channel: 6, RSSI: -50, Auth: 0, DHCP: true},
		{SSID: "staff", Password: "no pupils here", Channel: 11, RSSI: -71, Auth: 5, DHCP: true},
		{SSID: "cellar", Password: "nobody is home", Channel: 1, RSSI: -86, Auth: 3, DHCP: false},
	}
}

// Registered describes a simulated board that a process of this user is running.
type Registered struct {
	Port    string     `json:"port"` // path of its serial port
	Model   string     `json:"model"`
	ID      string     `json:"id"` // machine.unique_id() in lower hex
	Address netip.Addr `json:"address"`
	PID     int        `json:"pid"` // of the process that simulates the board
	Dir     string     `json:"dir"` // the board's folder
}
