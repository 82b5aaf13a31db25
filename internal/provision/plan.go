package provision

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"mpctl/firmware"
	"mpctl/internal/number"
	"mpctl/serialio"
)

// Plan is what Apply does to a board.
type Plan struct {
	Options Options
	Name    string          // that the board is going to have
	Files   []serialio.File // the firmware
	Ask     bool            // the network has to be chosen: neither the options nor the board know one
}

// Plan checks whether the options can be carried out on this board. It changes nothing.
//
// Errors: *OptionError, *RejectedError.
func (t *Target) Plan(o Options) (plan Plan, err error) {
	defer func() { t.failure = err }()
	if err := o.Check(); err != nil {
		return Plan{}, err
	}
	const hint = "use an ESP32, an ESP8266 or a Pico W"
	switch b := t.Board; {
	case !b.WiFi && !o.NoWiFi:
		return Plan{}, &RejectedError{fmt.Sprintf("this board, %s, has no WiFi", b.Machine), hint}
	case !b.Folders:
		return Plan{}, &RejectedError{fmt.Sprintf("this board, %s, has no folders to put the firmware into", b.Machine), hint}
	}
	planned, err := t.merged(o, o.Credentials)
	if err != nil {
		return Plan{}, err
	}
	return Plan{
		Options: o,
		Name:    planned.name(),
		Files:   Files(),
		Ask:     !o.NoWiFi && o.Credentials.SSID == "" && len(t.settings.networks()) == 0,
	}, nil
}

// merged is the board's settings with the options carried out, and with that network.
func (t *Target) merged(o Options, c Credentials) (settings, error) {
	planned := maps.Clone(t.settings)
	if err := planned.merge(o, t.Board.ID, c); err != nil {
		return nil, fmt.Errorf("writing the board's settings: %w", err)
	}
	return planned, nil
}

// Compare returns the paths of the files on the board that Apply would write. It changes nothing.
func (t *Target) Compare(ctx context.Context, plan Plan) (paths []string, err error) {
	defer func() { t.failure = err }()
	paths = []string{}
	err = t.p.step(StepFirmware, func() (outcome, error) {
		outdated, err := serialio.Outdated(ctx, t.repl, plan.Files)
		bytes := 0
		for _, f := range outdated {
			bytes += len(f.Data)
			paths = append(paths, f.Path)
		}
		return outcome{fmt.Sprintf("%d of %d files differ, %s", len(outdated), len(plan.Files), number.Bytes(int64(bytes))),
			map[string]any{"fw": firmware.Version(), "files": len(outdated), "bytes": bytes}}, err
	})
	if err != nil {
		return nil, err
	}
	planned, err := t.merged(plan.Options, plan.Options.Credentials)
	if err != nil {
		return nil, err
	}
	if !planned.equal(t.settings) {
		paths = append(paths, settingsPath)
	}
	return paths, nil
}

// checkAnswers sees to it, before anything is written, that somebody is there for each question that Apply has.
func (p *Provisioner) checkAnswers(plan Plan) error {
	c := plan.Options.Credentials
	switch {
	case p.Prompter != nil:
		return nil
	case plan.Ask:
		return errNoNetwork
	case c.SSID != "" && !c.PasswordKnown && !plan.Options.NoWiFi:
		return NoPassword(c.SSID)
	}
	return nil
}

var errNoNetwork = &OptionError{"which WiFi network? the board knows of none",
	"give its name with --ssid or MPCTL_WIFI_SSID, or leave its WiFi alone with --no-wifi"}

// NoPassword is the error for the missing password of a network.
func NoPassword(ssid string) error {
	return &OptionError{fmt.Sprintf("what is the password of %q?", ssid),
		"give it with --password-stdin, --password-file or MPCTL_WIFI_PASSWORD; an empty line means an open network"}
}

// completed returns the network to join, asking for what the plan does not know. The new firmware has to be on the
// board. Without an SSID in the result there is none to join.
func (t *Target) completed(ctx context.Context, plan Plan) (Credentials, error) {
	c := plan.Options.Credentials
	if plan.Options.NoWiFi || c.SSID == "" && !plan.Ask {
		return Credentials{}, nil
	}
	if plan.Ask {
		heard, err := t.scan(ctx)
		if err != nil {
			return c, err
		}
		if c.SSID, err = t.p.Prompter.ChooseNetwork(ctx, heard); err != nil {
			return c, orNobody(err, errNoNetwork)
		}
		for _, n := range heard {
			c.PasswordKnown = c.PasswordKnown || n.SSID == c.SSID && n.Open()
		}
	}
	if !c.PasswordKnown {
		var err error
		if c.Password, err = t.p.Prompter.Password(ctx, c.SSID); err != nil {
			return c, orNobody(err, NoPassword(c.SSID))
		}
		c.PasswordKnown = true
	}
	return c, Options{Credentials: c}.Check()
}

// orNobody is err, or what is missing where nobody could be asked for it.
func orNobody(err, missing error) error {
	if errors.Is(err, ErrNobody) {
		return missing
	}
	return err
}
