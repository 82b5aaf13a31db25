package chart

import "math"

const (
	maxSteps     = 10 // of a scale of round numbers
	stepsOfOther = 4  // of a scale that has none
)

// scale is an axis of values. Boards send numbers as large and as small as numbers get: its methods neither overflow nor
// divide by zero.
type scale struct{ low, high float64 }

// widened returns a scale that is not empty.
func (s scale) widened() scale {
	if s.low < s.high {
		return s
	}
	low, high := s.low-1, s.high+1
	if low == high { // The numbers are so large that adding one changes nothing.
		size := math.Abs(s.low) / 2
		low, high = s.low-size, s.high+size
	}
	return scale{max(low, -math.MaxFloat64), min(high, math.MaxFloat64)}
}

// share returns where on the scale a value lies: from 0, at its low end or below, to 1.
func (s scale) share(v float64) float64 {
	length := s.high - s.low
	if math.IsInf(length, 0) {
		return clamp((v/2 - s.low/2) / (s.high/2 - s.low/2))
	}
	return clamp((v - s.low) / length)
}

func clamp(share float64) float64 { return min(max(share, 0), 1) }

// value returns the value at a share of the scale.
func (s scale) value(share float64) float64 { return s.low*(1-share) + s.high*share }

// rounded returns a scale with round numbers at its ends, which holds s, and how many equal steps lead from one end to
// the other over round numbers. Near the limits of what a number can be there are none: then s stays as it is.
func (s scale) rounded() (round scale, steps int) {
	step := roundStep((s.high/2 - s.low/2) / 3)
	round = scale{math.Floor(s.low/step) * step, math.Ceil(s.high/step) * step}
	if !(round.low <= s.low && s.high <= round.high) || math.IsInf(round.high-round.low, 0) {
		return s, stepsOfOther
	}
	return round, int(min(max(math.Round((round.high-round.low)/step), 1), maxSteps))
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
