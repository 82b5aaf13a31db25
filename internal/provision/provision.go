// Package provision takes a MicroPython board from its USB cable onto a WiFi network, in four stages:
//
//	target, err := p.Probe(ctx, port)       // what is this board, and what are its settings?
//	…
//	defer target.Close(ctx)
//	plan, err := target.Plan(options)       // can it be done?
//	started, err := target.Apply(ctx, plan) // firmware, network, settings, restart
//	result, err := p.Verify(ctx, started)   // is the board found on the network, and does it give a reading?
//
// Only Apply writes to the board. It writes the settings when the board has joined the network, so a failure before
// leaves the board with what it had. Target.Compare names the files that Apply would write.
//
// Rules of this package: it never prints and never exits. What a stage is doing goes to a Reporter, what only a person
// can decide to a Prompter. Texts may hold what a board or a network said: sanitise them before a terminal sees them.
// No text and no error holds a password.
package provision

import (
	"context"
	"errors"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/serialio"
)

// Provisioner has what the stages share. It may work with several boards at the same time if its Reporter may.
type Provisioner struct {
	Network  Network
	Reporter Reporter
	Prompter Prompter      // nil: nobody is there to ask
	Timeout  time.Duration // for a board to appear on the network; 0: 45 s

	// Ports lists the ports at which a restarted board may come back; nil: boards.Ports.
	Ports func(context.Context) ([]serialio.Port, error)
}

// Network finds boards on the network; *boards.Finder does.
type Network interface {
	// Await searches until the board with this id has answered, or ctx ends.
	Await(ctx context.Context, id string) (boards.Board, error)
	// Verify asks who answers at the board's address; limit 0 is its own default. Err of the result says why it is not
	// that board.
	Verify(ctx context.Context, b boards.Board, limit time.Duration) boards.Board
	// RememberPort keeps that a board is on a cable too.
	RememberPort(ctx context.Context, b boards.Board, port serialio.Port)
	Client() *httpclient.Client
}

// Reporter is told what the stages are doing, from one goroutine at a time.
type Reporter interface {
	Begin(step string)
	// Progress comes between Begin and End of a step that sends: bytes sent, and bytes in all.
	Progress(step string, done, total int)
	End(Step)
	// Warn is told what a person should know of a step that goes on.
	Warn(text string)
	// Output is told a line of the traceback that a board has printed.
	Output(line string)
}

// Step is a step that has ended.
type Step struct {
	Name     string // one of the Step constants
	Failed   bool   // the error is returned by the stage
	Duration time.Duration
	Text     string         // for people
	Fields   map[string]any // for programs, to be encoded as JSON; may be nil
}

// Names of the steps, in their order.
const (
	StepPort     = "port"     // Probe: open the serial port
	StepBoard    = "board"    // Probe: interrupt the board and ask what it is
	StepFirmware = "firmware" // Apply: send the firmware; Compare: compare it
	StepWiFi     = "wifi"     // Apply: join the network; left out where the board knows it
	StepConfig   = "config"   // Apply: write the settings
	StepRestart  = "restart"  // Apply
	StepFound    = "found"    // Verify: find the board on the network
	StepReading  = "reading"  // Verify: read its light sensor
)

// Prompter asks a person. Its methods return ErrNobody where there is none.
type Prompter interface {
	// ChooseNetwork returns the name of one of the networks that the board hears, strongest first, or of a hidden one.
	ChooseNetwork(ctx context.Context, heard []WiFi) (ssid string, err error)
	// Password returns the password of a network, empty if it is open.
	Password(ctx context.Context, ssid string) (Secret, error)
	// PressReset tells the person to press the board's reset button, and returns at once. The board is waited for
	// up to limit then.
	PressReset(ctx context.Context, limit time.Duration) error
}

// ErrNobody is returned by a Prompter that cannot ask anybody.
var ErrNobody = errors.New("nobody is there to ask")

// outcome is what a step has to show: a text for people, fields for programs.
type outcome struct {
	text   string
	fields map[string]any
}

// step runs one step of a stage between Begin and End.
func (p *Provisioner) step(name string, run func() (outcome, error)) error {
	p.Reporter.Begin(name)
	began := time.Now()
	o, err := run()
	if err != nil {
		o.text = "failed"
	}
	p.Reporter.End(Step{name, err != nil, time.Since(began), o.text, o.fields})
	return err
}

// isA reports whether err is or wraps a T.
func isA[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

// orNull is s, or null in JSON where s is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
