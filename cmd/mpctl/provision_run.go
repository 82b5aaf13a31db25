package main

import (
	"context"
	"time"

	"mpctl/firmware"
	"mpctl/internal/number"
	"mpctl/internal/provision"
	"mpctl/serialio"
)

// one provisions the board at one port.
func (c provisionCommand) one(ctx context.Context) error {
	network, err := c.network(ctx)
	if err != nil {
		return err
	}
	progress := c.Progress()
	defer progress.Close()
	var reporter provision.Reporter = &stepReporter{app: c.app, progress: progress}
	if c.JSON {
		reporter = &jsonReporter{app: c.app}
	}
	began := time.Now()
	port, err := c.choosePort(ctx)
	if err != nil {
		reporter.Begin(provision.StepPort)
		reporter.End(provision.Step{Name: provision.StepPort, Failed: true, Text: "failed", Duration: time.Since(began)})
		return err
	}
	p := c.provisioner(reporter)
	if c.CanAsk() {
		p.Prompter = person{c}
	}
	done, err := c.runStages(ctx, p, port, c.o.engine(network))
	if err == nil && !c.o.dryRun {
		err = c.showResult(done)
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

// network returns the network to join, as far as it is known. A dry run needs no password.
func (c provisionCommand) network(ctx context.Context) (provision.Credentials, error) {
	if c.o.dryRun {
		return provision.Credentials{SSID: c.o.ssid}, nil
	}
	return c.credentials(ctx)
}

func (c provisionCommand) provisioner(r provision.Reporter) *provision.Provisioner {
	return &provision.Provisioner{Network: c.finder(), Reporter: r, Timeout: c.timeout}
}

// provisioned is a board that has been provisioned.
type provisioned struct {
	board serialio.Board
	port  serialio.Port
	name  string
	found *provision.Result // nil if it was not to go onto the network
}

// runStages takes the board at a port through all stages, or shows what they would write.
func (c provisionCommand) runStages(ctx context.Context, p *provision.Provisioner, port serialio.Port, o provision.Options) (provisioned, error) {
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
	if c.o.dryRun {
		paths, err := target.Compare(ctx, plan)
		if err != nil {
			return provisioned{}, err
		}
		return done, c.showPlan(done, paths)
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

func (c provisionCommand) showPlan(board provisioned, paths []string) error {
	if c.JSON {
		return c.PrintJSON(map[string]any{"result": map[string]any{
			"dry_run": true, "name": board.name, "id": board.board.ID, "machine": board.board.Machine, "usb": board.port.Path, "files": paths,
		}})
	}
	for _, path := range paths {
		if err := c.Row("would write", path); err != nil {
			return err
		}
	}
	return nil
}

func (c provisionCommand) showResult(done provisioned) error {
	switch {
	case c.JSON:
		return c.PrintJSON(map[string]any{"result": done.json()})
	case done.found == nil:
		return nil
	}
	if err := c.QR(done.found.URL()); err != nil {
		return err
	}
	return c.Row(done.found.URL(), done.value())
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
	return number.Exact(*d.found.Reading.Value)
}
