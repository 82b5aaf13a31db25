package series

import (
	"math"
	"slices"
	"time"
)

const (
	maxSamples   = 4096           // that a series keeps; when there are more, the older ones are thinned out
	freshSamples = maxSamples / 4 // the newest ones, which are kept as they are for a view of the last minute
)

// Sample is a value at a time.
type Sample struct {
	Time  time.Time
	Value float64 // NaN: an interruption begins
	n     int     // readings whose mean it is
}

// mean is the mean of readings.
type mean struct {
	value float64
	n     int
}

// add adds n readings with the mean v. Unlike a sum of all values, the mean cannot overflow.
func (m *mean) add(v float64, n int) {
	m.n += n
	share := float64(n) / float64(m.n)
	m.value += v*share - m.value*share
}

// Interrupt says that the sensor's value is not known from now on, until the next reading.
func (s *Series) Interrupt(now time.Time) {
	if n := len(s.samples); n > 0 && !math.IsNaN(s.samples[n-1].Value) {
		s.sample(Sample{now, math.NaN(), 0})
	}
}

func (s *Series) sample(next Sample) {
	if _, last := s.Span(); next.Time.Before(last) {
		next.Time = last // The clock has been set back. Samples stay in the order of time.
	}
	if len(s.samples) == maxSamples {
		s.samples = thin(s.samples)
	}
	s.samples = append(s.samples, next)
}

// thin returns fewer samples. The time of the older ones is divided into equal slots, each of which becomes one or two
// samples: however often a series is thinned out, none of its past is coarser than the rest.
func thin(samples []Sample) []Sample {
	old, fresh := samples[:len(samples)-freshSamples], samples[len(samples)-freshSamples:]
	from, to := old[0].Time, old[len(old)-1].Time
	length := to.Sub(from)/time.Duration(len(old)/3) + 1
	out := make([]Sample, 0, maxSamples)
	for start, end := 0, 0; start < len(old); start = end {
		slot := old[start].Time.Sub(from) / length
		for end < len(old) && old[end].Time.Sub(from)/length == slot {
			end++
		}
		out = merge(out, old[start:end])
	}
	return append(out, fresh...)
}

// merge appends the mean of a slot's values to out, and an interruption if the slot has any: before the mean if the slot
// starts with one, or else after it.
func merge(out, slot []Sample) []Sample {
	var m mean
	var first, last time.Time
	for _, p := range slot {
		if math.IsNaN(p.Value) {
			continue
		}
		if m.n == 0 {
			first = p.Time
		}
		last = p.Time
		m.add(p.Value, p.n)
	}
	leading := math.IsNaN(slot[0].Value)
	interrupted := slices.ContainsFunc(slot, func(p Sample) bool { return math.IsNaN(p.Value) })
	if leading {
		out = append(out, slot[0])
	}
	if m.n > 0 {
		out = append(out, Sample{first.Add(last.Sub(first) / 2), m.value, m.n})
	}
	if interrupted && !leading {
		out = append(out, Sample{slot[len(slot)-1].Time, math.NaN(), 0})
	}
	return out
}

// Span returns the times of the first and the last sample; zero times where no value has come yet.
func (s *Series) Span() (first, last time.Time) {
	if len(s.samples) == 0 {
		return
	}
	return s.samples[0].Time, s.samples[len(s.samples)-1].Time
}

// Parts returns the samples between the interruptions. No part is empty, and none holds NaN. The
// samples are the series' own: they are valid until the next Add or Interrupt.
func (s *Series) Parts() [][]Sample {
	var parts [][]Sample
	start := 0
	for i, p := range s.samples {
		if !math.IsNaN(p.Value) {
			continue
		}
		if start < i {
			parts = append(parts, s.samples[start:i])
		}
		start = i + 1
	}
	if start < len(s.samples) {
		parts = append(parts, s.samples[start:])
	}
	return parts
}

// Resample divides the time between two moments into n equal slots and returns the mean of the values in each. A slot
// in which nothing was read lies on the line between its neighbours; it is NaN before the first value, after the last
// value and in an interruption.
func (s *Series) Resample(from, to time.Time, n int) []float64 {
	if n <= 0 {
		return nil
	}
	slots := make([]mean, n)
	interrupted := make([]bool, n)
	length := max(to.Sub(from), 1)
	for _, p := range s.samples {
		if p.Time.Before(from) || p.Time.After(to) {
			continue
		}
		i := min(int(float64(n)*float64(p.Time.Sub(from))/float64(length)), n-1)
		if math.IsNaN(p.Value) {
			interrupted[i] = true
			continue
		}
		slots[i].add(p.Value, p.n)
	}
	means := make([]float64, n)
	known := -1 // the last slot with values, if no interruption has begun since
	for i, slot := range slots {
		if means[i] = slot.value; slot.n == 0 {
			means[i] = math.NaN()
		} else {
			if known >= 0 {
				connect(means[known : i+1])
			}
			known = i
		}
		if interrupted[i] {
			known = -1
		}
	}
	return means
}

// connect puts all values on a line from the first to the last.
func connect(values []float64) {
	last := len(values) - 1
	first, step := values[0], values[last]/float64(last)-values[0]/float64(last)
	for i := 1; i < last; i++ {
		values[i] = first + step*float64(i)
	}
}
