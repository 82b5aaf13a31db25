//go:build !darwin || cgo

package serialio

import "go.bug.st/serial/enumerator"

func usbPorts() ([]Port, error) {
	details, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, err
	}
	var ports []Port
	for _, d := range details {
		if d.IsUSB { // the others are soldered UARTs and Bluetooth, never a board
			ports = append(ports, Port{Path: d.Name, VID: d.VID, PID: d.PID, Serial: d.SerialNumber, Product: d.Product})
		}
	}
	return ports, nil
}
