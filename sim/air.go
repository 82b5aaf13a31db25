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

// air is what changes around a board while it runs. hw/world.py looks at the counter in the file "changes", and
// reads air.json when that is another.
type air struct {
	mu      sync.Mutex
	dir     string
	changes byte

	Networks []Network  `json:"networks"`
	Address  netip.Addr `json:"address"`
	Buttons  []int      `json:"buttons"` // GPIOs of those held down
}

// change alters the air and lets the board see it.
func (a *air) change(how func(*air)) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	how(a)
	data, err := json.Marshal(a)
	if err != nil {
		return err
	}
	// Renamed, for the board may be reading.
	path := filepath.Join(a.dir, "air.json")
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	if a.changes++; a.changes == 0 { // which says that nothing was read yet
		a.changes = 1
	}
	f, err := os.OpenFile(filepath.Join(a.dir, "changes"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte{a.changes}); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}

func (a *air) address() netip.Addr {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.Address
}

// SetNetworks changes the WiFi around the board: what is no longer there is lost to it.
func (b *Board) SetNetworks(networks []Network) error {
	return b.change("its networks", func(a *air) { a.Networks = append([]Network{}, networks...) })
}

// Press holds down the buttons on these GPIOs, and lets go of all others.
func (b *Board) Press(gpios ...int) error {
	return b.change("its buttons", func(a *air) { a.Buttons = append([]int{}, gpios...) })
}

// Renumber gives the board another address, as a DHCP server may, and returns it.
func (b *Board) Renumber() (netip.Addr, error) {
	addr, claim, err := claimAddress()
	if err != nil {
		return addr, err
	}
	b.claims = append(b.claims, claim)
	return addr, b.change("its address", func(a *air) { a.Address = addr })
}

func (b *Board) change(what string, how func(*air)) error {
	if err := b.air.change(how); err != nil {
		return fmt.Errorf("changing a simulated board, %s: %w", what, err)
	}
	return nil
}
