package serialio

import "go.bug.st/serial"

// open raises DTR before RTS: Windows by itself raises them at different times, and RTS first is the reset of an ESP
// board.
func open(path string, mode serial.Mode) (serial.Port, error) {
	mode.InitialStatusBits = &serial.ModemOutputBits{}
	port, err := serial.Open(path, &mode)
	if err != nil {
		return nil, err
	}
	// Native USB boards take a port without DTR for closed.
	_ = port.SetDTR(true)
	_ = port.SetRTS(true)
	return port, nil
}
