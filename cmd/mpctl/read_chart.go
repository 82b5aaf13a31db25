package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/guptarohit/asciigraph"

	"mpctl/internal/console/termsafe"
)

const (
	plotHeight  = 12 // lines of a chart in text, unless the screen gives it less
	plotLowest  = 3
	plotWidth   = 80 // where there is no terminal to tell
	plotLabel   = 16 // columns at most of a number beside the axis
	legendGap   = "   "
	plotAround  = 4  // lines of a chart that are not the plot: its title, the axis of time and its labels, the legend
	axisColumns = 10 // beside the plot and its labels: the axis, and half of the last moment's label
)

var plotColours = []asciigraph.AnsiColor{
	asciigraph.Cyan, asciigraph.Orange, asciigraph.Green, asciigraph.Magenta, asciigraph.Yellow, asciigraph.Blue, asciigraph.Red,
}

// panel is what one chart draws: the same sensor of several boards. Its scale is common to them.
type panel struct {
	sensor, unit string
	courses      []*series
	from, to     time.Time
	low, high    float64
}

// panels returns a chart for each sensor, in the order in which they appeared.
func panels(all []*series) []*panel {
	var panels []*panel
	for _, s := range all {
		i := slices.IndexFunc(panels, func(p *panel) bool { return p.sensor == s.sensor && p.unit == s.unit })
		if i < 0 {
			i = len(panels)
			panels = append(panels, &panel{sensor: s.sensor, unit: s.unit, from: s.course[0].at, low: s.low, high: s.high})
		}
		p := panels[i]
		p.courses = append(p.courses, s)
		p.low, p.high = min(p.low, s.low), max(p.high, s.high)
		if first := s.course[0].at; first.Before(p.from) {
			p.from = first
		}
		if last := s.course[len(s.course)-1].at; last.After(p.to) {
			p.to = last
		}
	}
	for _, p := range panels {
		if p.low == p.high {
			p.low, p.high = p.low-1, p.high+1
		}
		if p.low == p.high { // so large that one more is nothing
			p.low, p.high = min(p.low/2, p.low*2), max(p.high/2, p.high*2)
		}
		if !p.to.After(p.from) {
			p.to = p.from.Add(time.Second)
		}
	}
	return panels
}

// share is where a value lies on the scale: 0 to 1. What a board sends may be as large as numbers get.
func (p *panel) share(v float64) float64 {
	return min(max((v/2-p.low/2)/(p.high/2-p.low/2), 0), 1)
}

// value is what lies there.
func (p *panel) value(share float64) float64 { return p.low*(1-share) + p.high*share }

func (p *panel) title() string {
	if p.unit == "" {
		return termsafe.Line(p.sensor)
	}
	return termsafe.Line(fmt.Sprintf("%s [%s]", p.sensor, p.unit))
}

// timeForm is how a moment is written at the axis of time.
func (p *panel) timeForm() string {
	switch length := p.to.Sub(p.from); {
	case length > 24*time.Hour:
		return "2 Jan 15:04"
	case length < 10*time.Second:
		return "15:04:05.0"
	}
	return time.TimeOnly
}

// plots draws a chart for each sensor within width columns and about height lines; none where that is too low.
func (w *watching) plots(width, height int, colour bool) []string {
	panels := panels(w.all())
	if len(panels) == 0 {
		return nil
	}
	high := min(height/len(panels)-plotAround-1, plotHeight)
	if high < plotLowest {
		return nil
	}
	var out []string
	for _, p := range panels {
		out = append(out, "")
		out = append(out, p.plot(width, high, colour)...)
	}
	return out
}

func (p *panel) plot(width, height int, colour bool) []string {
	label := func(share float64) string {
		text := formatMean(p.value(share))
		return termsafe.Cut(text, plotLabel)
	}
	labelWidth := 0
	for i := range height + 1 {
		labelWidth = max(labelWidth, len([]rune(label(float64(i)/float64(height)))))
	}
	columns := max(width-labelWidth-axisColumns, 8)
	var data [][]float64
	for _, s := range p.courses {
		values := s.resample(p.from, p.to, columns)
		for i, v := range values {
			if !math.IsNaN(v) {
				values[i] = p.share(v)
			}
		}
		data = append(data, values)
	}
	options := []asciigraph.Option{
		asciigraph.Height(height), asciigraph.LowerBound(0), asciigraph.UpperBound(1), asciigraph.YAxisValueFormatter(label),
		asciigraph.XAxisRange(0, 1), asciigraph.XAxisTickCount(max(2, columns/16)),
		asciigraph.XAxisValueFormatter(func(share float64) string {
			return p.from.Add(time.Duration(share * float64(p.to.Sub(p.from)))).Format(p.timeForm())
		}),
	}
	if colour {
		var colours []asciigraph.AnsiColor
		for i := range p.courses {
			colours = append(colours, plotColours[i%len(plotColours)])
		}
		options = append(options, asciigraph.SeriesColors(colours...))
	}
	out := []string{termsafe.Cut(p.title(), width)}
	for line := range strings.SplitSeq(asciigraph.PlotMany(data, options...), "\n") {
		out = append(out, ansi.Truncate(line, width, ""))
	}
	return append(out, p.legend(width, colour))
}

// legend names the boards by the colours of their lines, as many as there is room for.
func (p *panel) legend(width int, colour bool) string {
	var b strings.Builder
	left := width
	for i, s := range p.courses {
		name := termsafe.Cut("─ "+termsafe.Line(s.board), left)
		if colour {
			name = plotColours[i%len(plotColours)].String() + name + asciigraph.Default.String()
		}
		b.WriteString(name)
		if left -= termsafe.Width("─ "+termsafe.Line(s.board)) + len(legendGap); left < len(legendGap) || i == len(p.courses)-1 {
			break
		}
		b.WriteString(legendGap)
	}
	return b.String()
}

// charts draws what was read: onto stdout with --plot, into the file with -o.
func (w *watching) charts(file *chartFile) error {
	if w.o.plot {
		width, colour := plotWidth, false
		if screen := w.a.liveScreen(); screen != nil {
			width, _ = screen.Size()
			colour = !w.a.NoColor
		}
		for _, p := range panels(w.all()) {
			if _, err := fmt.Fprintln(w.a.stdout, strings.Join(p.plot(width, plotHeight, colour), "\n")); err != nil {
				return err
			}
		}
	}
	if file == nil {
		return nil
	}
	return file.write(panels(w.all()))
}
