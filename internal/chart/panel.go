// Package chart draws series: as text, as a PNG picture, and as a bar or a sparkline in a table's cell. What it draws
// into are strings and writers. Text from boards is made harmless on its way.
package chart

import (
	"fmt"
	"slices"
	"time"

	"mpctl/internal/console/termsafe"
	"mpctl/internal/series"
)

// Panel is a chart of one sensor, with a line for each board that has it. The lines share one scale.
type Panel struct {
	sensor, unit string
	lines        []*series.Series
	from, to     time.Time
	scale        scale
}

// Panels returns a panel for each sensor and unit, in the order in which they appear. Series without a value are left
// out. The panels are valid until one of the series grows.
func Panels(all []*series.Series) []*Panel {
	var panels []*Panel
	for _, s := range all {
		if s.N == 0 {
			continue
		}
		first, last := s.Span()
		i := slices.IndexFunc(panels, func(p *Panel) bool { return p.sensor == s.Sensor && p.unit == s.Unit })
		if i < 0 {
			i = len(panels)
			panels = append(panels, &Panel{sensor: s.Sensor, unit: s.Unit, from: first, scale: scale{s.Low, s.High}})
		}
		p := panels[i]
		p.lines = append(p.lines, s)
		p.scale = scale{min(p.scale.low, s.Low), max(p.scale.high, s.High)}
		if first.Before(p.from) {
			p.from = first
		}
		if last.After(p.to) {
			p.to = last
		}
	}
	for _, p := range panels {
		p.scale = p.scale.widened()
		if !p.to.After(p.from) {
			p.to = p.from.Add(time.Second)
		}
	}
	return panels
}

func (p *Panel) title() string {
	if p.unit == "" {
		return termsafe.Line(p.sensor)
	}
	return termsafe.Line(fmt.Sprintf("%s [%s]", p.sensor, p.unit))
}

// moment returns the label of the axis of time at a share of its length, 0 to 1.
func (p *Panel) moment(share float64) string {
	length, layout := p.to.Sub(p.from), time.TimeOnly
	switch {
	case length > 24*time.Hour:
		layout = "2 Jan 15:04"
	case length < 10*time.Second:
		layout = "15:04:05.0"
	}
	return p.from.Add(time.Duration(share * float64(length))).Format(layout)
}
