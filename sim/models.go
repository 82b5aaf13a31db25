package sim

import (
	"maps"
	"slices"
	"strings"
)

// model is what the Go side knows of a model of board; the rest is in hw/world.py.
type model struct {
	ring      int    // size of the serial port's receive buffer in bytes
	flash     int    // size of the file system in bytes
	rom       string // what the chip's ROM prints at a reset
	idBefore  string // machine.unique_id() in hex begins with this,
	idAfter   string // and ends with this, behind four digits of the board's own
	light     int    // GPIO to be named in the settings as the light sensor's; below 0 if none is needed
	responder bool   // its C firmware has an mDNS responder
}

const esp32ROM = "ets Jul 29 2019 12:21:46\n\nrst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n"

// macPrefix is Espressif's prefix and two more digits.
const macPrefix = "7c9ebd4d"

var (
	labplus = model{ring: 255, flash: 2 << 20, rom: esp32ROM, idBefore: macPrefix, light: -1, responder: true}
	models  = map[string]model{
		MPython:         labplus,
		MPythonNoMotion: labplus,
		MPythonNoScreen: labplus,
		MPythonV3:       {ring: 260, flash: 2 << 20, rom: esp32ROM, idBefore: macPrefix, light: -1, responder: true},
		ESP32:           {ring: 260, flash: 2 << 20, rom: esp32ROM, idBefore: macPrefix, light: 34, responder: true},
		RP2:             {ring: 512, flash: 848 << 10, idBefore: "e66138935f4d", light: 26, responder: true},
		ESP8266:         {ring: 255, flash: 3 << 20, rom: "\n ets Jan  8 2013,rst cause:2, boot mode:(3,6)\n", idAfter: "4d00", light: 0},
	}
)

// modelNames returns the names of the models, for a message.
func modelNames() string { return strings.Join(slices.Sorted(maps.Keys(models)), ", ") }
