package chart

import (
	"math"
	"testing"
)

func TestRounded(t *testing.T) {
	for _, c := range []struct {
		from, to scale
		steps    int
	}{
		{scale{1, 4}, scale{1, 4}, 6},
		{scale{0, 4095}, scale{0, 5000}, 5},
		{scale{-0.3, 21.5}, scale{-5, 25}, 6},
		{scale{20, 20.001}, scale{20, 20.001}, 5},
		{scale{1e15, 1e15 + 2}, scale{1e15, 1e15 + 2}, 4},
		{scale{-math.MaxFloat64, math.MaxFloat64}, scale{-math.MaxFloat64, math.MaxFloat64}, stepsOfOther},
		{scale{0, math.SmallestNonzeroFloat64}, scale{0, math.SmallestNonzeroFloat64}, stepsOfOther},
	} {
		if got, steps := c.from.rounded(); got != c.to || steps != c.steps {
			t.Errorf("%v: %v in %d steps, want %v in %d", c.from, got, steps, c.to, c.steps)
		}
	}
}

// Whatever numbers boards send, each has a place on the scale, and each place has a finite number.
func FuzzScale(f *testing.F) {
	for _, v := range []float64{0, 1, -1e-300, math.SmallestNonzeroFloat64, 1e15, math.MaxFloat64, -math.MaxFloat64} {
		f.Add(v, 0., 0.)
		f.Add(v, 4095., v)
		f.Add(-v, v, v/2)
	}
	f.Fuzz(func(t *testing.T, low, high, v float64) {
		for _, n := range []float64{low, high, v} {
			if math.IsNaN(n) || math.IsInf(n, 0) {
				t.Skip("JSON has no such number")
			}
		}
		s := scale{min(low, high), max(low, high)}.widened()
		if !(s.low < s.high) || s.low > low || s.high < high {
			t.Fatalf("%g and %g are on %v", low, high, s)
		}
		round, steps := s.rounded()
		if round.low > s.low || round.high < s.high || steps < 1 || steps > maxSteps {
			t.Fatalf("%v becomes %v in %d steps", s, round, steps)
		}
		for _, s := range []scale{s, round} {
			share := s.share(v)
			if !(share >= 0 && share <= 1) || s.share(s.low) != 0 || s.share(s.high) != 1 {
				t.Fatalf("%g is at %g of %v, its ends at %g and %g", v, share, s, s.share(s.low), s.share(s.high))
			}
			for _, part := range []float64{0, 0.3, 1} {
				if there := s.value(part); math.IsNaN(there) || math.IsInf(there, 0) {
					t.Fatalf("%g is at %g of %v", there, part, s)
				}
			}
		}
	})
}
