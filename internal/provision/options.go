package provision

import (
	"fmt"
	"strings"

	"mpctl/internal/identity"
)

// Options say what a board is to become. Their zero value brings the firmware up to date and changes no setting.
type Options struct {
	Credentials Credentials // the network to join
	NoWiFi      bool        // leave the board's WiFi alone
	Name        string      // of the board; empty: the one it has, else mpy- and the last 6 digits of its id
	LightPin    *int        // GPIO of a light sensor; nil: as it is
}

// Credentials are a WiFi network and its password, as far as they are known. What is missing is asked for when the
// board can say which networks it hears.
type Credentials struct {
	SSID          string // empty: a network that the board knows, else one that is asked for
	Password      Secret // empty: an open network
	PasswordKnown bool   // else Password is asked for
}

// Secret is text that no format prints.
type Secret string

func (Secret) String() string   { return redacted }
func (Secret) GoString() string { return redacted }

const redacted = "(secret)"

// redact replaces the secret in a text.
func (s Secret) redact(text string) string {
	if s == "" {
		return text
	}
	return strings.ReplaceAll(text, string(s), redacted)
}

// CheckName returns an *OptionError for what cannot be a board's name.
func CheckName(name string) error {
	if !identity.IsName(name) {
		return &OptionError{fmt.Sprintf("%q cannot be a board's name", name), "a name has 1 to 24 of a-z, 0-9 and hyphens, not first or last, like desk or window-2"}
	}
	return nil
}

// maxPin is above every GPIO number of the supported chips. Only the board knows which of them can measure.
const maxPin = 64

const maxSSID = 32 // bytes, IEEE 802.11-2020 §9.4.2.2

// Limits of a WPA passphrase, IEEE 802.11-2020 §J.4.1.
const (
	minPassword = 8
	maxPassword = 63
)

// Check returns an *OptionError for what can be seen to be wrong without a board.
func (o Options) Check() error {
	if o.Name != "" {
		if err := CheckName(o.Name); err != nil {
			return err
		}
	}
	if o.LightPin != nil && (*o.LightPin < 0 || *o.LightPin > maxPin) {
		return &OptionError{fmt.Sprintf("there is no GPIO %d", *o.LightPin), "give the number of the pin that the sensor is at, like --light-pin 34"}
	}
	if o.Credentials.SSID != "" {
		if err := CheckSSID(o.Credentials.SSID); err != nil {
			return err
		}
	}
	return CheckPassword(o.Credentials.Password)
}

// CheckSSID returns an *OptionError for what cannot be a network's name.
func CheckSSID(ssid string) error {
	if n := len(ssid); n < 1 || n > maxSSID {
		return &OptionError{fmt.Sprintf("a network's name has 1 to %d bytes, not %d", maxSSID, n), "is there a typing mistake in it?"}
	}
	return nil
}

// CheckPassword returns an *OptionError for what cannot be a WiFi password. The empty one is that of an open network.
func CheckPassword(p Secret) error {
	if n := len(p); n != 0 && (n < minPassword || n > maxPassword) {
		return &OptionError{fmt.Sprintf("a WiFi password has %d to %d characters, not %d", minPassword, maxPassword, n), "an empty one means an open network"}
	}
	return nil
}
