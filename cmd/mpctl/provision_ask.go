package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"mpctl/internal/console"
	"mpctl/internal/provision"
)

// credentials collects what the flags and the environment give, and asks for the password of a network that was
// named: all that is possible before the board is touched. With no network named, the board says whether it knows one.
func (c provisionCommand) credentials(ctx context.Context) (provision.Credentials, error) {
	if c.o.noWiFi {
		return provision.Credentials{}, nil
	}
	network := provision.Credentials{SSID: c.o.ssid}
	if network.SSID == "" {
		network.SSID = c.env("MPCTL_WIFI_SSID")
	}
	if network.SSID != "" {
		if err := provision.CheckSSID(network.SSID); err != nil {
			return network, err
		}
	}
	var err error
	switch {
	case c.o.passwordIn:
		network.Password, err = c.passwordFromStdin(ctx)
	case c.o.passwordFile != "":
		network.Password, err = passwordFromFile(c.o.passwordFile)
	case c.env("MPCTL_WIFI_PASSWORD") != "":
		network.Password = provision.Secret(c.env("MPCTL_WIFI_PASSWORD"))
	case network.SSID == "":
		return network, nil
	case !c.CanAsk():
		return network, provision.NoPassword(network.SSID)
	default:
		network.Password, err = c.askPassword(ctx, network.SSID)
	}
	if err != nil {
		return network, err
	}
	network.PasswordKnown = true
	return network, provision.CheckPassword(network.Password)
}

func (c provisionCommand) passwordFromStdin(ctx context.Context) (provision.Secret, error) {
	if c.CanAsk() {
		return c.askSecret(ctx, "WiFi password:")
	}
	line, err := c.ReadLine()
	if err != nil {
		return "", fmt.Errorf("reading the password from stdin: %w", err)
	}
	return provision.Secret(line), nil
}

func passwordFromFile(path string) (provision.Secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", usageError{fmt.Sprintf("reading the password: %v", err), ""}
	}
	defer f.Close()
	line, err := console.ReadLine(f)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return provision.Secret(line), nil
}

func (c provisionCommand) askPassword(ctx context.Context, ssid string) (provision.Secret, error) {
	return c.askSecret(ctx, fmt.Sprintf("Password of %s (empty if it is open):", ssid))
}

func (c provisionCommand) askSecret(ctx context.Context, question string) (provision.Secret, error) {
	answer, err := c.AskSecret(ctx, question)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("asking for the password: %w", err)
	}
	return provision.Secret(answer), err
}

// person is the Prompter of a person at the terminal.
type person struct{ provisionCommand }

func (p person) Password(ctx context.Context, ssid string) (provision.Secret, error) {
	return p.askPassword(ctx, ssid)
}

func (p person) PressReset(_ context.Context, limit time.Duration) error {
	if !p.ShowsMessages() {
		return provision.ErrNobody
	}
	p.Tell("  The board does not listen. Press its reset button now; %d seconds are left …", int(limit.Seconds()))
	return nil
}

// ChooseNetwork lets the user pick one of the networks, or type another.
func (p person) ChooseNetwork(ctx context.Context, heard []provision.WiFi) (string, error) {
	p.Tell("Networks that the board hears (2.4 GHz only: boards cannot use 5 GHz):")
	for i, n := range heard {
		p.Tell("  %2d  %s %4d dBm  %s%s", i+1, signalBars(n.RSSI), n.RSSI, n.SSID, openMark(n))
	}
	unheard := ""
	for {
		line, err := p.Ask(ctx, "Which one? (number, or a name)")
		if err != nil {
			return "", err
		}
		line = strings.TrimSpace(line)
		number, err := strconv.Atoi(line)
		switch {
		case line == "":
			return "", usageError{"no network was chosen", "give its name with --ssid"}
		case slices.ContainsFunc(heard, func(n provision.WiFi) bool { return n.SSID == line }), line == unheard:
			return line, nil
		case err == nil && number >= 1 && number <= len(heard):
			return heard[number-1].SSID, nil
		case provision.CheckSSID(line) != nil:
			p.Tell("A network's name has 1 to 32 bytes.")
		default:
			unheard = line
			p.Tell("The board does not hear %s: %s", line, provision.Nearest(line, heard))
			p.Tell("If it is hidden, type its name once more.")
		}
	}
}

// signalBars shows a signal as four bars. A weak one has one bar.
func signalBars(dBm int) string {
	bars := 1
	for _, limit := range []int{provision.WeakSignal, -70, -60} {
		if dBm >= limit {
			bars++
		}
	}
	return "▂▄▆█"[:3*bars] + strings.Repeat(" ", 4-bars)
}

func openMark(n provision.WiFi) string {
	if n.Open() {
		return "  (open)"
	}
	return ""
}
