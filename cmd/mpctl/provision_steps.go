package main

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"mpctl/internal/termsafe"
)

// steps shows each step of a procedure as it ends: a line on stderr, or a JSON object on stdout.
type steps struct {
	a    *app
	live bool // stderr is a terminal that can show progress
}

// outcome is what a step has to show: a text for people, fields for programs.
type outcome struct {
	text   string
	fields map[string]any
}

func newSteps(a *app) *steps { return &steps{a, isTerminal(a.stderr) && !a.json} }

// run does a step and shows how it ended.
func (s *steps) run(name string, do func() (outcome, error)) error {
	if s.live {
		fmt.Fprintf(s.a.stderr, "  %-9s …", name)
	}
	began := time.Now()
	out, err := do()
	seconds := time.Since(began).Seconds()
	state := "ok"
	if err != nil {
		state = "failed"
		out.text = "failed"
	}
	if s.a.json {
		if _, writeErr := fmt.Fprintf(s.a.stdout, "%s\n", stepJSON(name, state, seconds, out.fields)); err == nil {
			err = writeErr
		}
		return err
	}
	s.clear()
	fmt.Fprintf(s.a.stderr, "  %-9s %s  %.1f s\n", name, termsafe.Line(out.text), seconds)
	return err
}

// stepJSON is an object that begins with what every step has.
func stepJSON(name, state string, seconds float64, fields map[string]any) []byte {
	object, err := json.Marshal(struct {
		Step    string  `json:"step"`
		State   string  `json:"state"`
		Seconds float64 `json:"seconds"`
	}{name, state, math.Round(seconds*1000) / 1000})
	if err != nil {
		return []byte("{}")
	}
	if more, err := json.Marshal(fields); err == nil && len(fields) > 0 {
		object = append(append(object[:len(object)-1], ','), more[1:]...)
	}
	return object
}

// progress shows how far a step is, on a terminal.
func (s *steps) progress(name string, done, total int) {
	if s.live && total > 0 {
		s.clear()
		fmt.Fprintf(s.a.stderr, "  %-9s %d%% of %s", name, 100*done/total, kilobytes(total))
	}
}

func (s *steps) clear() {
	if s.live {
		fmt.Fprint(s.a.stderr, "\r\x1b[K")
	}
}

func kilobytes(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }
