package provision

import (
	"context"
	"fmt"
	"net/netip"

	"mpctl/serialio"
)

// Started is a board that starts its firmware.
type Started struct {
	ID   string         // by which the board is known on the network
	Name string         // that the board is expected to have
	Addr netip.AddrPort // where it is asked if it is not found; invalid: not known

	Target *Target // the board on its cable, whose output is followed; nil: the board is not on a cable
}

// Apply carries out the plan: it puts the firmware onto the board, asks for the network where that is to be chosen,
// has the board join it, writes the settings and restarts the board.
//
// Errors: *OptionError, *RejectedError, those of serialio.Upload and of the Prompter, or that of ctx.
func (t *Target) Apply(ctx context.Context, plan Plan) (started Started, err error) {
	defer func() { t.failure = err }()
	if err := t.p.checkAnswers(plan); err != nil {
		return Started{}, err
	}
	if err := t.p.step(StepFirmware, func() (outcome, error) { return t.putFirmware(ctx, plan.Files) }); err != nil {
		return Started{}, err
	}
	c, err := t.completed(ctx, plan)
	if err != nil {
		return Started{}, err
	}
	t.hide(c.Password)
	started = Started{ID: t.Board.ID, Name: plan.Name, Target: t}
	if c.SSID != "" && !t.settings.hasNetwork(c.SSID, c.Password) {
		var e evidence
		if err := t.p.step(StepWiFi, func() (o outcome, err error) {
			e, o, err = t.join(ctx, c)
			return o, err
		}); err != nil {
			return Started{}, err
		}
		if addr, err := netip.ParseAddr(e.IP); err == nil {
			started.Addr = netip.AddrPortFrom(addr, t.settings.port())
		}
	}
	if err := t.p.step(StepConfig, func() (outcome, error) { return t.configure(ctx, plan, c) }); err != nil {
		return Started{}, err
	}
	return started, t.p.step(StepRestart, func() (outcome, error) { return t.restart(ctx) })
}

// configure writes the settings, where they change.
func (t *Target) configure(ctx context.Context, plan Plan, c Credentials) (outcome, error) {
	merged, err := t.merged(plan.Options, c)
	if err != nil {
		return outcome{}, err
	}
	if merged.equal(t.settings) {
		return outcome{"unchanged, the board is called " + plan.Name, map[string]any{"name": plan.Name, "changed": false}}, nil
	}
	file, err := merged.file()
	if err != nil {
		return outcome{}, err
	}
	if _, err := serialio.Upload(ctx, t.repl, t.Board, []serialio.File{file}, nil); err != nil {
		return outcome{}, fmt.Errorf("writing the board's settings: %w", t.redactError(err))
	}
	return outcome{"the board is called " + plan.Name, map[string]any{"name": plan.Name, "changed": true}}, nil
}

func (t *Target) restart(ctx context.Context) (outcome, error) {
	if err := t.repl.Reset(ctx); err != nil {
		return outcome{}, fmt.Errorf("restarting the board: %w", err)
	}
	t.restarted = true
	return outcome{text: "the board starts its firmware"}, nil
}
