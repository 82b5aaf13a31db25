//go:build unix

package serialio

import "go.bug.st/serial"

// open lets the system raise DTR and RTS, which it does together. Initial status bits are left out because a
// pseudo-terminal refuses them.
func open(path string, mode serial.Mode) (serial.Port, error) {
	return serial.Open(path, &mode)
}
