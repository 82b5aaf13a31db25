//go:build !cgo

package serialio

import (
	"path/filepath"
	"strings"
)

// usbPorts goes by the names that macOS gives to USB serial ports: their ids need the IOKit framework, and
// that needs cgo. The cu.* node opens without waiting for a carrier, unlike its tty.* twin.
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
