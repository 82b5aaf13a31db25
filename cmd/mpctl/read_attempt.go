package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"mpctl/httpclient"
	"mpctl/internal/boards"
)

// attempt is what reading a board came to. err is set if nothing could be had of what was asked for.
type attempt struct {
	index    int // among the boards of this command
	board    boards.Board
	sensor   string // the one asked for
	readings []httpclient.Reading
	err      error
}

// lacks reports whether the board says itself that it does not have the sensor.
func (t attempt) lacks(sensor string) bool {
	return sensor != "" && t.board.Info != nil && !slices.Contains(t.board.Sensors, sensor)
}

// sensorError is a sensor that its board could not read.
type sensorError struct{ board, sensor, reason string }

func (e *sensorError) Error() string { return fmt.Sprintf("%s: %s: %s", e.board, e.sensor, e.reason) }

// fault is err under the board's name, which an error of the network does not have.
func (t attempt) fault() error {
	if t.board.Addr.IsValid() {
		return fmt.Errorf("%s: %w", t.board.Name, t.err)
	}
	return t.err
}

// failures returns the sensors that failed.
func (t attempt) failures() []error {
	var failed []error
	for _, r := range t.readings {
		if r.Value == nil {
			failed = append(failed, &sensorError{t.board.Name, r.Sensor, r.Error})
		}
	}
	return failed
}

// verdict returns the error that the command fails with: a board that was named and could not be read, or, if there
// was nothing to read at all, the first failure. The others are the remaining failures.
func verdict(attempts []attempt, named bool) (others []error, fatal error) {
	slices.SortStableFunc(attempts, func(x, y attempt) int { return cmp.Compare(x.index, y.index) })
	anyRead := slices.ContainsFunc(attempts, func(t attempt) bool { return len(t.readings) > len(t.failures()) })
	var sensors []error
	for _, t := range attempts {
		sensors = append(sensors, t.failures()...)
		switch {
		case t.err == nil:
		case fatal == nil && (named || !anyRead):
			fatal = t.fault()
		default:
			others = append(others, t.fault())
		}
	}
	if fatal == nil && !anyRead && len(sensors) > 0 {
		fatal, sensors = sensors[0], sensors[1:]
	}
	return append(others, sensors...), fatal
}

// otherSensors are the sensors of the boards that do not have the one asked for.
type otherSensors map[string]bool

func (o otherSensors) add(info *httpclient.Info) {
	for _, s := range info.Sensors {
		o[s.Name] = true
	}
}

// nothingRead is the failure of a read that no board took part in.
func (o otherSensors) nothingRead(sensor string, emptyHint func() string) error {
	if len(o) == 0 {
		return &boards.NothingFoundError{What: "board", Advice: emptyHint()}
	}
	return &boards.NothingFoundError{
		What:   fmt.Sprintf("sensor %q", sensor),
		Advice: "there is: " + strings.Join(slices.Sorted(maps.Keys(o)), ", "),
	}
}
