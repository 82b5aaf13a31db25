// Package number writes numbers for people and scripts.
package number

import (
	"fmt"
	"math"
	"strconv"
)

// A number from largest on, or closer to zero than smallest, is written with an exponent: all of its zeros would make it
// up to 300 characters long.
const largest, smallest = 1e15, 1e-15

// Exact returns v with all of its digits.
func Exact(v float64) string {
	size := math.Abs(v)
	switch {
	case size == 0:
		return "0" // even where v is negative zero
	case size >= largest, size < smallest:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// Short returns v rounded to six significant digits, for a mean or a label: more would mean nothing.
func Short(v float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64) // Six digits of the largest number are below it.
	return Exact(rounded)
}

// Bytes returns a number of bytes in the unit that suits it: 1.5 kB.
func Bytes(n int64) string {
	switch {
	case n < 1e3:
		return fmt.Sprintf("%d B", n)
	case n < 1e6:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	case n < 1e9:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(n)/1e9)
}
