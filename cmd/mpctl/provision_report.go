package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"path"

	"mpctl/internal/console"
	"mpctl/internal/provision"
)

// stepReporter shows the steps of one board to people: a line for each, and below them the one under way.
type stepReporter struct {
	*app
	progress *console.Progress
	task     *console.Task // of the step under way
}

func (r *stepReporter) Begin(step string) {
	r.task = r.progress.Task(fmt.Sprintf("  %-8s", step))
	r.task.Doing("…")
}

func (r *stepReporter) Progress(_ string, done, total int) { measure(r.task, done, total) }

func (r *stepReporter) End(s provision.Step) {
	r.task.End(false)
	r.Tell("  %-9s %s  %.1f s", s.Name, s.Text, s.Duration.Seconds())
}

func (r *stepReporter) Warn(text string) { r.app.Warn("%s", text) }

func (r *stepReporter) Output(line string) { r.Tell("  board: %s", line) }

// rowReporter shows one of several boards to people, in its line of what is under way.
type rowReporter struct {
	*app
	port string
	task *console.Task
}

func (r *rowReporter) Begin(step string)                  { r.task.Doing(step + " …") }
func (r *rowReporter) Progress(_ string, done, total int) { measure(r.task, done, total) }
func (r *rowReporter) End(provision.Step)                 {}
func (r *rowReporter) Warn(text string)                   { r.app.Warn("%s: %s", r.port, text) }
func (r *rowReporter) Output(line string)                 { r.Tell("  %s: %s", path.Base(r.port), line) }

// measure shows how far a task is, once there is something to be done.
func measure(t *console.Task, done, total int) {
	if total > 0 {
		t.Measure(int64(done), int64(total))
	}
}

// jsonReporter prints each step as a line of JSON.
type jsonReporter struct {
	*app
	port string // in each line, where several boards report; else empty
	err  error  // of the first line that could not be printed
}

func (r *jsonReporter) Begin(string)              {}
func (r *jsonReporter) Progress(string, int, int) {}
func (r *jsonReporter) Output(string)             {}
func (r *jsonReporter) Warn(text string)          { r.app.Warn("%s", text) }

func (r *jsonReporter) End(s provision.Step) {
	if r.port != "" {
		fields := map[string]any{"usb": r.port}
		maps.Copy(fields, s.Fields)
		s.Fields = fields
	}
	if err := r.PrintJSON(stepJSON(s)); r.err == nil {
		r.err = err
	}
}

// stepJSON is an object that begins with what every step has.
func stepJSON(s provision.Step) json.RawMessage {
	state := "ok"
	if s.Failed {
		state = "failed"
	}
	object, err := json.Marshal(struct {
		Step    string  `json:"step"`
		State   string  `json:"state"`
		Seconds float64 `json:"seconds"`
	}{s.Name, state, math.Round(s.Duration.Seconds()*1000) / 1000})
	if err != nil {
		return json.RawMessage("{}")
	}
	if more, err := json.Marshal(s.Fields); err == nil && len(s.Fields) > 0 {
		object = append(append(object[:len(object)-1], ','), more[1:]...)
	}
	return object
}
