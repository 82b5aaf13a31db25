//go:build unix

package serialio

import "go.bug.st/serial"

// open leaves DTR and RTS to the system, which raises them together. Initial status bits are not given: a
// pseudo-terminal has none and would refuse them.
func open(path string, mode serial.Mode) (serial.Port, error) {
	return serial.Open(path, &mode)
}
