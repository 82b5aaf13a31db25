package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/go-analyze/charts/chartdraw"

	"mpctl/httpclient"
	"mpctl/internal/console/termsafe"
	"mpctl/internal/series"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// of returns a series of a light sensor's values, one a second. NaN is a failed reading.
func of(values ...float64) *series.Series {
	low, high := 0., 4095.
	s := &series.Series{Board: series.Board{Name: "desk"}, Sensor: "light"}
	for i, v := range values {
		r := httpclient.Reading{Sensor: "light", Unit: "raw", Min: &low, Max: &high, Value: &v}
		if math.IsNaN(v) {
			r.Value = nil
		}
		s.Add(noon.Add(time.Duration(i)*time.Second), r)
	}
	return s
}

func TestPanels(t *testing.T) {
	lab, temp, kelvin := of(7, 1), of(20, 21.5), of(300)
	lab.Board.Name, temp.Sensor, temp.Unit, kelvin.Sensor, kelvin.Unit = "lab", "temp", "°C", "temp", "K"
	var got []string
	for _, p := range Panels([]*series.Series{of(1, 2, math.NaN(), 4), temp, of(math.NaN()), lab, kelvin}) {
		got = append(got, fmt.Sprintf("%s %d %g-%g %s", p.title(), len(p.lines), p.scale.low, p.scale.high, p.to.Sub(p.from)))
	}
	if want := "light [raw] 2 1-7 3s, temp [°C] 1 20-21.5 1s, temp [K] 1 299-301 1s"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
	late, early := of(1), &series.Series{Sensor: "light"}
	late.Interrupt(noon.Add(time.Hour))
	early.Add(noon.Add(-time.Minute), httpclient.Reading{Unit: "raw", Value: late.Last})
	for _, all := range [][]*series.Series{{early, late}, {late, early}} {
		if p := Panels(all)[0]; !p.from.Equal(noon.Add(-time.Minute)) || !p.to.Equal(noon.Add(time.Hour)) {
			t.Errorf("from %s to %s, want all of the time", p.from, p.to)
		}
	}
	if none := Panels([]*series.Series{of(math.NaN()), {}}); none != nil {
		t.Errorf("without a value: %v", none)
	}
}

func TestText(t *testing.T) {
	desk, lab := of(0, 0, 0, 0, 100, 100, 100, 100), of(50, 50, math.NaN(), math.NaN(), math.NaN(), math.NaN(), 50, 50)
	lab.Board.Name = "lab"
	panels := Panels([]*series.Series{desk, lab})
	want := []string{
		"light [raw]",
		" 100 ┤        ╭───────",
		"  75 ┤        │",
		"  50 ┼──╴    ╭╯    ╶──",
		"  25 ┤       │",
		"   0 ┼───────╯",
		"     └┬───────────────┬",
		" 12:00:00.0      12:00:07.0",
		"─ desk   ─ lab",
	}
	lines := panels[0].Text(30, 9, false)
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		t.Errorf("it draws\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
	coloured := panels[0].Text(30, 9, true)
	if ansi.Strip(strings.Join(coloured, "\n")) != strings.Join(want, "\n") {
		t.Errorf("in colour it draws\n%s", strings.Join(coloured, "\n"))
	}
	legend := colours[0].String() + "─ desk\x1b[0m   " + colours[1].String() + "─ lab\x1b[0m"
	if coloured[8] != legend || !strings.Contains(coloured[5], colours[0].String()) || !strings.Contains(coloured[3], colours[1].String()) {
		t.Errorf("its colours are %q", coloured)
	}
}

func TestStack(t *testing.T) {
	temp := of(20, 21.5)
	temp.Sensor = "temp"
	panels := Panels([]*series.Series{of(1, 2), temp})
	for height, want := range map[int]int{100: 36, 36: 36, 35: 34, 20: 20, 18: 18, 17: 0, 0: 0, -5: 0} {
		lines := Stack(panels, 80, height, false)
		if len(lines) != want {
			t.Errorf("%d lines for a height of %d, want %d", len(lines), height, want)
		}
		if want > 0 && (lines[0] != "" || lines[1] != "light [raw]" || lines[want/2] != "" || lines[want/2+1] != "temp [raw]") {
			t.Errorf("%d lines: %q", want, lines)
		}
	}
	if lines := Stack(nil, 80, 100, false); lines != nil {
		t.Errorf("without a panel: %q", lines)
	}
}

func TestTimeAxis(t *testing.T) {
	for length, want := range map[time.Duration]string{
		9 * time.Second: "12:00:00.0 12:00:09.0", 10 * time.Second: "12:00:00 12:00:10", 24 * time.Hour: "12:00:00 12:00:00",
		25 * time.Hour: "1 Mar 12:00 2 Mar 13:00",
	} {
		p := &Panel{from: noon, to: noon.Add(length)}
		if got := p.moment(0) + " " + p.moment(1); got != want {
			t.Errorf("%s: %s, want %s", length, got, want)
		}
	}
}

func TestBarAndSparkline(t *testing.T) {
	for v, want := range map[float64]string{0: "    ", 4095: "████", 2047.5: "██  ", 600: "▋   ", 9999: "████", -5: "    "} {
		if got := Bar(of(v), 4); got != want {
			t.Errorf("bar of %g = %q, want %q", v, got, want)
		}
	}
	free := of(10, 20, 15)
	free.RangeMin, free.RangeMax = nil, nil
	if got := Bar(free, 4); got != "██  " {
		t.Errorf("bar without a range = %q, want it among the values so far", got)
	}
	for _, s := range []*series.Series{of(1, math.NaN()), {}, {Last: free.Last}} {
		if got := Bar(s, 4); got != "" {
			t.Errorf("bar of %+v = %q, want none", s, got)
		}
	}
	if got := Sparkline(of(0, 1, 2, 3, 4, 5, 6, 7), noon.Add(8*time.Second), 60); got != strings.Repeat(" ", 52)+"▁▂▃▄▅▆▇█" {
		t.Errorf("%q", got)
	}
	if got := Sparkline(of(5, 5), noon.Add(2*time.Second), 30); got != strings.Repeat(" ", 29)+"▁" {
		t.Errorf("flat: %q", got)
	}
}

func TestPNG(t *testing.T) {
	lab, temp := of(3, 3, 3, 3), of(20, 21.5)
	lab.Board.Name, temp.Sensor, temp.Unit = "lab", "temp", "°C"
	var file bytes.Buffer
	if err := WritePNG(&file, Panels([]*series.Series{of(1, 2, math.NaN(), 4), lab, temp})); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(&file)
	if err != nil || picture.Bounds() != image.Rect(0, 0, panelWidth, 2*panelHeight) {
		t.Fatalf("%v, %v: want one panel a sensor", picture.Bounds(), err)
	}
	for panel, lines := range []int{2, 1} {
		pixels := countColours(picture.(*image.RGBA), panel)
		for i := range 3 {
			if n := pixels[rgba(chartdraw.GetDefaultColor(i))]; (n > 100) != (i < lines) {
				t.Errorf("panel %d has %d pixels of line %d", panel, n, i)
			}
		}
	}
	var many []*series.Series
	for i := range maxPanels + 1 {
		s := of(1, 2)
		s.Sensor = fmt.Sprint(i)
		many = append(many, s)
	}
	page, err := drawPage(Panels(many))
	if err != nil || page.Bounds().Dy() != maxPanels*panelHeight {
		t.Errorf("%v, %v; want %d panels", page.Bounds(), err, maxPanels)
	}
}

func countColours(picture *image.RGBA, panel int) map[color.RGBA]int {
	pixels := map[color.RGBA]int{}
	for x := range panelWidth {
		for y := range panelHeight {
			pixels[picture.RGBAAt(x, panel*panelHeight+y)]++
		}
	}
	return pixels
}

func rgba(c color.Color) color.RGBA { return color.RGBAModel.Convert(c).(color.RGBA) }

func TestCurves(t *testing.T) {
	lab := of(math.NaN(), 6)
	lab.Board.Name = "laboratory-on-the-second-floor"
	var got []string
	for _, curve := range Panels([]*series.Series{of(1, 2, math.NaN(), 4, math.NaN(), 5), lab})[0].curves(scale{0, 10}) {
		c := curve.(chartdraw.ContinuousSeries)
		got = append(got, fmt.Sprint(c.Name, c.XValues, c.YValues))
	}
	if want := "desk[0 0.2] [0.1 0.2], [0.6] [0.4], [1] [0.5], laboratory-on-the-secon…[0.2] [0.6]"; strings.Join(got, ", ") != want {
		t.Errorf("%s, want %s", strings.Join(got, ", "), want)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestPNGThatCannotBeWritten(t *testing.T) {
	err := WritePNG(fullDisk{}, Panels([]*series.Series{of(1)}))
	if err == nil || err.Error() != "writing the chart: no space left" {
		t.Error(err)
	}
	if err := WritePNG(fullDisk{}, nil); err != nil {
		t.Errorf("without a panel: %v, want nothing written", err)
	}
}

// Whatever boards send, no control sequence of theirs reaches a terminal, no line is too long, and nothing panics.
func TestHostileBoards(t *testing.T) {
	const evil = "\x1b]52;c;aGk=\a\x1b[2J\u202eevil\r\n\t漢字漢字\x9b"
	var all []*series.Series
	for i, values := range [][]float64{
		{math.MaxFloat64, -math.MaxFloat64, 1e-300}, {math.MaxFloat64, math.MaxFloat64}, {1e300}, {0, 0}, {math.NaN()}, {5, math.NaN(), 1e15},
		{0, math.SmallestNonzeroFloat64}, {1e15, 1e15 + 2, 1e15 + 1},
	} {
		s := of(values...)
		s.Board.Name, s.Sensor, s.Unit = evil, evil+strings.Repeat("x", i), strings.Repeat("°C"+evil, 9)
		if i == 1 {
			low, high := -math.MaxFloat64, math.MaxFloat64
			s.RangeMin, s.RangeMax = &low, &high
		}
		all = append(all, s)
		for _, cell := range []string{Bar(s, 10), Sparkline(s, noon.Add(3*time.Second), 10)} {
			if width := termsafe.Width(cell); cell != "" && width != 10 || termsafe.Line(cell) != cell {
				t.Errorf("%v: %q is %d wide", values, cell, width)
			}
		}
	}
	panels := Panels(all)
	if len(panels) != len(all)-1 {
		t.Errorf("%d panels of %d series, one of which has no value", len(panels), len(all))
	}
	for _, width := range []int{200, 80, 20, 4, 0} {
		for _, height := range []int{24, 3} {
			for _, colour := range []bool{false, true} {
				var lines []string
				for _, p := range panels {
					text := p.Text(width, height, colour)
					if len(text) != max(height, extraLines+1) {
						t.Errorf("%d lines, want %d", len(text), height)
					}
					lines = append(lines, text...)
				}
				for _, line := range append(lines, Stack(panels, width, 20*height, colour)...) {
					bare := line
					if colour {
						bare = ansi.Strip(line)
					}
					if termsafe.Line(bare) != bare || strings.Contains(bare, "NaN") || strings.Contains(bare, "Inf") {
						t.Errorf("%d x %d: %q", width, height, bare)
					}
					if got := termsafe.Width(bare); got > width {
						t.Errorf("%d x %d: %q is %d wide", width, height, bare, got)
					}
				}
			}
		}
	}
	if _, err := drawPage(panels); err != nil {
		t.Error(err)
	}
}
