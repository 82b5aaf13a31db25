package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"mpctl/internal/console/termsafe"
	"mpctl/serialio"
)

// provisionAll provisions every board that is plugged in, all at the same time. What fails for one does not stop the
// others.
func (a *app) provisionAll(ctx context.Context, o provisionOptions) error {
	ports, err := a.ports(ctx)
	switch {
	case err != nil:
		return err
	case len(ports) == 0:
		return noPortError{}
	}
	if longest := numbered(o.name, len(ports)); o.name != "" && !boardName.MatchString(longest) {
		return usageError{fmt.Sprintf("%q is too long for a board's name", longest), "names get a number behind them; all of it is 24 characters at most"}
	}
	var c credentials
	if !o.dryRun {
		if c, err = a.credentials(ctx, o); err != nil {
			return err
		}
	}
	l := newLineup(a, ports)
	failures := make([]error, len(ports))
	var all sync.WaitGroup
	for i, port := range ports {
		o := o
		if o.name != "" {
			o.name = numbered(o.name, i+1)
		}
		s := newSteps(a)
		s.row = l.rows[i]
		p := &provisioning{a: a, o: o, c: c, port: port, steps: s}
		all.Go(func() {
			failures[i] = p.steps.run("port", p.openPort)
			if failures[i] == nil {
				failures[i] = p.run(ctx)
			}
			l.end(i, p, failures[i])
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return several(failures)
}

func numbered(name string, n int) string { return fmt.Sprintf("%s-%d", name, n) }

// severalError is that some of several boards failed, each of which has been reported.
type severalError struct {
	failed, of int
	code       int // that all of them share, else 1
}

func (e *severalError) Error() string {
	return fmt.Sprintf("%d of %d boards failed", e.failed, e.of)
}

func several(failures []error) error {
	e := &severalError{of: len(failures)}
	for _, err := range failures {
		if err == nil {
			continue
		}
		code := exitCode(err)
		if e.failed > 0 && code != e.code {
			code = exitFailure
		}
		e.failed++
		e.code = code
	}
	if e.failed == 0 {
		return nil
	}
	return e
}

// lineup shows several boards at once: a line each that follows what is done on a terminal, and in the end a row on
// stdout, or an error on stderr.
type lineup struct {
	mu    sync.Mutex
	a     *app
	live  bool
	rows  []*row
	drawn int // lines on the terminal
}

// row is one board's line.
type row struct {
	l    *lineup
	port string
	text string // empty once it has ended
}

func newLineup(a *app, ports []serialio.Port) *lineup {
	l := &lineup{a: a, live: isTerminal(a.stderr) && !a.JSON}
	for _, port := range ports {
		l.rows = append(l.rows, &row{l: l, port: port.Path})
	}
	return l
}

// set shows what is being done with the board.
func (r *row) set(text string) {
	r.l.mu.Lock()
	defer r.l.mu.Unlock()
	r.text = text
	r.l.draw()
}

// draw draws the lines of those that are not done yet; mu must be held.
func (l *lineup) draw() {
	if !l.live {
		return
	}
	l.clear()
	var b strings.Builder
	for _, r := range l.rows {
		if r.text != "" {
			line := fmt.Sprintf("  %-12s %s", path.Base(r.port), r.text)
			b.WriteString(ansi.Truncate(termsafe.Line(line), 79, "…") + "\n")
			l.drawn++
		}
	}
	fmt.Fprint(l.a.stderr, b.String())
}

// clear takes the lines off the terminal; mu must be held.
func (l *lineup) clear() {
	fmt.Fprint(l.a.stderr, strings.Repeat("\x1b[A\x1b[2K", l.drawn))
	l.drawn = 0
}

// end reports one board, above the lines of the others.
func (l *lineup) end(i int, p *provisioning, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.rows[i]
	r.text = ""
	l.clear()
	defer l.draw()
	switch {
	case l.a.JSON && err != nil:
		_ = l.a.writeLine(mustJSON(map[string]any{"result": map[string]any{"usb": r.port, "error": faultOf(err)}}))
	case l.a.JSON && p.o.dryRun: // told its plan itself
	case l.a.JSON:
		_ = l.a.writeLine(mustJSON(map[string]any{"result": p.result()}))
	case errors.Is(err, context.Canceled):
	case err != nil:
		if !strings.Contains(err.Error(), r.port) {
			err = fmt.Errorf("%s: %w", r.port, err)
		}
		l.a.Fail(faultOf(err))
	case !p.o.dryRun:
		url := ""
		if p.found.Addr.IsValid() {
			url = p.url()
		}
		fmt.Fprintf(l.a.stdout, "%s\t%s\t%s\t%s\n", termsafe.Line(r.port), termsafe.Line(p.settings.name()), termsafe.Line(url), p.value())
	}
}

func mustJSON(v any) []byte {
	line, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encoding what we made ourselves: %v", err))
	}
	return line
}
