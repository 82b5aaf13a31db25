package main

import (
	"encoding/csv"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/console/termsafe"
	"mpctl/internal/follow"
	"mpctl/internal/series"
	"mpctl/internal/test/boardtest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// watchingOf is a watch of boards with a series each.
func watchingOf(o readOptions, all ...*series.Series) *watching {
	w := &watching{readCommand: readCommand{appOn(nil, nil, nil), o}, members: map[int]follow.Member{}}
	for i, s := range all {
		m := follow.Member{Number: i + 1, Board: boards.Board{Name: s.Board.Name}, Heard: true}
		w.members[m.Number] = m
		*w.series.Get(series.Board{Key: seriesKey(m), Name: s.Board.Name}, s.Sensor) = *s
	}
	return w
}

// seriesOf is a series of values, one a second. NaN is a failure.
func seriesOf(board, sensor, unit string, values ...float64) *series.Series {
	s := &series.Series{Board: series.Board{Name: board}, Sensor: sensor}
	for i, v := range values {
		r := boardtest.Light(v)
		if r.Unit = unit; math.IsNaN(v) {
			r.Value, r.Error = nil, "broken"
		}
		s.Add(noon.Add(time.Duration(i)*time.Second), r)
	}
	return s
}

// Boards send what they like: nothing of it may reach a terminal, make a line too long, or end the program.
func TestLiveTableOfHostileBoards(t *testing.T) {
	const evil = "\x1b]52;c;aGk=\a\x1b[2J\u202eevil\r\n\t漢字漢字\x9b"
	var all []*series.Series
	for i, values := range [][]float64{
		{math.MaxFloat64, -math.MaxFloat64, 1e-300}, {math.MaxFloat64, math.MaxFloat64}, {1e300}, {0, 0}, {math.NaN()}, {5, math.NaN(), 1e15},
	} {
		s := seriesOf(evil, evil+strings.Repeat("x", i), strings.Repeat("°C"+evil, 9), values...)
		if i == 1 {
			low, high := -math.MaxFloat64, math.MaxFloat64
			s.RangeMin, s.RangeMax = &low, &high
		}
		all = append(all, s)
	}
	w := watchingOf(readOptions{plot: true}, all...)
	w.last = evil
	lost := w.members[3]
	lost.Since = noon
	w.members[3] = lost
	for _, size := range [][2]int{{200, 120}, {100, 40}, {80, 24}, {20, 10}, {4, 3}, {1, 1}} {
		for _, plain := range []bool{true, false} {
			w.NoColor = plain
			for _, line := range w.frame(size[0], size[1]) {
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
}

func TestColumnsThatFit(t *testing.T) {
	w := watchingOf(readOptions{}, seriesOf("desk", "light", "raw", 1234, 1000))
	w.NoColor = true
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
		header := strings.Join(strings.Fields(w.table(c.width)[0]), " ")
		if header != c.columns {
			t.Errorf("%d columns: %s, want %s", c.width, header, c.columns)
		}
	}
	m := w.members[1]
	m.Since = noon
	w.members[1] = m
	if line := w.table(60)[1]; !strings.Contains(line, "reconnecting since 12:00:00") {
		t.Errorf("%q", line)
	}
}

func TestCSVIsSafeInSpreadsheets(t *testing.T) {
	a, stdout, _ := testApp()
	value := -5.5
	row := readRow{Time: "2026-03-01T12:00:00.000Z", Board: `=cmd|' /C calc'!A0`, Sensor: ptr("+light,\"x\""), Value: &value, Unit: ptr("@u\r\n=1"), Error: " -1"}
	if err := (readCommand{a, readOptions{format: "csv"}}).printer()([]readRow{row}); err != nil {
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
			if c.holds(boardtest.Light(v)) {
				got = append(got, v)
			}
		}
		if !reflect.DeepEqual(got, holds) {
			t.Errorf("%q holds for %v, want %v", text, got, holds)
		}
	}
	c, _ := parseCondition("temp!=1")
	if c.holds(boardtest.Light(2)) || c.holds(httpclient.Reading{Sensor: "temp", Error: "broken"}) {
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
