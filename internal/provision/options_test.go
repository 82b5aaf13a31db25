package provision

import (
	"fmt"
	"strings"
	"testing"

	"mpctl/serialio"
)

func TestOptionsCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		o    Options
		want string // in the error; empty: there is none
	}{
		"nothing":        {},
		"everything":     {o: Options{Credentials: Credentials{"home", "12345678", true}, Name: "desk", LightPin: pointer(0)}},
		"open network":   {o: Options{Credentials: Credentials{SSID: "home", PasswordKnown: true}}},
		"short password": {o: Options{Credentials: Credentials{"home", "1234567", true}}, want: "8 to 63"},
		"long password":  {o: Options{Credentials: Credentials{"home", Secret(strings.Repeat("x", 64)), true}}, want: "8 to 63"},
		"long network":   {o: Options{Credentials: Credentials{SSID: strings.Repeat("ä", 17)}}, want: "1 to 32 bytes"},
		"bad name":       {o: Options{Name: "-desk"}, want: `"-desk" cannot be a board's name`},
		"long name":      {o: Options{Name: strings.Repeat("x", 25)}, want: "cannot be a board's name"},
		"no such pin":    {o: Options{LightPin: pointer(65)}, want: "there is no GPIO 65"},
		"negative pin":   {o: Options{LightPin: pointer(-1)}, want: "there is no GPIO -1"},
	} {
		err := tt.o.Check()
		if tt.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !isA[*OptionError](err) || !strings.Contains(err.Error(), tt.want) || err.(*OptionError).Hint() == "" {
			t.Errorf("%s: %v, want an OptionError with %q and a hint", name, err, tt.want)
		}
		if strings.Contains(fmt.Sprint(err), "1234567") {
			t.Errorf("%s: the error holds the password", name)
		}
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	const password = "chalk and cheese"
	c := Credentials{"home", password, true}
	o := Options{Credentials: c, Name: "desk"}
	target := &Target{port: serialio.Port{Path: "/dev/x"}, secrets: []Secret{password}, settings: settings{"wifi": []byte(`"chalk and cheese"`)}}
	for _, value := range []any{c.Password, c, &c, o, Plan{Options: o}, target, Started{Target: target}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			text := fmt.Sprintf(verb, value)
			if strings.Contains(text, password) || strings.Contains(text, fmt.Sprintf("%x", password)) {
				t.Errorf("%s of %T: %s", verb, value, text)
			}
		}
	}
	if text := target.redact("ValueError: chalk and cheese"); text != "ValueError: (secret)" {
		t.Errorf("redacted: %s", text)
	}
}

func TestShortSecretsStayInTheText(t *testing.T) {
	target := &Target{}
	target.hide("")
	target.hide("e")
	if text := target.redact("the text"); text != "the text" {
		t.Errorf("redacted: %s", text)
	}
}

func TestDescribePort(t *testing.T) {
	for _, tt := range []struct {
		port serialio.Port
		want string
	}{
		{serialio.Port{Path: "/dev/x"}, "/dev/x"},
		{serialio.Port{Path: "/dev/x", VID: "10c4", PID: "ea60", Kind: "CP210x", Serial: "01"}, "/dev/x (CP210x, 10c4:ea60, 01)"},
	} {
		if got := DescribePort(tt.port); got != tt.want {
			t.Errorf("DescribePort(%+v) = %q, want %q", tt.port, got, tt.want)
		}
	}
}
