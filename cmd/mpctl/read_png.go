package main

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"time"

	chart "github.com/go-analyze/charts/chartdraw"
	"github.com/go-analyze/charts/chartdraw/drawing"

	"mpctl/internal/atomicfile"
	"mpctl/internal/console/termsafe"
)

const (
	chartWidth, chartHeight = 1200, 480 // pixels for each sensor
	legendColumns           = 24
	timeTicks               = 8
	mostPanels              = 16
)

// chartFile is a PNG in the making.
type chartFile struct{ *atomicfile.File }

// createChart starts the file before anything is read, so that a folder that is not there is noticed then.
func (a *app) createChart(path string) (*chartFile, error) {
	if path == "" {
		return nil, nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating the chart: %w", err)
	}
	return &chartFile{f}, nil
}

// write draws the panels below each other. Without any there is no file.
func (f *chartFile) write(panels []*panel) error {
	if len(panels) == 0 {
		return nil
	}
	panels = panels[:min(len(panels), mostPanels)]
	whole := image.NewRGBA(image.Rect(0, 0, chartWidth, chartHeight*len(panels)))
	for i, p := range panels {
		one, err := p.image()
		if err != nil {
			return fmt.Errorf("drawing the chart: %w", err)
		}
		draw.Draw(whole, image.Rect(0, i*chartHeight, chartWidth, (i+1)*chartHeight), one, image.Point{}, draw.Src)
	}
	if err := png.Encode(f.File, whole); err != nil {
		return fmt.Errorf("writing the chart: %w", err)
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("finishing the chart: %w", err)
	}
	return nil
}

func (p *panel) image() (image.Image, error) {
	grid := chart.Style{StrokeColor: drawing.Color{R: 225, G: 225, B: 225, A: 255}, StrokeWidth: 1}
	c := chart.Chart{
		Title: p.title(), Width: chartWidth, Height: chartHeight,
		Background:     chart.Style{Padding: chart.Box{Top: 50, Left: 200, Right: 20, Bottom: 20, IsSet: true}},
		XAxis:          chart.XAxis{Ticks: p.timeTicks(), GridMajorStyle: grid, GridMinorStyle: grid},
		YAxisSecondary: chart.HideYAxis(),
		YAxis:          chart.YAxis{Ticks: p.valueTicks(), GridMajorStyle: grid, GridMinorStyle: grid},
	}
	for i, s := range p.courses {
		name := termsafe.Cut(termsafe.Line(s.board), legendColumns)
		style := chart.Style{StrokeColor: chart.GetDefaultColor(i), StrokeWidth: 2, DotColor: chart.GetDefaultColor(i), DotWidth: 2}
		for _, part := range s.parts() {
			line := chart.ContinuousSeries{Name: name, Style: style}
			for _, v := range part {
				line.XValues = append(line.XValues, v.at.Sub(p.from).Seconds())
				line.YValues = append(line.YValues, p.share(v.value))
			}
			c.Series = append(c.Series, line)
			name = "" // one entry in the legend
		}
	}
	c.Elements = []chart.Renderable{chart.LegendLeft(&c)}
	var w chart.ImageWriter
	if err := c.Render(chart.PNG, &w); err != nil {
		return nil, err
	}
	return w.Image()
}

// parts returns the course between its interruptions.
func (s *series) parts() [][]sample {
	var parts [][]sample
	begun := false
	for _, v := range s.course {
		switch {
		case math.IsNaN(v.value):
			begun = false
		case !begun:
			parts = append(parts, []sample{v})
			begun = true
		default:
			parts[len(parts)-1] = append(parts[len(parts)-1], v)
		}
	}
	return parts
}

func (p *panel) timeTicks() []chart.Tick {
	var ticks []chart.Tick
	length, form := p.to.Sub(p.from), p.timeForm()
	for i := range timeTicks + 1 {
		after := length * time.Duration(i) / timeTicks
		ticks = append(ticks, chart.Tick{Value: after.Seconds(), Label: p.from.Add(after).Format(form)})
	}
	return ticks
}

// valueTicks are round numbers, the first at or below the lowest value and the last at or above the highest; the
// panel's scale becomes theirs.
func (p *panel) valueTicks() []chart.Tick {
	step := roundStep((p.high/2 - p.low/2) / 3)
	low, high := math.Floor(p.low/step)*step, math.Ceil(p.high/step)*step
	if !math.IsInf(low, 0) && !math.IsInf(high, 0) && !math.IsInf(high-low, 0) {
		p.low, p.high = low, high
	}
	n := min(max(int(math.Round(p.high/step-p.low/step)), 1), 10)
	var ticks []chart.Tick
	for i := range n + 1 {
		share := float64(i) / float64(n)
		ticks = append(ticks, chart.Tick{Value: share, Label: formatMean(p.value(share))})
	}
	return ticks
}

// roundStep returns 1, 2 or 5 times a power of ten, not below least.
func roundStep(least float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= least {
			return factor * power
		}
	}
	return 10 * power
}
