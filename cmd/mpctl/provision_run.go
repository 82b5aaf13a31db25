package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"mpctl/firmware"
	"mpctl/internal/termsafe"
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
	settings  settings
	evidence  evidence
	restarted bool
	boot      *bootLog
	found     board
	reading   reading
}

func (a *app) provision(ctx context.Context, o provisionOptions) error {
	p := &provisioning{a: a, o: o, steps: newSteps(a)}
	if !o.dryRun {
		var err error
		if p.c, err = a.credentials(ctx, o); err != nil {
			return err
		}
	}
	return p.run(ctx)
}

func (p *provisioning) run(ctx context.Context) (err error) {
	if err := p.steps.run("port", func() (outcome, error) { return p.openPort(ctx) }); err != nil {
		return err
	}
	defer p.conn.Close()
	defer func() { p.letGo(ctx, err) }()
	if err := p.steps.run("board", func() (outcome, error) { return p.probe(ctx) }); err != nil {
		return err
	}
	if p.o.dryRun {
		return p.plan(ctx)
	}
	if err := p.steps.run("firmware", func() (outcome, error) { return p.upload(ctx) }); err != nil {
		return err
	}
	if err := p.completeCredentials(ctx); err != nil {
		return err
	}
	for _, step := range []struct {
		name string
		do   func(context.Context) (outcome, error)
	}{
		{"wifi", p.join},
		{"config", p.configure},
		{"restart", p.restart},
		{"found", p.find},
		{"reading", p.read},
	} {
		if err := p.steps.run(step.name, func() (outcome, error) { return step.do(ctx) }); err != nil {
			return err
		}
	}
	return p.showResult()
}

func (p *provisioning) openPort(ctx context.Context) (outcome, error) {
	var err error
	if p.port, err = p.a.choosePort(ctx, p.o.port); err != nil {
		return outcome{}, err
	}
	out := outcome{text: describePort(p.port), fields: map[string]any{"port": p.port.Path}}
	p.conn, err = serialio.Open(p.port.Path)
	return out, err
}

func (p *provisioning) probe(ctx context.Context) (outcome, error) {
	var err error
	if p.repl, err = serialio.Enter(ctx, p.conn); err != nil {
		return outcome{}, err
	}
	if p.board, err = serialio.Probe(ctx, p.repl); err != nil {
		return outcome{}, err
	}
	b := p.board
	return outcome{
		text:   fmt.Sprintf("%s, MicroPython %s, id %s", b.Machine, b.MicroPython, b.ID),
		fields: map[string]any{"id": b.ID, "machine": b.Machine, "micropython": b.MicroPython, "heap_free": b.HeapFree, "flash_free": b.FlashFree},
	}, nil
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
	text := fmt.Sprintf("%s, %d files, %s", firmware.Version(), len(result.Sent), kilobytes(result.Bytes))
	if len(result.Sent) == 0 {
		text = firmware.Version() + " is on the board already"
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
	var err error
	if p.settings, err = readSettings(ctx, p.repl); err != nil {
		return outcome{}, fmt.Errorf("reading the board's settings: %w", err)
	}
	if err := p.settings.merge(p.o, p.board.ID, p.c); err != nil {
		return outcome{}, fmt.Errorf("writing the board's settings: %w", err)
	}
	file, err := p.settings.file()
	if err != nil {
		return outcome{}, err
	}
	if _, err := serialio.Upload(ctx, p.repl, p.board, []serialio.File{file}, nil); err != nil {
		return outcome{}, fmt.Errorf("writing the board's settings: %w", err)
	}
	return outcome{"the board is called " + p.settings.name(), map[string]any{"name": p.settings.name()}}, nil
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
		return outcome{fmt.Sprintf("%d of %d files differ, %s", len(outdated), len(files()), kilobytes(bytes)),
			map[string]any{"fw": firmware.Version(), "files": len(outdated), "bytes": bytes}}, err
	})
	if err != nil {
		return err
	}
	existing, err := readSettings(ctx, p.repl)
	if err != nil {
		return fmt.Errorf("reading the board's settings: %w", err)
	}
	if err := existing.merge(p.o, p.board.ID, p.c); err != nil {
		return err
	}
	paths := []string{}
	for _, f := range outdated {
		paths = append(paths, f.Path)
	}
	if p.a.json {
		return json.NewEncoder(p.a.stdout).Encode(map[string]any{"result": map[string]any{
			"dry_run": true, "name": existing.name(), "id": p.board.ID, "machine": p.board.Machine, "usb": p.port.Path, "files": paths,
		}})
	}
	for _, path := range append(paths, configPath) {
		if _, err := fmt.Fprintf(p.a.stdout, "would write\t%s\n", termsafe.Line(path)); err != nil {
			return err
		}
	}
	return nil
}
