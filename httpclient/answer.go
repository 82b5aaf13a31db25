package httpclient

import (
	"encoding/json"
	"errors"
	"fmt"

	"mpctl/internal/identity"
)

const apiVersion = 1

// Info is the answer to GET /api/info.
type Info struct {
	API         int      `json:"api"`
	Name        string   `json:"name"`
	ID          string   `json:"id"` // lower hex
	Board       string   `json:"board"`
	Firmware    string   `json:"fw"`
	MicroPython string   `json:"micropython"`
	UptimeS     int64    `json:"uptime_s"`
	HeapFree    int64    `json:"heap_free"` // bytes
	IP          string   `json:"ip"`
	Port        int      `json:"port"`
	WiFi        WiFi     `json:"wifi"`
	Sensors     []Sensor `json:"sensors"`
}

// WiFi is a board's connection to an access point.
type WiFi struct {
	SSID string `json:"ssid"`
	RSSI *int   `json:"rssi"` // dBm; nil if unknown
}

// Sensor describes a sensor of a board. Min and Max limit its values; nil if the sensor has no range.
type Sensor struct {
	Name string   `json:"name"`
	Unit string   `json:"unit"`
	Min  *float64 `json:"min"`
	Max  *float64 `json:"max"`
}

// Reading is one measurement of a sensor.
type Reading struct {
	Sensor   string   `json:"sensor"`
	Value    *float64 `json:"value"` // nil when the sensor failed; Error then holds the reason
	Unit     string   `json:"unit"`
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Error    string   `json:"error"`
	UptimeMS int64    `json:"uptime_ms"` // time of the reading: milliseconds since the board started
}

func decodeInfo(data []byte) (Info, error) {
	var i Info
	if err := decode(data, &i); err != nil {
		return Info{}, err
	}
	switch {
	case i.API < apiVersion:
		return Info{}, fmt.Errorf("it has no API version")
	case i.Name == "" || len(i.Name) > identity.MaxText:
		return Info{}, fmt.Errorf("its name is %d bytes long", len(i.Name))
	case !identity.IsID(i.ID):
		return Info{}, fmt.Errorf("its id is no hex number")
	case i.Port < 0 || i.Port > 0xffff:
		return Info{}, fmt.Errorf("its port is %d", i.Port)
	case len(i.Sensors) > identity.MaxSensors:
		return Info{}, fmt.Errorf("it has %d sensors", len(i.Sensors))
	}
	for _, s := range i.Sensors {
		if s.Name == "" || len(s.Name) > identity.MaxText {
			return Info{}, fmt.Errorf("a sensor's name is %d bytes long", len(s.Name))
		}
	}
	return i, nil
}

func decodeReading(data []byte) (Reading, error) {
	var r Reading
	if err := decode(data, &r); err != nil {
		return Reading{}, err
	}
	return r, r.check()
}

func decodeReadings(data []byte) ([]Reading, error) {
	var document struct {
		Readings *[]Reading `json:"readings"`
		UptimeMS int64      `json:"uptime_ms"`
	}
	if err := decode(data, &document); err != nil {
		return nil, err
	}
	if document.Readings == nil {
		return nil, errors.New("it has no readings")
	}
	readings := *document.Readings
	if len(readings) > identity.MaxSensors {
		return nil, fmt.Errorf("it has %d readings", len(readings))
	}
	for i := range readings {
		if err := readings[i].check(); err != nil {
			return nil, err
		}
		readings[i].UptimeMS = document.UptimeMS
	}
	return readings, nil
}

func (r *Reading) check() error {
	r.Error = clip(r.Error)
	switch {
	case r.Sensor == "" || len(r.Sensor) > identity.MaxText:
		return fmt.Errorf("a sensor's name is %d bytes long", len(r.Sensor))
	case r.Value == nil && r.Error == "":
		return fmt.Errorf("sensor %q has neither value nor error", r.Sensor)
	}
	return nil
}

// decode accepts only a single JSON value of the right shape. It replaces the errors of encoding/json, which name Go
// types: those mean nothing to users.
func decode(data []byte, into any) error {
	err := json.Unmarshal(data, into)
	var shape *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &shape) && shape.Field != "":
		return fmt.Errorf("its %s is a %s", shape.Field, shape.Value)
	}
	return errors.New("it is not the JSON of the API")
}
