package number

import (
	"math"
	"testing"
)

func TestExact(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", math.Copysign(0, -1): "0", 1234: "1234", -1.5: "-1.5", 0.001: "0.001", 1.0 / 3: "0.3333333333333333",
		1e14: "100000000000000", 1e20: "1e+20", -1e15: "-1e+15", 1e-15: "0.000000000000001", -1e-300: "-1e-300",
		math.MaxFloat64: "1.7976931348623157e+308", math.SmallestNonzeroFloat64: "5e-324",
	} {
		if got := Exact(v); got != want {
			t.Errorf("Exact(%g) = %q, want %q", v, got, want)
		}
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0", 1234: "1234", 1.0 / 3: "0.333333", 1234567.8: "1234570", -0.00012345678: "-0.000123457", 1e20 / 3: "3.33333e+19",
		math.MaxFloat64: "1.79769e+308", math.NaN(): "NaN",
	} {
		if got := Short(v); got != want {
			t.Errorf("Short(%g) = %q, want %q", v, got, want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 2.5e6: "2.5 MB", 7e9: "7.0 GB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}
