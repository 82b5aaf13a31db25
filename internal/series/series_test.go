package series

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/number"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// of returns a series of values, one a second. NaN is a failed reading.
func of(values ...float64) *Series {
	s := &Series{Board: Board{Name: "desk"}, Sensor: "light"}
	for i, v := range values {
		s.Add(noon.Add(time.Duration(i)*time.Second), reading(v))
	}
	return s
}

func reading(v float64) httpclient.Reading {
	if math.IsNaN(v) {
		return httpclient.Reading{Sensor: "light", Error: "broken"}
	}
	low, high := 0., 4095.
	return httpclient.Reading{Sensor: "light", Value: &v, Unit: "raw", Min: &low, Max: &high}
}

func TestSummary(t *testing.T) {
	s := of(4, 2, math.NaN(), 9)
	if s.Seen != 4 || s.N != 3 || s.Low != 2 || s.High != 9 || s.Mean != 5 {
		t.Errorf("%+v", s)
	}
	if *s.Last != 9 || s.Error != "" || s.Unit != "raw" || *s.RangeMin != 0 || *s.RangeMax != 4095 {
		t.Errorf("after a value: %+v", s)
	}
	s = of(4, math.NaN())
	if s.Last != nil || s.Error != "broken" || s.Mean != 4 {
		t.Errorf("after a failure: %+v", s)
	}
	if s = of(math.MaxFloat64, math.MaxFloat64); s.Mean != math.MaxFloat64 {
		t.Errorf("the mean of the largest numbers is %g", s.Mean)
	}
	if s = of(math.NaN()); s.Seen != 1 || s.N != 0 || len(s.samples) != 0 {
		t.Errorf("nothing but a failure: %+v", s)
	}
}

func TestResample(t *testing.T) {
	nan, huge := math.NaN(), math.MaxFloat64
	for _, c := range []struct {
		name   string
		s      *Series
		n      int
		length time.Duration
		want   []float64
	}{
		{"one each", of(1, 2, 3, 4), 4, 4 * time.Second, []float64{1, 2, 3, 4}},
		{"two in one", of(1, 3, 5, 7), 2, 4 * time.Second, []float64{2, 6}},
		{"between them", of(1, 3), 5, 2500 * time.Millisecond, []float64{1, 2, 3, nan, nan}},
		{"an interruption", of(1, nan, 3), 3, 3 * time.Second, []float64{1, nan, 3}},
		{"a wide one", of(1, nan, 3), 6, 3 * time.Second, []float64{1, nan, nan, nan, 3, nan}},
		{"the largest numbers", of(huge, huge, -huge, -huge), 2, 4 * time.Second, []float64{huge, -huge}},
		{"between the largest numbers", of(-huge, huge), 5, 2500 * time.Millisecond, []float64{-huge, 0, huge, nan, nan}},
		{"no time at all", of(5), 2, 0, []float64{5, nan}},
		{"nothing", &Series{}, 2, time.Second, []float64{nan, nan}},
		{"no slots", of(1), 0, time.Second, nil},
	} {
		got := c.s.Resample(noon, noon.Add(c.length), c.n)
		if format(got) != format(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func format(values []float64) string {
	var all []string
	for _, v := range values {
		all = append(all, number.Exact(v))
	}
	return strings.Join(all, " ")
}

func TestPartsAndSpan(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		s    *Series
		want string
	}{
		{of(), ""}, {of(nan), ""}, {of(1), "1"}, {of(1, 2), "1 2"}, {of(nan, 1, nan, nan, 2, 3, nan), "1|2 3"}, {of(1, nan, 2), "1|2"},
	} {
		var got []string
		for _, part := range c.s.Parts() {
			var values []float64
			for _, p := range part {
				values = append(values, p.Value)
			}
			got = append(got, format(values))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	if first, last := of(1, nan, 2).Span(); !first.Equal(noon) || !last.Equal(noon.Add(2*time.Second)) {
		t.Errorf("from %s to %s", first, last)
	}
	if first, last := of(nan).Span(); !first.IsZero() || !last.IsZero() {
		t.Errorf("from %s to %s, want zero times", first, last)
	}
}

func TestMerge(t *testing.T) {
	nan := math.NaN()
	for want, slot := range map[string][]float64{
		"7 1": {1}, "7 2": {1, 3}, "7 NaN": {nan}, "7 2 NaN": {1, nan, 3}, "7 3 NaN": {3, nan}, "7 NaN 2": {nan, 1, nan, 3}, "7 NaN 1": {nan, 1, nan},
	} {
		var samples []Sample
		for i, v := range slot {
			samples = append(samples, Sample{noon.Add(time.Duration(i) * time.Second), v, 1})
		}
		var got []float64
		for _, p := range merge([]Sample{{noon, 7, 1}}, samples) {
			got = append(got, p.Value)
		}
		if format(got) != want {
			t.Errorf("%v: %s, want %s", slot, format(got), want)
		}
	}
}

// The newest samples are not thinned out: the last minute is looked at closely.
func TestFreshSamples(t *testing.T) {
	s := &Series{}
	for i := range maxSamples + 1 {
		s.Add(noon.Add(time.Duration(i)*time.Second), reading(float64(i)))
	}
	if len(s.samples) > maxSamples/2+1 {
		t.Errorf("%d samples: they are not thinned out", len(s.samples))
	}
	for i := range 1000 {
		if got := s.samples[len(s.samples)-1-i].Value; got != float64(maxSamples-i) {
			t.Fatalf("sample %d from the end is %g", i, got)
		}
	}
}

// However many readings come in, the memory of a series is bounded and its chart keeps its shape.
func TestMemory(t *testing.T) {
	const total = 20 * maxSamples
	for _, c := range []struct {
		name  string
		fails func(i int) bool
	}{
		{"steady", func(int) bool { return false }},
		{"a failure now and then", func(i int) bool { return i%100 == 99 }},
		{"a failure after each value", func(i int) bool { return i%2 == 1 }},
		{"a failure after each two values", func(i int) bool { return i%3 == 2 }},
	} {
		s, failed := &Series{}, false
		for i := range total {
			v := float64(i)
			if c.fails(i) {
				v, failed = math.NaN(), true
			}
			s.Add(noon.Add(time.Duration(i)*time.Second), reading(v))
			if len(s.samples) > maxSamples {
				t.Fatalf("%s: %d samples after %d readings", c.name, len(s.samples), i+1)
			}
		}
		if len(s.samples) < maxSamples/4 || cap(s.samples) > 2*maxSamples {
			t.Errorf("%s: %d samples, room for %d", c.name, len(s.samples), cap(s.samples))
		}
		if failed != (len(s.Parts()) > 1) {
			t.Errorf("%s: %d parts", c.name, len(s.Parts()))
		}
		for i, p := range s.samples[1:] {
			if p.Time.Before(s.samples[i].Time) {
				t.Fatalf("%s: %v follows %v", c.name, p, s.samples[i])
			}
		}
		means := s.Resample(noon, noon.Add(total*time.Second), 100)
		for i, v := range means {
			if want := (float64(i) + 0.5) * total / 100; math.Abs(v-want) > 0.002*total {
				t.Errorf("%s: %g percent of the time are over at %g, want %g", c.name, float64(i)+0.5, v, want)
				break
			}
		}
		minute := s.Resample(noon.Add((total-60)*time.Second), noon.Add(total*time.Second), 20)
		if i := slices.IndexFunc(minute, math.IsNaN); i >= 0 {
			t.Errorf("%s: the last minute is %v", c.name, minute)
		}
	}
}

// Neither a clock that stands still nor one that is set back makes a series grow.
func TestMemoryOfOddClocks(t *testing.T) {
	for name, clock := range map[string]func(i int) time.Duration{
		"still":    func(int) time.Duration { return 0 },
		"ticking":  func(i int) time.Duration { return time.Duration(i) },
		"set back": func(i int) time.Duration { return time.Duration(i%3000-i/3000) * time.Second },
	} {
		s := &Series{}
		for i := range 5 * maxSamples {
			s.Add(noon.Add(clock(i)), reading(float64(i%2)))
		}
		if s.N != 5*maxSamples || len(s.samples) > maxSamples || math.Abs(s.Mean-0.5) > 0.01 {
			t.Errorf("%s: %d samples of %d values, mean %g", name, len(s.samples), s.N, s.Mean)
		}
	}
}
