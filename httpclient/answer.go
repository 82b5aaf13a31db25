package httpclient

import (
	"encoding/json"
	"errors"
	"fmt"

	"mpctl/internal/identity"
)

const apiVersion = 1

// Info is what GET /api/info says.
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

// WiFi is the board's connection. RSSI is in dBm, nil if unknown.
type WiFi struct {
	SSID string `json:"ssid"`
	RSSI *int   `json:"rssi"`
}

// Sensor is a sensor a board has. Min and Max are the ends of its range, nil if it has none.
type Sensor struct {
	Name string   `json:"name"`
	Unit string   `json:"unit"`
	Min  *float64 `json:"min"`
	Max  *float64 `json:"max"`
}

// Reading is one value. Value is nil when the sensor failed; Error says why.
type Reading struct {
	Sensor   string   `json:"sensor"`
	Value    *float64 `json:"value"`
	Unit     string   `json:"unit"`
	Min      *float64 `json:"min"`
	Max      *float64 `json:"max"`
	Error    string   `json:"error"`
	UptimeMS int64    `json:"uptime_ms"` // when it was read, on the board's clock
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
	var answer struct {
		Readings *[]Reading `json:"readings"`
		UptimeMS int64      `json:"uptime_ms"`
	}
	if err := decode(data, &answer); err != nil {
		return nil, err
	}
	if answer.Readings == nil {
		return nil, errors.New("it has no readings")
	}
	readings := *answer.Readings
	if len(readings) > identity.MaxSensors {
		return nil, fmt.Errorf("it has %d readings", len(readings))
	}
	for i := range readings {
		if err := readings[i].check(); err != nil {
			return nil, err
		}
		readings[i].UptimeMS = answer.UptimeMS
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

// decode refuses anything but one JSON value of the right shape. The decoder's own words name Go types, which
// mean nothing to whoever reads them.
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
