package series

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"mpctl/internal/identity"
)

func TestSet(t *testing.T) {
	var set Set
	lab, desk := Board{Key: "b", ID: "b", Name: "lab"}, Board{Key: "a", ID: "a", Name: "desk"}
	light := set.Get(lab, "light")
	for _, sensor := range []string{"temp", "light"} {
		set.Get(desk, sensor)
	}
	set.Get(lab, "sound")
	if got := names(set.All()); got != "lab light, lab sound, desk temp, desk light" {
		t.Errorf("all: %s", got)
	}
	if got := names(set.Of("a")); got != "desk temp, desk light" {
		t.Errorf("one board: %s", got)
	}
	if got := names(set.Of("c")); got != "" {
		t.Errorf("a board that has sent nothing: %s", got)
	}
	lab.Name = "kitchen"
	if again := set.Get(lab, "light"); again != light || light.Board != lab {
		t.Errorf("a board with a new name: %+v, want the series it had", again)
	}
}

func names(all []*Series) string {
	var out []string
	for _, s := range all {
		out = append(out, s.Board.Name+" "+s.Sensor)
	}
	return strings.Join(out, ", ")
}

// A board that makes up ever more sensors gets no more memory, and takes none from the others.
func TestSetLimit(t *testing.T) {
	var set Set
	hostile := Board{Key: "a"}
	for i := range 10 * identity.MaxSensors {
		if s := set.Get(hostile, fmt.Sprint(i)); (s == nil) != (i >= identity.MaxSensors) {
			t.Fatalf("sensor %d: %+v", i, s)
		}
	}
	if set.Get(hostile, "0") == nil {
		t.Error("a sensor that it had is lost")
	}
	if set.Get(Board{Key: "b"}, "light") == nil {
		t.Error("another board gets no series")
	}
}

func TestSetInterrupt(t *testing.T) {
	var set Set
	light, sound, other := set.Get(Board{Key: "a"}, "light"), set.Get(Board{Key: "a"}, "sound"), set.Get(Board{Key: "b"}, "light")
	for _, s := range []*Series{light, other} {
		s.Add(noon, reading(1))
	}
	set.Interrupt("a", noon)
	set.Interrupt("a", noon)
	set.Interrupt("c", noon)
	if len(light.samples) != 2 || !math.IsNaN(light.samples[1].Value) || len(sound.samples) != 0 || len(other.samples) != 1 {
		t.Errorf("%v, %v, %v", light.samples, sound.samples, other.samples)
	}
}
