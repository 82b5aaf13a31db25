package serialio

import "go.bug.st/serial"

// open raises DTR before RTS. Windows would raise them at different times, and RTS alone is the reset of an ESP board.
func open(path string, mode serial.Mode) (serial.Port, error) {
	mode.InitialStatusBits = &serial.ModemOutputBits{}
	port, err := serial.Open(path, &mode)
	if err != nil {
		return nil, err
	}
	// A native USB board takes a port without DTR for a closed one.
	_ = port.SetDTR(true)
	_ = port.SetRTS(true)
	return port, nil
}
