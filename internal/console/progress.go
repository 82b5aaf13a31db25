package console

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"mpctl/internal/console/termsafe"
	"mpctl/internal/number"
)

const (
	progressTime = 100 * time.Millisecond // between two frames
	rateWindow   = 3 * time.Second        // the rate is that of the last so long
	maxBar       = 30                     // columns
	maxLabel     = 24
)

// Progress shows on stderr's terminal what is under way, a line for each task. Messages go above it. Where stderr is no
// terminal, or JSON is wanted, it draws nothing.
type Progress struct {
	c       *Console
	region  *region // nil: nothing is drawn
	stop    chan struct{}
	drawing sync.WaitGroup

	mu    sync.Mutex
	tasks []*Task
}

// Task is one line of a Progress.
type Task struct {
	p     *Progress
	label string

	// p.mu guards what follows.
	text        string
	done, total int64 // bytes; total is -1 if it is not known
	measured    bool
	marks       []mark // of the last rateWindow
	drawn       bool
}

// mark is how much was done at a time.
type mark struct {
	at   time.Time
	done int64
}

// Progress starts to show tasks. Close it.
func (c *Console) Progress() *Progress {
	p := &Progress{c: c, stop: make(chan struct{})}
	if !c.ShowsMessages() || c.isDumb() {
		return p
	}
	p.region = newRegion(c.errOut.terminal)
	c.mu.Lock()
	c.shown = p.region
	c.mu.Unlock()
	p.drawing.Go(p.run)
	return p
}

func (p *Progress) run() {
	tick := time.NewTicker(progressTime)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.draw()
		case <-p.stop:
			return
		}
	}
}

// Close ends the drawing and takes away the lines of tasks that have not ended.
func (p *Progress) Close() {
	if p.region == nil {
		return
	}
	close(p.stop)
	p.drawing.Wait()
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	_ = p.region.leave(nil)
	p.c.shown = nil
}

// Task adds a line, which shows nothing yet.
func (p *Progress) Task(label string) *Task {
	t := &Task{p: p, label: ansi.Truncate(termsafe.Line(label), maxLabel, "…"), total: -1}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tasks = append(p.tasks, t)
	return t
}

// Doing shows at once what is being done.
func (t *Task) Doing(text string) {
	t.p.mu.Lock()
	t.text, t.measured = termsafe.Line(text), false
	t.p.mu.Unlock()
	t.p.draw()
}

// Measure shows soon how far the task is, in bytes. total is -1 if it is not known.
func (t *Task) Measure(done, total int64) {
	t.p.mu.Lock()
	defer t.p.mu.Unlock()
	t.done, t.total = done, total
	if !t.measured {
		t.measured, t.marks = true, []mark{{time.Now(), done}}
	}
}

// End takes the line away. With keep it is left standing above the others, if it was there for long enough to be seen.
func (t *Task) End(keep bool) {
	p := t.p
	p.mu.Lock()
	p.tasks = slices.DeleteFunc(p.tasks, func(other *Task) bool { return other == t })
	line := ""
	if keep && t.drawn {
		columns, _ := p.region.size()
		line = t.line(time.Now(), columns-1)
	}
	p.mu.Unlock()
	p.draw()
	if line != "" {
		p.c.message(line)
	}
}

func (p *Progress) draw() {
	if p.region == nil {
		return
	}
	now := time.Now()
	columns, _ := p.region.size()
	var lines []string
	p.mu.Lock()
	for _, t := range p.tasks {
		if t.text == "" && !t.measured {
			continue
		}
		t.drawn = true
		lines = append(lines, t.line(now, columns-1)) // some terminals wrap at the last column
	}
	p.mu.Unlock()
	p.c.mu.Lock()
	defer p.c.mu.Unlock()
	if p.c.shown == p.region {
		_ = p.region.draw(lines)
	}
}

// line returns the task in the given number of columns.
func (t *Task) line(now time.Time, columns int) string {
	if !t.measured {
		return ansi.Truncate(t.label+"  "+t.text, max(columns, 0), "…")
	}
	t.marks = append(t.marks, mark{now, t.done})
	for len(t.marks) > 2 && now.Sub(t.marks[0].at) > rateWindow {
		t.marks = t.marks[1:]
	}
	return bar(t.label, t.done, t.total, rate(t.marks), columns)
}

// rate is in bytes a second.
func rate(marks []mark) float64 {
	first, last := marks[0], marks[len(marks)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(last.done-first.done) / seconds
}

// bar is a line of at most the given number of columns. What does not fit is left out: first the bar, then the label.
func bar(label string, done, total int64, perSecond float64, columns int) string {
	facts := fmt.Sprintf("%s  %s/s", number.Bytes(done), number.Bytes(int64(perSecond)))
	if total > 0 {
		facts = fmt.Sprintf("%3d%%  %s of %s  %s/s  %s", 100*done/total, number.Bytes(done), number.Bytes(total), number.Bytes(int64(perSecond)), timeLeft(total-done, perSecond))
	}
	line := label + "  " + facts
	if width := min(maxBar, columns-ansi.StringWidth(line)-4); total > 0 && width >= 5 {
		full := int(int64(width) * min(done, total) / total)
		line = fmt.Sprintf("%s  [%s%s]  %s", label, strings.Repeat("#", full), strings.Repeat(".", width-full), facts)
	} else if ansi.StringWidth(line) > columns {
		line = facts
	}
	return ansi.Truncate(line, max(columns, 0), "")
}

// timeLeft is how long the rest takes.
func timeLeft(left int64, perSecond float64) string {
	if perSecond < 1 {
		return "--:-- left"
	}
	seconds := max(0, min(int64(float64(left)/perSecond+0.5), 359999))
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d left", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%02d:%02d left", seconds/60, seconds%60)
}
