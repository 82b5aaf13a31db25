package boards

import (
	"context"
	"slices"
	"strings"

	"mpctl/internal/remembered"
	"mpctl/serialio"
	"mpctl/sim"
)

// Simulated is the Kind of a port whose board is simulated.
const Simulated = "simulated board"

// Ports lists the USB serial ports, and after them those of this user's simulated boards.
func Ports(ctx context.Context) ([]serialio.Port, error) {
	ports, err := serialio.Ports(ctx)
	if err != nil {
		return nil, err
	}
	for _, b := range sim.Running() {
		ports = append(ports, serialio.Port{Path: b.Port, Serial: b.ID, Product: b.Model, Kind: Simulated})
	}
	return ports, nil
}

// cable is a port with what is known of the board behind it.
type cable struct {
	port     serialio.Port
	id, name string // the name is empty if no such board is remembered
}

func (f *Finder) cables(ctx context.Context) ([]cable, error) {
	ports, err := f.ports(ctx)
	if err != nil || len(ports) == 0 {
		return nil, err
	}
	memory := f.o.Memory.Boards()
	cables := make([]cable, len(ports))
	for i, p := range ports {
		b := boardAt(p, memory)
		cables[i] = cable{p, b.ID, b.Name}
	}
	return cables, nil
}

// boardAt returns what is known of the board at a port. A chip with USB of its own has its id, the MAC address, as the
// port's serial number. A chip behind a bridge is known if it was seen at this port before.
func boardAt(p serialio.Port, memory []remembered.Board) remembered.Board {
	id, usb := strings.ToLower(strings.ReplaceAll(p.Serial, ":", "")), memorable(p)
	for _, matches := range []func(remembered.Board) bool{
		func(b remembered.Board) bool { return b.ID == id },
		func(b remembered.Board) bool { return b.USB == usb },
	} {
		if i := slices.IndexFunc(memory, matches); i >= 0 {
			return memory[i]
		}
	}
	return remembered.Board{ID: id}
}
