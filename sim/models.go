package sim

import (
	"maps"
	"slices"
	"strings"
)

// model is what the Go side has to know of a board; the rest is in hw/world.py.
type model struct {
	ring      int    // bytes that wait in the serial port's receive buffer
	flash     int    // bytes of its file system
	rom       string // what the chip itself says at a reset
	idBefore  string // machine.unique_id() in hex is this,
	idAfter   string // four digits of the board's own, and this
	light     int    // GPIO that the config has to name as the light sensor's; none below 0
	responder bool   // its C firmware has an mDNS responder
}

const esp32ROM = "ets Jul 29 2019 12:21:46\n\nrst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\n"

// macPrefix is Espressif's, and two digits more.
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

// modelNames lists them for a user.
func modelNames() string { return strings.Join(slices.Sorted(maps.Keys(models)), ", ") }
