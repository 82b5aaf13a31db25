package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/serialio"
)

// journal is a Reporter that writes everything down.
type journal struct {
	t        *testing.T
	running  string // the step that has begun and not ended
	steps    []Step
	progress [2]int // the last one
	warnings []string
	output   []string
}

func (j *journal) Begin(step string) {
	if j.running != "" {
		j.t.Errorf("%s begins within %s", step, j.running)
	}
	j.running, j.progress = step, [2]int{}
}

func (j *journal) Progress(step string, done, total int) {
	if step != j.running || done < j.progress[0] || done > total {
		j.t.Errorf("progress of %s within %q: %d of %d after %v", step, j.running, done, total, j.progress)
	}
	j.progress = [2]int{done, total}
}

func (j *journal) End(s Step) {
	if s.Name != j.running || s.Text == "" || s.Duration <= 0 {
		j.t.Errorf("%q ends with %+v", j.running, s)
	}
	j.running = ""
	j.steps = append(j.steps, s)
}

func (j *journal) Warn(text string)   { j.warnings = append(j.warnings, text) }
func (j *journal) Output(line string) { j.output = append(j.output, line) }

// names are the steps that have ended, those that failed with an exclamation mark.
func (j *journal) names() string {
	var names []string
	for _, s := range j.steps {
		if s.Failed {
			s.Name += "!"
		}
		names = append(names, s.Name)
	}
	return strings.Join(names, " ")
}

// step returns the last step of that name.
func (j *journal) step(name string) Step {
	for _, s := range slices.Backward(j.steps) {
		if s.Name == name {
			return s
		}
	}
	j.t.Errorf("there was no step %s", name)
	return Step{}
}

// checkSecret fails if any text that was reported, or err, holds the secret.
func (j *journal) checkSecret(secret string, err error) {
	j.t.Helper()
	if text := fmt.Sprintf("%+v %q %q %v %+v", j.steps, j.warnings, j.output, err, err); strings.Contains(text, secret) {
		j.t.Errorf("the password was reported: %s", text)
	}
}

// person is a Prompter that has its answers ready.
type person struct {
	ssid     string
	password Secret
	err      error  // instead of an answer
	press    func() // the reset button

	heard []WiFi   // networks that were offered
	asked []string // in this order
}

func (p *person) ChooseNetwork(_ context.Context, heard []WiFi) (string, error) {
	p.heard = heard
	p.asked = append(p.asked, "network")
	return p.ssid, p.err
}

func (p *person) Password(_ context.Context, ssid string) (Secret, error) {
	p.asked = append(p.asked, "password of "+ssid)
	return p.password, p.err
}

func (p *person) PressReset(context.Context, time.Duration) error {
	p.asked = append(p.asked, "reset")
	if p.press == nil {
		return ErrNobody
	}
	p.press()
	return nil
}

// fakeNetwork is a Network with one board.
type fakeNetwork struct {
	await  func(ctx context.Context, id string) (boards.Board, error)
	verify func(boards.Board) boards.Board

	mu         sync.Mutex
	remembered []serialio.Port
}

func (n *fakeNetwork) Await(ctx context.Context, id string) (boards.Board, error) {
	return n.await(ctx, id)
}
func (n *fakeNetwork) Verify(_ context.Context, b boards.Board, _ time.Duration) boards.Board {
	return n.verify(b)
}
func (n *fakeNetwork) Client() *httpclient.Client { return httpclient.New(httpclient.Options{}) }
func (n *fakeNetwork) RememberPort(_ context.Context, _ boards.Board, port serialio.Port) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.remembered = append(n.remembered, port)
}
