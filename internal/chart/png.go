package chart

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"time"

	"github.com/go-analyze/charts/chartdraw"
	"github.com/go-analyze/charts/chartdraw/drawing"

	"mpctl/internal/console/termsafe"
	"mpctl/internal/number"
)

const (
	panelWidth, panelHeight = 1200, 480 // pixels
	legendColumns           = 24
	timeSteps               = 8
	maxPanels               = 16
)

// WritePNG writes one picture with the panels below each other, the first 16 of them. Without any it writes nothing.
func WritePNG(w io.Writer, panels []*Panel) error {
	if len(panels) == 0 {
		return nil
	}
	page, err := drawPage(panels)
	if err != nil {
		return fmt.Errorf("drawing the chart: %w", err)
	}
	if err := png.Encode(w, page); err != nil {
		return fmt.Errorf("writing the chart: %w", err)
	}
	return nil
}

// drawPage draws the panels below each other, as many as a page holds.
func drawPage(panels []*Panel) (image.Image, error) {
	panels = panels[:min(len(panels), maxPanels)]
	page := image.NewRGBA(image.Rect(0, 0, panelWidth, panelHeight*len(panels)))
	for i, p := range panels {
		picture, err := p.image()
		if err != nil {
			return nil, err
		}
		place := image.Rect(0, i*panelHeight, panelWidth, (i+1)*panelHeight)
		draw.Draw(page, place, picture, image.Point{}, draw.Src)
	}
	return page, nil
}

func (p *Panel) image() (image.Image, error) {
	rounded, steps := p.scale.rounded()
	grid := chartdraw.Style{StrokeColor: drawing.Color{R: 225, G: 225, B: 225, A: 255}, StrokeWidth: 1}
	c := chartdraw.Chart{
		Title: p.title(), Width: panelWidth, Height: panelHeight,
		Background:     chartdraw.Style{Padding: chartdraw.Box{Top: 50, Left: 200, Right: 20, Bottom: 20, IsSet: true}},
		XAxis:          chartdraw.XAxis{Ticks: ticks(timeSteps, p.moment), GridMajorStyle: grid, GridMinorStyle: grid},
		YAxisSecondary: chartdraw.HideYAxis(),
		YAxis: chartdraw.YAxis{
			Ticks:          ticks(steps, func(share float64) string { return number.Short(rounded.value(share)) }),
			GridMajorStyle: grid, GridMinorStyle: grid,
		},
	}
	c.Series = p.curves(rounded)
	c.Elements = []chartdraw.Renderable{chartdraw.LegendLeft(&c)}
	var w chartdraw.ImageWriter
	if err := c.Render(chartdraw.PNG, &w); err != nil {
		return nil, err
	}
	return w.Image()
}

// curves returns the lines of the boards, each in as many pieces as interruptions leave of it, on axes from 0 to 1.
func (p *Panel) curves(on scale) []chartdraw.Series {
	var curves []chartdraw.Series
	for i, s := range p.lines {
		colour := chartdraw.GetDefaultColor(i)
		name := termsafe.Cut(termsafe.Line(s.Board.Name), legendColumns)
		for _, part := range s.Parts() {
			curve := chartdraw.ContinuousSeries{
				Name:  name,
				Style: chartdraw.Style{StrokeColor: colour, StrokeWidth: 2, DotColor: colour, DotWidth: 2},
			}
			for _, sample := range part {
				curve.XValues = append(curve.XValues, p.timeShare(sample.Time))
				curve.YValues = append(curve.YValues, on.share(sample.Value))
			}
			curves = append(curves, curve)
			name = "" // The legend names a board once.
		}
	}
	return curves
}

// timeShare returns where on the axis of time a moment lies, 0 to 1.
func (p *Panel) timeShare(moment time.Time) float64 {
	return float64(moment.Sub(p.from)) / float64(p.to.Sub(p.from))
}

// ticks divides an axis from 0 to 1 into steps.
func ticks(steps int, label func(share float64) string) []chartdraw.Tick {
	var out []chartdraw.Tick
	for i := range steps + 1 {
		share := float64(i) / float64(steps)
		out = append(out, chartdraw.Tick{Value: share, Label: label(share)})
	}
	return out
}
