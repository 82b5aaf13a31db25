package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"mpctl/discover"
	"mpctl/firmware"
	"mpctl/httpclient"
	"mpctl/internal/console/termsafe"
)

const (
	appearTime = 45 * time.Second // for a board to start, join and announce itself
	noticeTime = 10 * time.Second // for this computer to find a board that has said where it listens
	answerTime = 5 * time.Second  // for its server to answer once it is there
	askAgain   = 200 * time.Millisecond
)

// reading is what the first reading gave.
type reading struct {
	sensor string
	value  *float64
	unit   string
}

func (p *provisioning) restart(ctx context.Context) (outcome, error) {
	if err := p.repl.Reset(ctx); err != nil {
		return outcome{}, fmt.Errorf("restarting the board: %w", err)
	}
	p.restarted = true
	p.boot = &bootLog{}
	return outcome{text: "the board starts its firmware"}, nil
}

// crashedError is a firmware that ended after the restart.
type crashedError struct{ exception string }

func (e *crashedError) Error() string {
	return "the firmware stopped on the board: " + e.exception
}
func (e *crashedError) Hint() string {
	return "if the board has a main.py.bak or a sensors.py of yours, look there first; else this is a bug of mpctl"
}

// find waits until the board is seen from this computer, watching meanwhile what it prints on the cable.
func (p *provisioning) find(ctx context.Context) (outcome, error) {
	limit := appearTime
	if p.a.timeout > 0 {
		limit = p.a.timeout
	}
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var notice sync.Once
	watching := make(chan struct{})
	watch, stop := context.WithCancel(waiting)
	go func() {
		defer close(watching)
		p.follow(watch, func(line string) {
			if p.boot.add(p.c.password.redact(line)) {
				cancel()
			}
			if p.boot.address().IsValid() {
				notice.Do(func() { time.AfterFunc(noticeTime, cancel) })
			}
		})
	}()
	seen, err := p.a.waitForBoard(waiting, p.board.ID)
	stop()
	<-watching
	if err != nil && (isA[*notFoundError](err) || waiting.Err() != nil) {
		seen, err = p.notFound(ctx, err)
	}
	if err != nil {
		return outcome{}, err
	}
	p.found = seen
	p.a.rememberPort(ctx, seen, p.port)
	addr := netip.AddrPortFrom(seen.Addr, seen.Port)
	return outcome{fmt.Sprintf("%s at %s", seen.Name, addr), map[string]any{"name": seen.Name, "address": seen.Addr, "port": seen.Port}}, nil
}

// notFound says why the board was not found, or finds it after all, at the address that it was given before.
func (p *provisioning) notFound(ctx context.Context, err error) (board, error) {
	if exception := p.boot.exception(); exception != "" {
		if !p.a.JSON {
			p.steps.clear()
			for _, line := range p.boot.end() {
				fmt.Fprintf(p.a.stderr, "  board: %s\n", termsafe.Line(line))
			}
		}
		return board{}, &crashedError{exception}
	}
	if ctx.Err() != nil {
		return board{}, ctx.Err()
	}
	addr := p.boot.address()
	if joined, parseErr := netip.ParseAddr(p.evidence.IP); parseErr == nil && !addr.IsValid() {
		addr = netip.AddrPortFrom(joined, p.settings.port())
	}
	if !addr.IsValid() {
		return board{}, p.notJoined(err)
	}
	b := verify(ctx, p.a.client(), discover.Board{ID: p.board.ID, Name: p.settings.name(), Addr: addr.Addr(), Port: addr.Port()}, p.a.namedTimeout())
	if b.err != nil {
		return board{}, unseen(addr.Addr())
	}
	p.steps.clear()
	p.a.Warn("the board answers at %s, but its name does not get here: multicast is blocked, by a firewall or the access point", addr)
	return b, nil
}

// notJoined is why a board is not found that has not said its address.
func (p *provisioning) notJoined(err error) error {
	if said := p.boot.lastWord(); said != "" {
		return &rejectedError{"the board does not get onto its network; it says: " + said, "name the right network with --ssid"}
	}
	return err
}

// read takes the first reading. A board without a light sensor is provisioned all the same.
func (p *provisioning) read(ctx context.Context) (outcome, error) {
	const sensor = "light"
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	client := p.a.client().Board(netip.AddrPortFrom(p.found.Addr, p.found.Port))
	for {
		got, err := client.Read(ctx, sensor)
		var status *httpclient.StatusError
		var network httpclient.Error
		switch {
		case err == nil:
			p.reading = reading{got.Sensor, got.Value, got.Unit}
			text := sensor + " cannot be read: " + got.Error
			if got.Value != nil {
				text = fmt.Sprintf("%s %s %s", sensor, number(*got.Value), got.Unit)
			}
			return outcome{text, map[string]any{"sensor": got.Sensor, "value": got.Value, "unit": got.Unit}}, nil
		case errors.As(err, &status):
			return outcome{"the board knows of no light sensor; --light-pin names its pin", map[string]any{"sensor": nil, "value": nil}}, nil
		case !errors.As(err, &network):
			return outcome{}, fmt.Errorf("reading %s: %w", sensor, err)
		}
		// It announces itself a moment before its server listens.
		select {
		case <-ctx.Done():
			return outcome{}, fmt.Errorf("reading %s: %w", sensor, err)
		case <-time.After(askAgain):
		}
	}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// result is what provision ends with, as JSON has it.
func (p *provisioning) result() map[string]any {
	result := map[string]any{
		"name": p.settings.name(), "id": p.board.ID, "machine": p.board.Machine, "micropython": p.board.MicroPython,
		"fw": firmware.Version(), "usb": p.port.Path,
	}
	if p.found.Addr.IsValid() {
		result["name"], result["address"], result["port"], result["url"] = p.found.Name, p.found.Addr, p.found.Port, p.url()
		result["sensor"], result["value"], result["unit"] = nullable(p.reading.sensor), p.reading.value, nullable(p.reading.unit)
	}
	return result
}

// url is the board's page, by its name.
func (p *provisioning) url() string {
	host := p.found.Name + ".local"
	if p.found.Port != defaultPort {
		host += ":" + strconv.Itoa(int(p.found.Port))
	}
	return "http://" + host + "/"
}

// value is the first reading as people see it.
func (p *provisioning) value() string {
	if p.reading.value == nil {
		return ""
	}
	return number(*p.reading.value)
}

func (p *provisioning) showResult() error {
	switch {
	case p.a.JSON && !p.o.dryRun:
		return json.NewEncoder(p.a.stdout).Encode(map[string]any{"result": p.result()})
	case !p.found.Addr.IsValid(): // it was not to go onto the network
		return nil
	}
	if err := p.a.QR(p.url()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(p.a.stdout, "%s\t%s\n", termsafe.Line(p.url()), p.value())
	return err
}
