package main

import (
	"context"
	"strconv"
	"time"

	"mpctl/firmware"
	"mpctl/internal/boards"
	"mpctl/internal/provision"
	"mpctl/serialio"
)

// provision provisions the board at one port.
func (a *app) provision(ctx context.Context, o provisionOptions) error {
	c, err := a.wanted(ctx, o)
	if err != nil {
		return err
	}
	progress := a.Progress()
	defer progress.Close()
	var reporter provision.Reporter = &stepReporter{app: a, progress: progress}
	if a.JSON {
		reporter = &jsonReporter{app: a}
	}
	began := time.Now()
	port, err := a.choosePort(ctx, o.port)
	if err != nil {
		reporter.Begin(provision.StepPort)
		reporter.End(provision.Step{Name: provision.StepPort, Failed: true, Text: "failed", Duration: time.Since(began)})
		return err
	}
	p := a.provisioner(reporter)
	if a.CanAsk() {
		p.Prompter = person{a}
	}
	done, err := a.runStages(ctx, p, port, o.engine(c), o.dryRun)
	if err == nil && !o.dryRun {
		err = a.showResult(done)
	}
	if err == nil {
		err = printed(reporter)
	}
	return err
}

// printed is why what a Reporter was told could not be printed, if it could not.
func printed(r provision.Reporter) error {
	if r, ok := r.(*jsonReporter); ok {
		return r.err
	}
	return nil
}

// wanted is the network to join, as far as it is known. A dry run needs no password.
func (a *app) wanted(ctx context.Context, o provisionOptions) (provision.Credentials, error) {
	if o.dryRun {
		return provision.Credentials{SSID: o.ssid}, nil
	}
	return a.credentials(ctx, o)
}

func (a *app) provisioner(r provision.Reporter) *provision.Provisioner {
	return &provision.Provisioner{Network: a.finder(), Reporter: r, Timeout: a.timeout}
}

// finder finds boards as the global flags say.
func (a *app) finder() *boards.Finder {
	return boards.New(boards.Options{
		Interfaces: a.interfaces, Timeout: a.timeout, Memory: a.memory, Verbose: a.Verbose,
		Warn: func(err error) { a.Warn("%v", err) },
	})
}

// provisioned is a board that has been provisioned.
type provisioned struct {
	board serialio.Board
	port  serialio.Port
	name  string
	found *provision.Result // nil if it was not to go onto the network
}

// runStages takes the board at a port through all stages, or shows what they would write.
func (a *app) runStages(ctx context.Context, p *provision.Provisioner, port serialio.Port, o provision.Options, dryRun bool) (provisioned, error) {
	target, err := p.Probe(ctx, port)
	if err != nil {
		return provisioned{}, err
	}
	defer target.Close(ctx)
	plan, err := target.Plan(o)
	if err != nil {
		return provisioned{}, err
	}
	done := provisioned{board: target.Board, port: port, name: plan.Name}
	if dryRun {
		paths, err := target.Compare(ctx, plan)
		if err != nil {
			return provisioned{}, err
		}
		return done, a.showPlan(done, paths)
	}
	started, err := target.Apply(ctx, plan)
	if err != nil || o.NoWiFi {
		return done, err
	}
	result, err := p.Verify(ctx, started)
	if err != nil {
		return done, err
	}
	done.port, done.name, done.found = target.Port(), result.Board.Name, &result
	return done, nil
}

func (a *app) showPlan(board provisioned, paths []string) error {
	if a.JSON {
		return a.PrintJSON(map[string]any{"result": map[string]any{
			"dry_run": true, "name": board.name, "id": board.board.ID, "machine": board.board.Machine, "usb": board.port.Path, "files": paths,
		}})
	}
	for _, path := range paths {
		if err := a.Row("would write", path); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showResult(done provisioned) error {
	switch {
	case a.JSON:
		return a.PrintJSON(map[string]any{"result": done.json()})
	case done.found == nil:
		return nil
	}
	if err := a.QR(done.found.URL()); err != nil {
		return err
	}
	return a.Row(done.found.URL(), done.value())
}

// json is the last line of the command in JSON.
func (d provisioned) json() map[string]any {
	result := map[string]any{
		"name": d.name, "id": d.board.ID, "machine": d.board.Machine, "micropython": d.board.MicroPython,
		"fw": firmware.Version(), "usb": d.port.Path,
	}
	if d.found == nil {
		return result
	}
	addr := d.found.Board.Addr
	result["address"], result["port"], result["url"] = addr.Addr(), addr.Port(), d.found.URL()
	result["sensor"], result["value"], result["unit"] = nil, nil, nil
	if r := d.found.Reading; r != nil {
		result["sensor"], result["value"] = r.Sensor, r.Value
		if r.Unit != "" {
			result["unit"] = r.Unit
		}
	}
	return result
}

// url is the board's page, empty if it was not to go onto the network.
func (d provisioned) url() string {
	if d.found == nil {
		return ""
	}
	return d.found.URL()
}

// value is the first reading as people see it, empty if there is none.
func (d provisioned) value() string {
	if d.found == nil || d.found.Reading == nil || d.found.Reading.Value == nil {
		return ""
	}
	return strconv.FormatFloat(*d.found.Reading.Value, 'f', -1, 64)
}
