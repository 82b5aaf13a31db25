//go:build linux || darwin

package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"sync"

	"mpctl/firmware"
)

// Board is a running simulated board.
type Board struct {
	mu          sync.Mutex // guards registered.Port, which changes when the cable is pulled
	registered  Registered
	dir         string
	environment environment
	claims      []net.Listener // the claims on its addresses, the first address first
	cancel      context.CancelFunc
	done        chan struct{}
	unregister  func()
	stopOnce    sync.Once
	err         error
}

// Start boots a board, which runs until ctx ends or Stop is called. It does not wait until the firmware answers on the
// network, which a blank board never does. Errors: *RuntimeError, *ConfigError, those of the operating system.
func Start(ctx context.Context, c Config) (*Board, error) {
	runtimePath, err := MicroPython()
	if err != nil {
		return nil, err
	}
	c, err = c.withDefaults()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return nil, fmt.Errorf("starting a simulated board: %w", err)
	}
	b := &Board{dir: dir, environment: environment{dir: dir}, done: make(chan struct{}), unregister: func() {}}
	if err := b.boot(ctx, c, runtimePath); err != nil {
		b.release()
		return nil, fmt.Errorf("starting a simulated board: %w", err)
	}
	return b, nil
}

func (c Config) withDefaults() (Config, error) {
	if c.Model == "" {
		c.Model = MPython
	}
	if _, ok := models[c.Model]; !ok {
		return c, &ConfigError{fmt.Sprintf("there is no board model %q", c.Model), "models: " + modelNames()}
	}
	if c.Baud == 0 {
		c.Baud = 115200
	}
	if c.Baud < 1200 || c.Baud > 4_000_000 {
		return c, &ConfigError{fmt.Sprintf("a serial line of %d baud", c.Baud), "use 1200 to 4000000; boards have 115200"}
	}
	if c.Light != nil && (*c.Light < 0 || *c.Light > 4095) {
		return c, &ConfigError{fmt.Sprintf("a light reading of %d", *c.Light), "the sensor gives 0 to 4095"}
	}
	if c.Filesystem != "" && c.Filesystem != LFS2 && c.Filesystem != FAT {
		return c, &ConfigError{fmt.Sprintf("a file system %q", c.Filesystem), "there are " + LFS2 + " and " + FAT}
	}
	if c.Networks == nil {
		c.Networks = DefaultNetworks()
	}
	return c, nil
}

func (b *Board) boot(ctx context.Context, c Config, runtimePath string) error {
	addr, claim, err := claimAddress()
	if err != nil {
		return err
	}
	b.claims = []net.Listener{claim}
	m := models[c.Model]
	b.registered = Registered{
		Model: c.Model, ID: m.idBefore + boardNumber(claim) + m.idAfter, Address: addr, PID: os.Getpid(), Dir: b.dir,
	}
	if c.Filesystem != "" && c.Image == "" {
		c.Image = filepath.Join(b.dir, "flash.img")
	}
	if err := b.writeWorld(c, macPrefix+boardNumber(claim)); err != nil {
		return err
	}
	if !c.Blank {
		if err := b.writeFlash(c); err != nil {
			return err
		}
	}
	if err := b.makeImage(ctx, c, runtimePath); err != nil {
		return err
	}
	var mdns *responder
	if m.responder {
		if mdns, err = newResponder(b.dir, b.Addr); err != nil {
			return err
		}
	}
	p, err := newProcess(b.dir, runtimePath, c)
	if err != nil {
		return err
	}
	if err := b.plugIn(p.line.Name()); err != nil {
		p.close()
		return err
	}
	p.pluggedIn = b.plugIn
	ctx, b.cancel = context.WithCancel(ctx)
	if mdns != nil {
		go mdns.run(ctx)
	}
	go func() {
		defer close(b.done)
		b.err = p.run(ctx)
		b.release()
	}()
	return nil
}

// writeWorld writes board.json, which hw/world.py reads at each boot, and the files that the board starts with.
func (b *Board) writeWorld(c Config, mac string) error {
	world, err := json.Marshal(map[string]any{
		"model": c.Model, "id": b.registered.ID, "mac": mac,
		"light": c.Light, "flash_size": models[c.Model].flash, "system_constants": systemConstants,
		"filesystem": c.Filesystem, "image": c.Image, "writes": c.Cut.Writes,
	})
	if err != nil {
		return err
	}
	if err := writeHardware(filepath.Join(b.dir, "hw")); err != nil {
		return err
	}
	if err := os.MkdirAll(b.Flash(), 0o700); err != nil {
		return err
	}
	err = b.environment.change(func(e *environment) { e.Networks, e.Address, e.Buttons = c.Networks, b.registered.Address, []int{} })
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.dir, "board.json"), world, 0o600)
}

// writeFlash puts the firmware and settings for the first network onto the flash, as mpctl provision would.
func (b *Board) writeFlash(c Config) error {
	for _, f := range firmware.Files() {
		path := filepath.Join(b.Flash(), filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			return err
		}
	}
	config := map[string]any{"v": 1, "port": 80}
	if c.Name != "" {
		config["name"] = c.Name
	}
	if len(c.Networks) > 0 {
		config["wifi"] = []map[string]string{{"ssid": c.Networks[0].SSID, "password": c.Networks[0].Password}}
	}
	if pin := models[c.Model].light; pin >= 0 {
		config["sensors"] = map[string]any{"light": map[string]int{"pin": pin}}
	}
	data, err := json.Marshal(config)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.Flash(), "mpctl.json"), data, 0o600)
}

func (b *Board) release() {
	b.unregister()
	for _, claim := range b.claims {
		_ = claim.Close()
	}
	_ = os.RemoveAll(b.dir)
}

// plugIn registers the board at a serial port.
func (b *Board) plugIn(port string) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unregister()
	b.registered.Port = port
	b.unregister, err = register(b.registered)
	return err
}

// Port returns the path of the board's serial port.
func (b *Board) Port() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.registered.Port
}

// ID returns the board's machine.unique_id() in lower hex.
func (b *Board) ID() string { return b.registered.ID }

// Addr returns the address that the board has when it is on the WiFi.
func (b *Board) Addr() netip.Addr { return b.environment.address() }

// Flash returns the folder that is the board's file system, unless [Config].Filesystem is set.
func (b *Board) Flash() string { return filepath.Join(b.dir, "flash") }

// Done is closed when the board has stopped.
func (b *Board) Done() <-chan struct{} { return b.done }

// Stop cuts the power and waits until all processes and files of the board are gone. The error is that of a board that
// had ended on its own before.
func (b *Board) Stop() error {
	b.stopOnce.Do(b.cancel)
	<-b.done
	return b.err
}
