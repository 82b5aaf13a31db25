package main

import (
	"fmt"
	"math"
	"regexp"
	"strconv"

	"mpctl/httpclient"
	"mpctl/internal/number"
)

// condition is what --until waits for: light>2000.
type condition struct {
	sensor, op string
	limit      float64
}

// A sensor's name may hold anything but what the operators are made of.
var conditionForm = regexp.MustCompile(`^\s*([^<>=!\s]+)\s*(>=|<=|==|!=|>|<)\s*([^<>=!\s]+)\s*$`)

func parseCondition(text string) (condition, error) {
	fault := usageError{
		msg:  fmt.Sprintf("--until %q is no condition", text),
		hint: "a condition is SENSOR OP NUMBER in quotes, like 'light>2000'; OP is one of > >= < <= == !=",
	}
	parts := conditionForm.FindStringSubmatch(text)
	if parts == nil {
		return condition{}, fault
	}
	limit, err := strconv.ParseFloat(parts[3], 64)
	if err != nil || math.IsNaN(limit) {
		return condition{}, fault
	}
	return condition{parts[1], parts[2], limit}, nil
}

func (c condition) String() string { return c.sensor + c.op + number.Exact(c.limit) }

// holds reports whether a reading makes the condition true.
func (c condition) holds(r httpclient.Reading) bool {
	if r.Sensor != c.sensor || r.Value == nil {
		return false
	}
	v := *r.Value
	switch c.op {
	case ">":
		return v > c.limit
	case ">=":
		return v >= c.limit
	case "<":
		return v < c.limit
	case "<=":
		return v <= c.limit
	case "==":
		return v == c.limit
	}
	return v != c.limit
}

// conditionError is a condition that did not become true while it was watched.
type conditionError struct {
	condition condition
	within    string // 10s, 5 readings
	last      string // what was read last, if anything
}

func (e *conditionError) Error() string {
	return fmt.Sprintf("%s did not become true within %s", e.condition, e.within)
}

func (e *conditionError) Hint() string {
	if e.last == "" {
		return "no board has sent a reading of " + e.condition.sensor
	}
	return "the last reading was " + e.last
}
