package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"mpctl/internal/identity"
	"mpctl/serialio"
)

const (
	settingsPath = "/mpctl.json"
	maxSettings  = 16 << 10 // bytes; a larger file is not read
)

// settings are the board's /mpctl.json. Keys that mpctl does not know are kept with their values.
type settings map[string]json.RawMessage

// readSettings reads the board's settings. They are empty if there is no such file, or no JSON object in it.
func readSettings(ctx context.Context, r *serialio.REPL) (settings, error) {
	data, ok, err := serialio.ReadFile(ctx, r, settingsPath, maxSettings)
	if err != nil || !ok {
		return settings{}, err
	}
	return parseSettings(data), nil
}

func parseSettings(data []byte) settings {
	s := settings{}
	if json.Unmarshal(data, &s) != nil || s == nil {
		return settings{}
	}
	return s
}

// isSettings reports whether data can be merged. A file that cannot is kept beside the new settings.
func isSettings(data []byte) bool {
	var s settings
	return json.Unmarshal(data, &s) == nil && s != nil
}

// name is the board's name, empty if there is none or a bad one.
func (s settings) name() string {
	var name string
	if json.Unmarshal(s["name"], &name) != nil || !identity.IsName(name) {
		return ""
	}
	return name
}

// port is where the board serves HTTP.
func (s settings) port() uint16 {
	var port uint16
	if json.Unmarshal(s["port"], &port) != nil || port == 0 {
		return identity.DefaultPort
	}
	return port
}

func (s settings) set(key string, value any) error {
	data, err := plainJSON(value)
	s[key] = data
	return err
}

// addNetwork puts a network before those that are known already, and removes others of the same name.
func (s settings) addNetwork(ssid string, password Secret) error {
	added, err := plainJSON(map[string]string{"ssid": ssid, "password": string(password)})
	if err != nil {
		return err
	}
	networks := []json.RawMessage{added}
	var known []json.RawMessage
	_ = json.Unmarshal(s["wifi"], &known) // In another shape there are no known networks.
	for _, entry := range known {
		var n struct {
			SSID string `json:"ssid"`
		}
		if json.Unmarshal(entry, &n) == nil && n.SSID != "" && n.SSID != ssid {
			networks = append(networks, entry)
		}
	}
	return s.set("wifi", networks)
}

// setLightPin names the pin of the light sensor, beside whatever else is set for the sensors.
func (s settings) setLightPin(pin int) error {
	sensors := parseSettings(s["sensors"])
	light := parseSettings(sensors["light"])
	if err := light.set("pin", pin); err != nil {
		return err
	}
	if err := sensors.set("light", light); err != nil {
		return err
	}
	return s.set("sensors", sensors)
}

// hasNetwork reports whether that network, with that password, is the first of those that are known.
func (s settings) hasNetwork(ssid string, password Secret) bool {
	networks := s.networks()
	return len(networks) > 0 && networks[0].SSID == ssid && networks[0].Password == string(password)
}

type knownNetwork struct {
	SSID     string `json:"ssid"`
	Password string `json:"password"`
}

// networks are the named ones of those that the board knows.
func (s settings) networks() []knownNetwork {
	var entries []json.RawMessage
	_ = json.Unmarshal(s["wifi"], &entries)
	var networks []knownNetwork
	for _, entry := range entries {
		var n knownNetwork
		if json.Unmarshal(entry, &n) == nil && n.SSID != "" {
			networks = append(networks, n)
		}
	}
	return networks
}

// equal reports whether both have the same values, in whatever order and with whatever blanks their files have them.
func (s settings) equal(other settings) bool {
	ours, err := plainJSON(s)
	theirs, otherErr := plainJSON(other)
	return err == nil && otherErr == nil && bytes.Equal(ours, theirs)
}

// merge carries out the options for the board with that id. The network to join is c's, if c has one.
func (s settings) merge(o Options, id string, c Credentials) error {
	name := o.Name
	if name == "" {
		name = s.name()
	}
	if name == "" {
		name = identity.DefaultName(id)
	}
	if err := s.set("v", 1); err != nil {
		return err
	}
	if err := s.set("name", name); err != nil {
		return err
	}
	if _, ok := s["port"]; !ok {
		s["port"] = json.RawMessage("80")
	}
	if o.LightPin != nil {
		if err := s.setLightPin(*o.LightPin); err != nil {
			return err
		}
	}
	if c.SSID == "" {
		return nil
	}
	return s.addNetwork(c.SSID, c.Password)
}

// file is the settings as the board's file.
func (s settings) file() (serialio.File, error) {
	data, err := plainJSON(s)
	if err != nil {
		return serialio.File{}, fmt.Errorf("writing the settings: %w", err)
	}
	return serialio.File{Path: settingsPath, Data: data, Keep: func(old []byte) bool { return !isSettings(old) }}, nil
}

// plainJSON is JSON without the escapes for HTML, so that whoever edits the file can read the password.
func plainJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
