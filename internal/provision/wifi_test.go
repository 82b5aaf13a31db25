package provision

import (
	"strings"
	"testing"
)

func TestRejection(t *testing.T) {
	heard := []WiFi{{SSID: "classroom", RSSI: -40}, {SSID: "classroom-guest"}, {SSID: "staff"}}
	for _, tt := range []struct {
		ssid      string
		e         evidence
		msg, hint string
	}{
		{"home", evidence{Reason: "wrong_password", RSSI: pointer(-86), Status: pointer(202)}, `joining "home": the password is wrong (the board's WiFi status is 202)`, "-86 dBm, which is weak"},
		{"clasroom", evidence{Reason: "not_found"}, "hears no network of that name", `did you mean "classroom"? boards hear 2.4 GHz`},
		{"classroom-5G", evidence{Reason: "not_found"}, "hears no network of that name", `did you mean "classroom"?`},
		{"garden", evidence{Reason: "not_found"}, "hears no network of that name", `it hears "classroom", "classroom-guest", "staff"`},
		{"home", evidence{Reason: "no_address"}, "was given no address", "DHCP"},
		{"home", evidence{Reason: "enterprise"}, "WPA2-Enterprise", "hotspot"},
		{"home", evidence{Reason: "refused"}, "refused", "WPA3"},
		{"home", evidence{Reason: "unknown"}, "did not get in", "try again"},
	} {
		err := rejection(tt.ssid, tt.e, heard)
		if !strings.Contains(err.Error(), tt.msg) || !strings.Contains(err.Hint(), tt.hint) {
			t.Errorf("%s: %q, hint %q; want %q, %q", tt.e.Reason, err, err.Hint(), tt.msg, tt.hint)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"Home", "hoME", 0}, {"kitten", "sitting", 3}, {"掌控", "掌控板", 1}} {
		if got := distance(tt.a, tt.b); got != tt.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

func pointer[T any](v T) *T { return &v }
