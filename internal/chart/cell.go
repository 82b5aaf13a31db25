package chart

import (
	"math"
	"strings"
	"time"

	"mpctl/internal/series"
)

const sparklineSpan = time.Minute

// Bar returns width columns that show where the last value lies in the sensor's range, or else among all values so far.
// It returns an empty string where there is no value, or no range.
func Bar(s *series.Series, width int) string {
	whole := scale{s.Low, s.High}
	if s.RangeMin != nil && s.RangeMax != nil {
		whole = scale{*s.RangeMin, *s.RangeMax}
	}
	if s.Last == nil || whole.high <= whole.low {
		return ""
	}
	eighths := int(math.Round(whole.share(*s.Last) * float64(8*width)))
	bar := strings.Repeat("█", eighths/8)
	columns := eighths / 8
	if rest := eighths % 8; rest > 0 {
		bar += string([]rune("▏▎▍▌▋▊▉")[rest-1])
		columns++
	}
	return bar + strings.Repeat(" ", width-columns)
}

// Sparkline returns width columns that show the last minute, between its own lowest and highest value.
func Sparkline(s *series.Series, now time.Time, width int) string {
	values := s.Resample(now.Add(-sparklineSpan), now, width)
	whole := scale{math.Inf(1), math.Inf(-1)}
	for _, v := range values {
		if !math.IsNaN(v) {
			whole = scale{min(whole.low, v), max(whole.high, v)}
		}
	}
	levels := []rune("▁▂▃▄▅▆▇█")
	var line strings.Builder
	for _, v := range values {
		switch {
		case math.IsNaN(v):
			line.WriteByte(' ')
		case whole.low == whole.high:
			line.WriteRune(levels[0])
		default:
			line.WriteRune(levels[min(int(whole.share(v)*float64(len(levels))), len(levels)-1)])
		}
	}
	return line.String()
}
