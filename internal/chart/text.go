package chart

import (
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/guptarohit/asciigraph"

	"mpctl/internal/console/termsafe"
	"mpctl/internal/number"
	"mpctl/internal/series"
)

const (
	// TextHeight is how many lines a panel in text should have where there is room.
	TextHeight = 17

	minHeight  = 8  // lines, below which Stack draws nothing
	extraLines = 5  // lines beside the plot's own: the title, its lowest line, the axis of time, its labels, the legend
	axisWidth  = 10 // columns beside the plot and its labels: the axis, and half of the last moment's label
	minColumns = 8  // of the plot
	labelWidth = 16 // columns at most of a number beside the axis
	legendGap  = "   "
)

var colours = []asciigraph.AnsiColor{
	asciigraph.Cyan, asciigraph.Orange, asciigraph.Green, asciigraph.Magenta, asciigraph.Yellow, asciigraph.Blue, asciigraph.Red,
}

// Stack returns the panels below each other as Text draws them, with an empty line above each, within height lines; nil
// where that is too low for them.
func Stack(panels []*Panel, width, height int, colour bool) []string {
	if len(panels) == 0 {
		return nil
	}
	each := min(height/len(panels)-1, TextHeight)
	if each < minHeight {
		return nil
	}
	var out []string
	for _, p := range panels {
		out = append(out, "")
		out = append(out, p.Text(width, each, colour)...)
	}
	return out
}

// Text returns the chart as height lines, but no fewer than 6, of at most width columns. With colour each board has its
// own; these are the only control sequences in it.
func (p *Panel) Text(width, height int, colour bool) []string {
	height = max(height-extraLines, 1)
	label := func(share float64) string { return termsafe.Cut(number.Short(p.scale.value(share)), labelWidth) }
	widest := 0
	for i := range height + 1 {
		widest = max(widest, termsafe.Width(label(float64(i)/float64(height))))
	}
	columns := max(width-widest-axisWidth, minColumns)
	var lines [][]float64
	var lineColours []asciigraph.AnsiColor
	for i, s := range p.lines {
		lines = append(lines, p.shares(s, columns))
		lineColours = append(lineColours, colours[i%len(colours)])
	}
	options := []asciigraph.Option{
		asciigraph.Height(height), asciigraph.LowerBound(0), asciigraph.UpperBound(1), asciigraph.YAxisValueFormatter(label),
		asciigraph.XAxisRange(0, 1), asciigraph.XAxisTickCount(max(2, columns/16)), asciigraph.XAxisValueFormatter(p.moment),
	}
	if colour {
		options = append(options, asciigraph.SeriesColors(lineColours...))
	}
	out := []string{termsafe.Cut(p.title(), width)}
	for line := range strings.SplitSeq(asciigraph.PlotMany(lines, options...), "\n") {
		out = append(out, ansi.Truncate(line, width, ""))
	}
	return append(out, p.legend(width, colour))
}

// shares returns where a series lies on the scale, from column to column.
func (p *Panel) shares(s *series.Series, columns int) []float64 {
	values := s.Resample(p.from, p.to, columns)
	for i, v := range values {
		if !math.IsNaN(v) {
			values[i] = p.scale.share(v)
		}
	}
	return values
}

// legend names the boards, in the colours of their lines: as many as there is room for.
func (p *Panel) legend(width int, colour bool) string {
	var out strings.Builder
	for i, s := range p.lines {
		entry := "─ " + termsafe.Line(s.Board.Name)
		shown := termsafe.Cut(entry, width)
		if colour {
			shown = colours[i%len(colours)].String() + shown + asciigraph.Default.String()
		}
		out.WriteString(shown)
		width -= termsafe.Width(entry) + len(legendGap)
		if width < len(legendGap) || i == len(p.lines)-1 {
			break
		}
		out.WriteString(legendGap)
	}
	return out.String()
}
