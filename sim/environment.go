//go:build linux || darwin

package sim

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
)

// environment is what can change around a board while it runs. Its fields are in the file environment.json, and a counter
// of its changes is in the file "changes". hw/world.py reads the first one when the counter has changed.
type environment struct {
	mu      sync.Mutex
	dir     string
	changes byte

	Networks []Network  `json:"networks"`
	Address  netip.Addr `json:"address"`
	Buttons  []int      `json:"buttons"` // GPIOs of the buttons that are held down
}

// change calls update on the environment, and lets the board see the result.
func (e *environment) change(update func(*environment)) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	update(e)
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	// The file is replaced by a rename because the board may be reading it.
	path := filepath.Join(e.dir, "environment.json")
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	if e.changes++; e.changes == 0 { // 0 is the board's count before it has read anything
		e.changes = 1
	}
	f, err := os.OpenFile(filepath.Join(e.dir, "changes"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte{e.changes}); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func (e *environment) address() netip.Addr {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.Address
}

// SetNetworks changes the WiFi networks around the board. A board on a network that is no longer there loses it.
func (b *Board) SetNetworks(networks []Network) error {
	return b.change("its networks", func(e *environment) { e.Networks = append([]Network{}, networks...) })
}

// Press holds down the buttons on these GPIOs, and releases all others.
func (b *Board) Press(gpios ...int) error {
	return b.change("its buttons", func(e *environment) { e.Buttons = append([]int{}, gpios...) })
}

// Renumber gives the board another address, as a DHCP server may, and returns that address.
func (b *Board) Renumber() (netip.Addr, error) {
	addr, claim, err := claimAddress()
	if err != nil {
		return addr, err
	}
	b.claims = append(b.claims, claim)
	return addr, b.change("its address", func(e *environment) { e.Address = addr })
}

func (b *Board) change(what string, update func(*environment)) error {
	if err := b.environment.change(update); err != nil {
		return fmt.Errorf("changing a simulated board, %s: %w", what, err)
	}
	return nil
}
