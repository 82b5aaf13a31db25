package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"mpctl/firmware"
	"mpctl/internal/console"
	"mpctl/internal/console/termsafe"
	"mpctl/serialio"
)

// provisioning is one board on its way onto the network. Each step leaves here what later ones need.
type provisioning struct {
	a     *app
	o     provisionOptions
	c     credentials
	steps *steps

	port      serialio.Port
	conn      *serialio.Conn
	repl      *serialio.REPL
	board     serialio.Board
	known     settings // what the board has
	settings  settings // what it gets
	evidence  evidence
	restarted bool
	boot      *bootLog
	found     board
	reading   reading
}

func (a *app) provision(ctx context.Context, o provisionOptions) error {
	p := &provisioning{a: a, o: o, steps: newSteps(a)}
	var err error
	if !o.dryRun {
		if p.c, err = a.credentials(ctx, o); err != nil {
			return err
		}
	}
	if err := p.steps.run("port", func() (out outcome, err error) {
		p.port, err = a.choosePort(ctx, o.port)
		if err != nil {
			return outcome{}, err
		}
		return p.openPort()
	}); err != nil {
		return err
	}
	if err := p.run(ctx); err != nil {
		return err
	}
	return p.showResult()
}

// run takes the board at the open port through all steps.
func (p *provisioning) run(ctx context.Context) (err error) {
	defer func() { _ = p.conn.Close() }() // which may be another by then
	defer func() { p.letGo(ctx, err) }()
	if err := p.steps.run("board", func() (outcome, error) { return p.probe(ctx) }); err != nil {
		return err
	}
	if err := p.checkBoard(); err != nil {
		return err
	}
	if p.o.dryRun {
		return p.plan(ctx)
	}
	if err := p.checkNetwork(); err != nil {
		return err
	}
	if err := p.steps.run("firmware", func() (outcome, error) { return p.upload(ctx) }); err != nil {
		return err
	}
	if err := p.completeCredentials(ctx); err != nil {
		return err
	}
	for _, step := range []struct {
		name   string
		do     func(context.Context) (outcome, error)
		needed bool
	}{
		{"wifi", p.join, p.c.ssid != "" && !p.known.hasNetwork(p.c.ssid, p.c.password)},
		{"config", p.configure, true},
		{"restart", p.restart, true},
		{"found", p.find, !p.o.noWiFi},
		{"reading", p.read, !p.o.noWiFi},
	} {
		if !step.needed {
			continue
		}
		if err := p.steps.run(step.name, func() (outcome, error) { return step.do(ctx) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *provisioning) openPort() (out outcome, err error) {
	out = outcome{text: describePort(p.port), fields: map[string]any{"port": p.port.Path}}
	p.conn, err = serialio.Open(p.port.Path)
	return out, err
}

// roomyHeap is what all that is done here can be done in, in bytes.
const roomyHeap = 40 << 10

func (p *provisioning) probe(ctx context.Context) (outcome, error) {
	err := p.enter(ctx)
	if err != nil {
		return outcome{}, err
	}
	if p.board, err = serialio.Probe(ctx, p.repl); err != nil {
		return outcome{}, err
	}
	if p.board.HeapFree >= 0 && p.board.HeapFree < roomyHeap {
		// What ran before has left it full.
		if err = p.repl.SoftReset(ctx); err != nil {
			return outcome{}, err
		}
		if p.board, err = serialio.Probe(ctx, p.repl); err != nil {
			return outcome{}, err
		}
	}
	if p.known, err = readSettings(ctx, p.repl); err != nil {
		return outcome{}, fmt.Errorf("reading the board's settings: %w", err)
	}
	b := p.board
	text := fmt.Sprintf("%s, MicroPython %s, id %s", b.Machine, b.MicroPython, b.ID)
	if name := p.known.name(); name != "" {
		text = name + ": " + text
	}
	if b.FlashFree >= 0 && b.HeapFree >= 0 {
		text += fmt.Sprintf(", free: %s flash, %s heap", console.Size(b.FlashFree), console.Size(b.HeapFree))
	}
	return outcome{
		text:   text,
		fields: map[string]any{"id": b.ID, "machine": b.Machine, "micropython": b.MicroPython, "heap_free": b.HeapFree, "flash_free": b.FlashFree},
	}, nil
}

// checkBoard sees to it, before anything is written, that the firmware is of use on this board.
func (p *provisioning) checkBoard() error {
	const hint = "use an ESP32, an ESP8266 or a Pico W"
	switch b := p.board; {
	case !b.WiFi && !p.o.noWiFi:
		return &rejectedError{fmt.Sprintf("this board, %s, has no WiFi", b.Machine), hint}
	case !b.Folders:
		return &rejectedError{fmt.Sprintf("this board, %s, has no folders to put the firmware into", b.Machine), hint}
	}
	return nil
}

// checkNetwork sees to it, before anything is written, that there is a network to join.
func (p *provisioning) checkNetwork() error {
	if p.o.noWiFi || p.c.ssid != "" || len(p.known.networks()) > 0 || p.a.canAsk(p.o) && !p.o.all {
		return nil
	}
	return usageError{"which WiFi network? the board knows of none", "give its name with --ssid or MPCTL_WIFI_SSID, or leave its WiFi alone with --no-wifi"}
}

// manifestPath is where a board keeps the names of the firmware's files, so that a later one can remove its own.
const manifestPath = "/lib/mpctl/manifest"

// files is the firmware as this board gets it.
func files() []serialio.File {
	var all []serialio.File
	for _, f := range firmware.Files() {
		file := serialio.File{Path: f.Path, Data: f.Data}
		if f.Path == firmware.MainPath {
			file.Keep = func(old []byte) bool { return !firmware.IsMain(old) }
		}
		all = append(all, file)
	}
	return append([]serialio.File{serialio.Manifest(manifestPath, all)}, all...)
}

func (p *provisioning) upload(ctx context.Context) (outcome, error) {
	result, err := serialio.Upload(ctx, p.repl, p.board, files(), func(done, total int) { p.steps.progress("firmware", done, total) })
	if err != nil {
		return outcome{}, fmt.Errorf("putting the firmware onto the board: %w", err)
	}
	text := fmt.Sprintf("%s, %d files, %s", firmware.Version(), len(result.Sent), console.Size(int64(result.Bytes)))
	if len(result.Sent) == 0 {
		text = firmware.Version() + " is up to date"
	}
	if kept := result.Kept[firmware.MainPath]; kept != "" {
		text += "; the old main.py is kept as " + strings.TrimPrefix(kept, "/")
	}
	return outcome{text, map[string]any{
		"fw": firmware.Version(), "files": len(result.Sent), "bytes": result.Bytes, "unchanged": len(result.Equal),
		"retried": len(result.Retried), "kept": result.Kept,
	}}, nil
}

// completeCredentials asks for what was not given, now that the board can say what it hears.
func (p *provisioning) completeCredentials(ctx context.Context) error {
	open := false
	if p.o.noWiFi || p.c.ssid == "" && len(p.known.networks()) > 0 {
		return nil
	}
	if p.c.ssid == "" {
		w, err := openRadio(ctx, p.repl)
		if err != nil {
			return err
		}
		heard, err := w.scan(ctx)
		if err != nil {
			return fmt.Errorf("scanning for networks: %w", err)
		}
		if p.c.ssid, err = p.a.askSSID(ctx, heard); err != nil {
			return err
		}
		for _, n := range heard {
			open = open || n.SSID == p.c.ssid && n.Auth == 0
		}
	}
	if p.c.hasPassword || open {
		return nil
	}
	var err error
	if p.c.password, err = p.a.askPassword(ctx, p.c.ssid); err != nil {
		return err
	}
	return checkPassword(p.c.password)
}

func (p *provisioning) join(ctx context.Context) (outcome, error) {
	w, err := openRadio(ctx, p.repl)
	if err != nil {
		return outcome{}, fmt.Errorf("starting the board's WiFi: %w", err)
	}
	e, err := w.join(ctx, p.c)
	p.evidence = e
	out := outcome{
		text: fmt.Sprintf("%s, address %s", p.c.ssid, e.IP),
		fields: map[string]any{"ssid": p.c.ssid, "address": nullable(e.IP), "rssi": e.RSSI, "channel": e.Channel,
			"auth": e.Auth, "seen": e.Seen, "status": e.Status, "reason": nullable(e.Reason)},
	}
	if err == nil && e.RSSI != nil {
		out.text += fmt.Sprintf(", %d dBm", *e.RSSI)
		if *e.RSSI < weakSignal {
			out.text += " (weak)"
		}
	}
	return out, err
}

// nullable is s, or null in JSON where there is none.
func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (p *provisioning) configure(ctx context.Context) (outcome, error) {
	p.settings = maps.Clone(p.known)
	if err := p.settings.merge(p.o, p.board.ID, p.c); err != nil {
		return outcome{}, fmt.Errorf("writing the board's settings: %w", err)
	}
	name := p.settings.name()
	if p.settings.equal(p.known) {
		return outcome{"unchanged, the board is called " + name, map[string]any{"name": name, "changed": false}}, nil
	}
	file, err := p.settings.file()
	if err != nil {
		return outcome{}, err
	}
	if _, err := serialio.Upload(ctx, p.repl, p.board, []serialio.File{file}, nil); err != nil {
		return outcome{}, fmt.Errorf("writing the board's settings: %w", err)
	}
	return outcome{"the board is called " + name, map[string]any{"name": name, "changed": true}}, nil
}

// letGo leaves the board in peace. One that was only looked at, or that a network rejected, restarts into what
// it ran before; after any other failure it waits at its prompt.
func (p *provisioning) letGo(ctx context.Context, err error) {
	if p.repl == nil || p.restarted {
		return
	}
	var rejected *rejectedError
	unchanged := errors.As(err, &rejected) || err == nil && p.o.dryRun
	if unchanged && ctx.Err() == nil && p.repl.Reset(ctx) == nil {
		return
	}
	p.repl.Leave()
}

// plan tells what provision would do.
func (p *provisioning) plan(ctx context.Context) error {
	var outdated []serialio.File
	err := p.steps.run("firmware", func() (outcome, error) {
		var err error
		outdated, err = serialio.Outdated(ctx, p.repl, files())
		bytes := 0
		for _, f := range outdated {
			bytes += len(f.Data)
		}
		return outcome{fmt.Sprintf("%d of %d files differ, %s", len(outdated), len(files()), console.Size(int64(bytes))),
			map[string]any{"fw": firmware.Version(), "files": len(outdated), "bytes": bytes}}, err
	})
	if err != nil {
		return err
	}
	planned := maps.Clone(p.known)
	// Which network is not asked for here, but with one to join the settings change.
	c := credentials{ssid: p.o.ssid}
	if err := planned.merge(p.o, p.board.ID, c); err != nil {
		return err
	}
	paths := []string{}
	for _, f := range outdated {
		paths = append(paths, f.Path)
	}
	if !planned.equal(p.known) {
		paths = append(paths, configPath)
	}
	if p.a.JSON {
		return json.NewEncoder(p.a.stdout).Encode(map[string]any{"result": map[string]any{
			"dry_run": true, "name": planned.name(), "id": p.board.ID, "machine": p.board.Machine, "usb": p.port.Path, "files": paths,
		}})
	}
	for _, path := range paths {
		if _, err := fmt.Fprintf(p.a.stdout, "would write\t%s\n", termsafe.Line(path)); err != nil {
			return err
		}
	}
	return nil
}
