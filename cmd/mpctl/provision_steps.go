package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"time"

	"mpctl/internal/console"
	"mpctl/internal/console/termsafe"
)

// steps shows each step of a procedure as it ends: a line on stderr, or a JSON object on stdout.
type steps struct {
	a     *app
	row   *row      // of this board, where several report at once
	live  bool      // stderr is a terminal that can show progress
	began time.Time // the step
	drawn time.Time // progress was drawn last
}

// outcome is what a step has to show: a text for people, fields for programs.
type outcome struct {
	text   string
	fields map[string]any
}

func newSteps(a *app) *steps { return &steps{a: a, live: isTerminal(a.stderr) && !a.JSON} }

// run does a step and shows how it ended.
func (s *steps) run(name string, do func() (outcome, error)) error {
	switch {
	case s.row != nil:
		s.row.set(name + " …")
	case s.live:
		fmt.Fprintf(s.a.stderr, "  %-9s …", name)
	}
	s.began = time.Now()
	out, err := do()
	seconds := time.Since(s.began).Seconds()
	state := "ok"
	if err != nil {
		state = "failed"
		out.text = "failed"
	}
	if s.a.JSON {
		if s.row != nil {
			out.fields = maps.Clone(out.fields)
			if out.fields == nil {
				out.fields = map[string]any{}
			}
			out.fields["usb"] = s.row.port
		}
		if writeErr := s.a.writeLine(stepJSON(name, state, seconds, out.fields)); err == nil {
			err = writeErr
		}
		return err
	}
	if s.row != nil {
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

const (
	barWidth  = 24
	drawEvery = 50 * time.Millisecond
)

// progress shows how far a step is, in bytes, on a terminal.
func (s *steps) progress(name string, done, total int) {
	if s.row != nil && total > 0 {
		s.row.set(fmt.Sprintf("%s %d%%", name, 100*done/total))
		return
	}
	now := time.Now()
	if !s.live || total <= 0 || done < total && now.Sub(s.drawn) < drawEvery {
		return
	}
	s.drawn = now
	s.clear()
	full := barWidth * done / total
	fmt.Fprintf(s.a.stderr, "  %-9s %s%s %3d%%  %s of %s, %s/s", name, strings.Repeat("█", full), strings.Repeat("░", barWidth-full),
		100*done/total, console.Size(int64(done)), console.Size(int64(total)), console.Size(int64(float64(done)/max(now.Sub(s.began).Seconds(), 0.001))))
}

func (s *steps) clear() {
	if s.live {
		fmt.Fprint(s.a.stderr, "\r\x1b[K")
	}
}
