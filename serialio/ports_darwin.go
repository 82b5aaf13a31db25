//go:build !cgo

package serialio

import (
	"path/filepath"
	"strings"
)

// usbPorts returns the ports with a name that macOS gives to USB serial ports. Their ids are missing: the IOKit framework
// has them, and that needs cgo. A cu.* node opens without waiting for a carrier, unlike the tty.* node.
func usbPorts() ([]Port, error) {
	names, err := filepath.Glob("/dev/cu.*")
	if err != nil {
		return nil, err
	}
	var ports []Port
	for _, name := range names {
		for _, driver := range []string{"usbserial", "usbmodem", "wchusbserial", "SLAB_USBtoUART"} {
			if strings.HasPrefix(filepath.Base(name), "cu."+driver) {
				ports = append(ports, Port{Path: name})
				break
			}
		}
	}
	return ports, nil
}
