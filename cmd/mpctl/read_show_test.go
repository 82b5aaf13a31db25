package main

import (
	"bytes"
	"encoding/csv"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/atomicfile"
	"mpctl/internal/console/termsafe"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// course returns a series of values, one a second. NaN is a failure.
func course(values ...float64) *series {
	s := &series{board: "desk", sensor: "light"}
	for i, v := range values {
		r := light(v)
		if math.IsNaN(v) {
			r = httpclient.Reading{Sensor: "light", Error: "broken"}
		}
		s.add(noon.Add(time.Duration(i)*time.Second), r)
	}
	return s
}

func TestSeries(t *testing.T) {
	nan := math.NaN()
	s := course(4, 2, nan, 9)
	if s.seen != 4 || s.n != 3 || s.low != 2 || s.high != 9 || s.mean != 5 {
		t.Errorf("%+v", s)
	}
	for _, c := range []struct {
		name   string
		s      *series
		n      int
		length time.Duration
		want   []float64
	}{
		{"one each", course(1, 2, 3, 4), 4, 4 * time.Second, []float64{1, 2, 3, 4}},
		{"two in one", course(1, 3, 5, 7), 2, 4 * time.Second, []float64{2, 6}},
		{"between them", course(1, 3), 5, 2500 * time.Millisecond, []float64{1, 2, 3, nan, nan}},
		{"an interruption", course(1, nan, 3), 3, 3 * time.Second, []float64{1, nan, 3}},
		{"a wide one", course(1, nan, 3), 6, 3 * time.Second, []float64{1, nan, nan, nan, 3, nan}},
		{"nothing", &series{}, 2, time.Second, []float64{nan, nan}},
	} {
		got := c.s.resample(noon, noon.Add(c.length), c.n)
		if formatAll(got) != formatAll(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	// However long it takes, it takes no more memory, and looks the same.
	long := &series{}
	for i := range 10 * mostSamples {
		long.add(noon.Add(time.Duration(i)*time.Second), light(float64(i)))
	}
	ends := long.resample(noon, noon.Add(10*mostSamples*time.Second), 10)
	if len(long.course) > mostSamples || cap(long.course) > 2*mostSamples || ends[0] >= ends[9] || math.Abs(ends[5]-5.5*mostSamples) > mostSamples/10 {
		t.Errorf("%d samples, %v", len(long.course), ends)
	}
}

func formatAll(values []float64) string {
	var all []string
	for _, v := range values {
		all = append(all, formatValue(v))
	}
	return strings.Join(all, " ")
}

func TestBarAndSparkline(t *testing.T) {
	for v, want := range map[float64]string{0: "    ", 4095: "████", 2047.5: "██  ", 600: "▋   ", 9999: "████", -5: "    "} {
		if got := course(v).bar(4); got != want {
			t.Errorf("bar of %g = %q, want %q", v, got, want)
		}
	}
	if got := course(0, 1, 2, 3, 4, 5, 6, 7).sparkline(noon.Add(8*time.Second), 60); got != strings.Repeat(" ", 52)+"▁▂▃▄▅▆▇█" {
		t.Errorf("%q", got)
	}
	if got := course(5, 5).sparkline(noon.Add(2*time.Second), 30); got != strings.Repeat(" ", 29)+"▁" {
		t.Errorf("flat: %q", got)
	}
}

// Boards send what they like: nothing of it may reach a terminal, make a line too long, or end the program.
func TestLiveTableOfHostileBoards(t *testing.T) {
	const evil = "\x1b]52;c;aGk=\a\x1b[2J\u202eevil\r\n\t漢字漢字\x9b"
	w := &watching{a: appOn(nil, nil, nil), o: readOptions{plot: true}}
	for i, values := range [][]float64{
		{math.MaxFloat64, -math.MaxFloat64, 1e-300}, {math.MaxFloat64, math.MaxFloat64}, {1e300}, {0, 0}, {math.NaN()}, {5, math.NaN(), 1e15},
	} {
		s := course(values...)
		s.board, s.sensor, s.unit = evil, evil+strings.Repeat("x", i), strings.Repeat("°C"+evil, 9)
		if i == 1 {
			low, high := -math.MaxFloat64, math.MaxFloat64
			s.min, s.max = &low, &high
		}
		f := &followed{board: board{Board: discover.Board{Name: evil}}, sensors: []*series{s}, heard: true}
		if i == 2 {
			f.since = noon
		}
		w.boards = append(w.boards, f)
	}
	l := &liveTable{a: w.a, last: termsafe.Line(evil)}
	for _, size := range [][2]int{{200, 120}, {100, 40}, {80, 24}, {20, 10}, {4, 3}, {1, 1}} {
		for _, plain := range []bool{true, false} {
			w.a.NoColor = plain
			for _, line := range l.frame(w, size[0], size[1]) {
				bare := line
				if !plain {
					bare = ansi.Strip(line)
				}
				if termsafe.Line(bare) != bare {
					t.Errorf("%v: control characters in %q", size, bare)
				}
				if width := termsafe.Width(bare); width > size[0] {
					t.Errorf("%v: %q is %d wide", size, bare, width)
				}
			}
		}
	}
	file := filepath.Join(t.TempDir(), "chart.png")
	f, err := atomicfile.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := (&chartFile{f}).write(panels(w.all())); err != nil {
		t.Fatal(err)
	}
}

func TestColumnsThatFit(t *testing.T) {
	w := &watching{a: appOn(nil, nil, nil)}
	w.a.NoColor = true
	w.boards = []*followed{{board: board{Board: discover.Board{Name: "desk"}}, sensors: []*series{course(1234, 1000)}, heard: true}}
	for _, c := range []struct {
		width   int
		columns string
	}{
		{120, "BOARD SENSOR VALUE UNIT LEVEL LAST MINUTE MIN MEAN MAX STATE"},
		{90, "BOARD SENSOR VALUE UNIT LAST MINUTE MIN MEAN MAX STATE"},
		{60, "BOARD SENSOR VALUE UNIT MIN MEAN MAX STATE"},
		{45, "BOARD SENSOR VALUE UNIT MEAN MAX STATE"},
		{34, "BOARD SENSOR VALUE UNIT STATE"},
	} {
		header := strings.Join(strings.Fields(w.table(c.width, false)[0]), " ")
		if header != c.columns {
			t.Errorf("%d columns: %s, want %s", c.width, header, c.columns)
		}
	}
	w.boards[0].since = noon
	if line := w.table(60, false)[1]; !strings.Contains(line, "reconnecting since 12:00:00") {
		t.Errorf("%q", line)
	}
}

func TestChartFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chart.png")
	f, err := atomicfile.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	temp := course(20, 21.5)
	temp.sensor, temp.unit = "temp", "°C"
	if err := (&chartFile{f}).write(panels([]*series{course(1, 2, math.NaN(), 4), temp})); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil || picture.Bounds().Dx() != chartWidth || picture.Bounds().Dy() != 2*chartHeight {
		t.Errorf("%v, %v: want one panel a sensor", picture.Bounds(), err)
	}
}

func TestCSVIsSafeInSpreadsheets(t *testing.T) {
	a, stdout, _ := testApp()
	value := -5.5
	row := readRow{Time: "2026-03-01T12:00:00.000Z", Board: `=cmd|' /C calc'!A0`, Sensor: ptr("+light,\"x\""), Value: &value, Unit: ptr("@u\r\n=1"), Error: " -1"}
	if err := a.rowPrinter(readOptions{format: "csv"})([]readRow{row}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(stdout.String(), "\n") != 2 || strings.Count(stdout.String(), "\r\n") != 2 {
		t.Errorf("%q, want two lines that end with CR LF", stdout)
	}
	records, err := csv.NewReader(stdout).ReadAll()
	want := []string{row.Time, `'=cmd|' /C calc'!A0`, "", `'+light,"x"`, "-5.5", "'@u =1", "", "", "' -1"}
	if err != nil || len(records) != 2 || !reflect.DeepEqual(records[1], want) {
		t.Errorf("%q, %v, want %q", records, err, want)
	}
}

func TestCondition(t *testing.T) {
	for text, holds := range map[string][]float64{
		"light>2": {3}, "light>=2": {2, 3}, "light<2": {1}, "light<=2": {1, 2}, "light==2": {2}, "light!=2": {1, 3}, " light > 1.5e0 ": {2, 3}, "light>-1": {1, 2, 3},
	} {
		c, err := parseCondition(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		var got []float64
		for _, v := range []float64{1, 2, 3} {
			if c.holds(light(v)) {
				got = append(got, v)
			}
		}
		if !reflect.DeepEqual(got, holds) {
			t.Errorf("%q holds for %v, want %v", text, got, holds)
		}
	}
	c, _ := parseCondition("temp!=1")
	if c.holds(light(2)) || c.holds(httpclient.Reading{Sensor: "temp", Error: "broken"}) {
		t.Error("holds for another sensor, or for a failure")
	}
	for _, text := range []string{"", "light", "light>", ">2", "light>x", "light=2", "light=>2", "light>2>3", "light>NaN", "light > 2 raw", "a b>2"} {
		if c, err := parseCondition(text); exitCode(err) != exitUsage || !strings.Contains(hintOf(err), "'light>2000'") {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

func FuzzCondition(f *testing.F) {
	for _, text := range []string{"light>2000", "a <= -1e3", "x!=0x1p-2", "µ==.5", "light>>2", "inf<inf"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCondition(text)
		if err != nil {
			return
		}
		again, err := parseCondition(c.String())
		if err != nil || again != c {
			t.Errorf("%q is %+v, which is %q, which is %+v, %v", text, c, c, again, err)
		}
	})
}
