package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"mpctl/internal/identity"
	"mpctl/serialio"
)

const (
	configPath  = "/mpctl.json"
	configLimit = 16 << 10 // bytes of a board's settings that are read
)

// settings are the board's /mpctl.json. What mpctl does not know is kept as it is.
type settings map[string]json.RawMessage

// readSettings reads the board's settings; none if there are none, or if they are no JSON object.
func readSettings(ctx context.Context, r *serialio.REPL) (settings, error) {
	data, ok, err := serialio.ReadFile(ctx, r, configPath, configLimit)
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

// isSettings tells whether data can be merged; what cannot is kept beside the new settings.
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

// set puts a value in.
func (s settings) set(key string, value any) error {
	data, err := plainJSON(value)
	s[key] = data
	return err
}

// addNetwork puts a network before those that are known already. Of the same name there is only this one then.
func (s settings) addNetwork(ssid string, password secret) error {
	added, err := plainJSON(map[string]string{"ssid": ssid, "password": string(password)})
	if err != nil {
		return err
	}
	networks := []json.RawMessage{added}
	var known []json.RawMessage
	_ = json.Unmarshal(s["wifi"], &known) // of another shape: nothing known
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

// hasNetwork tells whether that network, with that password, is the first of those that are known.
func (s settings) hasNetwork(ssid string, password secret) bool {
	networks := s.networks()
	return len(networks) > 0 && networks[0].SSID == ssid && networks[0].Password == string(password)
}

type knownNetwork struct {
	SSID     string `json:"ssid"`
	Password string `json:"password"`
}

// networks are those that the board knows. What has no name is none.
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

// equal tells whether both say the same, whatever the order and the blanks of their files.
func (s settings) equal(other settings) bool {
	ours, err := plainJSON(s)
	theirs, otherErr := plainJSON(other)
	return err == nil && otherErr == nil && bytes.Equal(ours, theirs)
}

// merge carries out the options, and the network that is to be joined if c names one.
func (s settings) merge(o provisionOptions, id string, c credentials) error {
	name := o.name
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
	if o.lightPin >= 0 {
		if err := s.setLightPin(o.lightPin); err != nil {
			return err
		}
	}
	if c.ssid == "" {
		return nil
	}
	return s.addNetwork(c.ssid, c.password)
}

// file is the settings as the board's file.
func (s settings) file() (serialio.File, error) {
	data, err := plainJSON(s)
	if err != nil {
		return serialio.File{}, fmt.Errorf("writing the settings: %w", err)
	}
	return serialio.File{Path: configPath, Data: data, Keep: func(old []byte) bool { return !isSettings(old) }}, nil
}

// plainJSON is JSON without the escapes for HTML: a password stays readable for whoever edits the file.
func plainJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
