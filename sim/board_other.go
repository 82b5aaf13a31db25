//go:build !linux && !darwin

package sim

import (
	"context"
	"net/netip"
	"runtime"
)

// Board is a running simulated board. It needs ptys, so it exists on Linux and macOS only.
type Board struct{}

// Start returns a *RuntimeError on this system.
func Start(context.Context, Config) (*Board, error) {
	return nil, &RuntimeError{"there are no ptys on " + runtime.GOOS}
}

// Port is empty here.
func (b *Board) Port() string { return "" }

// ID is empty here.
func (b *Board) ID() string { return "" }

// Addr is the zero address here.
func (b *Board) Addr() netip.Addr { return netip.Addr{} }

// Flash is empty here.
func (b *Board) Flash() string { return "" }

// Done is nil here.
func (b *Board) Done() <-chan struct{} { return nil }

// Stop does nothing here.
func (b *Board) Stop() error { return nil }

// SetNetworks does nothing here.
func (b *Board) SetNetworks([]Network) error { return nil }

// Press does nothing here.
func (b *Board) Press(...int) error { return nil }

// Renumber does nothing here.
func (b *Board) Renumber() (netip.Addr, error) { return netip.Addr{}, nil }

func alive(int) bool { return false }
