package main

import (
	"math"
	"strings"
	"time"

	"mpctl/httpclient"
)

const mostSamples = 4096 // of one sensor; then two become one, half as fine

// series is the readings of one sensor of one board: their summary, and their course.
type series struct {
	board, id, sensor, unit string
	min, max                *float64 // the ends of the sensor's range
	last                    *float64 // nil: it failed
	fault                   string   // why

	seen            int // readings, failed ones too
	n               int // values
	low, high, mean float64
	course          []sample
}

// sample is a value at a time. NaN stands where the course is interrupted.
type sample struct {
	at    time.Time
	value float64
}

func (s *series) add(at time.Time, r httpclient.Reading) {
	s.seen++
	s.unit, s.min, s.max, s.last, s.fault = r.Unit, r.Min, r.Max, r.Value, r.Error
	if r.Value == nil {
		s.interrupt(at)
		return
	}
	v := *r.Value
	if s.n == 0 {
		s.low, s.high = v, v
	}
	s.n++
	s.low, s.high = min(s.low, v), max(s.high, v)
	s.mean += v/float64(s.n) - s.mean/float64(s.n) // unlike a sum this cannot overflow
	s.put(sample{at, v})
}

// interrupt says that nothing is known from now on until the next value.
func (s *series) interrupt(at time.Time) {
	if n := len(s.course); n > 0 && !math.IsNaN(s.course[n-1].value) {
		s.put(sample{at, math.NaN()})
	}
}

func (s *series) put(p sample) {
	if len(s.course) == mostSamples {
		s.course = halve(s.course)
	}
	s.course = append(s.course, p)
}

// halve makes each two neighbouring samples one. Interruptions stay.
func halve(course []sample) []sample {
	out := course[:0]
	for i := 0; i < len(course); i++ {
		p := course[i]
		if i+1 < len(course) && !math.IsNaN(p.value) && !math.IsNaN(course[i+1].value) {
			i++
			p = sample{p.at.Add(course[i].at.Sub(p.at) / 2), p.value/2 + course[i].value/2}
		}
		out = append(out, p)
	}
	return out
}

// resample divides the time from one moment to another into n equal parts and returns the mean of each, or what lies
// between its neighbours where nothing was read; NaN before the first value, after the last, and in interruptions.
func (s *series) resample(from, to time.Time, n int) []float64 {
	out := make([]float64, n)
	counts := make([]int, n)
	interrupted := make([]bool, n)
	length := max(to.Sub(from), 1)
	for _, p := range s.course {
		if p.at.Before(from) || p.at.After(to) {
			continue
		}
		i := min(int(float64(n)*float64(p.at.Sub(from))/float64(length)), n-1)
		if math.IsNaN(p.value) {
			interrupted[i] = true
			continue
		}
		out[i] += p.value
		counts[i]++
	}
	last := -1 // the part before, from which an empty one can be reached
	for i := range out {
		switch {
		case counts[i] > 0:
			out[i] /= float64(counts[i])
			for j := last + 1; last >= 0 && j < i; j++ {
				out[j] = out[last] + (out[i]-out[last])*float64(j-last)/float64(i-last)
			}
			last = i
		default:
			out[i] = math.NaN()
		}
		if interrupted[i] {
			last = -1
		}
	}
	return out
}

// bar shows where the last value lies in the sensor's range, or else among the values so far.
func (s *series) bar(width int) string {
	low, high := s.low, s.high
	if s.min != nil && s.max != nil {
		low, high = *s.min, *s.max
	}
	if s.last == nil || high <= low {
		return ""
	}
	part := min(max(*s.last/(high-low)-low/(high-low), 0), 1)
	eighths := int(math.Round(part * float64(8*width)))
	bar := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return bar + strings.Repeat(" ", width-len([]rune(bar)))
}

// sparkline shows the last minute, between its own lowest and highest value.
func (s *series) sparkline(now time.Time, width int) string {
	values := s.resample(now.Add(-time.Minute), now, width)
	low, high := math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			low, high = min(low, v), max(high, v)
		}
	}
	levels := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			b.WriteByte(' ')
		case high == low:
			b.WriteRune(levels[0])
		default:
			part := v/(high-low) - low/(high-low)
			b.WriteRune(levels[min(int(part*float64(len(levels))), len(levels)-1)])
		}
	}
	return b.String()
}
