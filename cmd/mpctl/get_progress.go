package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"mpctl/internal/termsafe"
)

const (
	drawAgain  = 100 * time.Millisecond
	rateWindow = 3 * time.Second // the rate is that of the last so long
	maxBar     = 30              // columns
	maxName    = 24
)

// progress draws how far a download is, on a terminal. nil draws nothing.
type progress struct {
	terminal *os.File
	name     string
	total    int64 // -1 if it is not known
	done     chan struct{}
	ended    chan struct{}

	mu    sync.Mutex
	got   int64
	marks []mark // of the last rateWindow
	drawn bool
}

type mark struct {
	at  time.Time
	got int64
}

// newProgress starts to draw the download of length bytes after the first from ones.
func (a *app) newProgress(name string, from, length int64) *progress {
	if !isTerminal(a.stderr) {
		return nil
	}
	p := &progress{
		terminal: a.stderr.(*os.File), name: termsafe.Line(name), total: -1, got: from,
		marks: []mark{{time.Now(), from}}, done: make(chan struct{}), ended: make(chan struct{}),
	}
	if length >= 0 {
		p.total = from + length
	}
	go p.run()
	return p
}

func (p *progress) run() {
	defer close(p.ended)
	tick := time.NewTicker(drawAgain)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			p.draw(now)
		case <-p.done:
			if p.drawn { // how it ended, and the line is left standing
				p.draw(time.Now())
				fmt.Fprintln(p.terminal)
			}
			return
		}
	}
}

func (p *progress) add(n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got += int64(n)
}

// stop ends the drawing.
func (p *progress) stop() {
	if p == nil {
		return
	}
	close(p.done)
	<-p.ended
}

func (p *progress) draw(now time.Time) {
	p.mu.Lock()
	got := p.got
	p.mu.Unlock()
	p.drawn = true
	p.marks = append(p.marks, mark{now, got})
	for len(p.marks) > 2 && now.Sub(p.marks[0].at) > rateWindow {
		p.marks = p.marks[1:]
	}
	width, _, err := term.GetSize(int(p.terminal.Fd()))
	if err != nil || width <= 0 {
		width = 80
	}
	line := progressLine(p.name, got, p.total, rate(p.marks), width-1) // the last column would wrap
	fmt.Fprint(p.terminal, "\r"+line)
}

// rate is in bytes a second.
func rate(marks []mark) float64 {
	first, last := marks[0], marks[len(marks)-1]
	seconds := last.at.Sub(first.at).Seconds()
	if seconds <= 0 {
		return 0
	}
	return float64(last.got-first.got) / seconds
}

// progressLine is exactly width columns: it overwrites the one before.
func progressLine(name string, got, total int64, perSecond float64, width int) string {
	facts := fmt.Sprintf("%s  %s/s", size(got), size(int64(perSecond)))
	if total > 0 {
		facts = fmt.Sprintf("%3d%%  %s of %s  %s/s  %s", 100*got/total, size(got), size(total), size(int64(perSecond)), eta(total-got, perSecond))
	}
	name = ansi.Truncate(name, maxName, "…")
	line := name + "  " + facts
	if bar := min(maxBar, width-ansi.StringWidth(line)-4); total > 0 && bar >= 5 {
		full := int(int64(bar) * got / total)
		line = fmt.Sprintf("%s  [%s%s]  %s", name, strings.Repeat("#", full), strings.Repeat(".", bar-full), facts)
	} else if ansi.StringWidth(line) > width {
		line = facts
	}
	line = ansi.Truncate(line, max(width, 0), "")
	return line + strings.Repeat(" ", max(width-ansi.StringWidth(line), 0))
}

// eta is how long the rest takes.
func eta(left int64, perSecond float64) string {
	if perSecond < 1 {
		return "--:-- left"
	}
	seconds := min(int64(float64(left)/perSecond+0.5), 359999)
	if seconds >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d left", seconds/3600, seconds/60%60, seconds%60)
	}
	return fmt.Sprintf("%02d:%02d left", seconds/60, seconds%60)
}

// size is a number of bytes for people.
func size(n int64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
