package serialio

import (
	"slices"
	"testing"
)

func TestRank(t *testing.T) {
	ports := []Port{
		{Path: "/dev/ttyACM3", VID: "1d6b", PID: "0001"},
		{Path: "/dev/ttyUSB10", VID: "10c4", PID: "ea60"},
		{Path: "/dev/ttyUSB2", VID: "1a86", PID: "7523"},
		{Path: "/dev/ttyACM1", VID: "2e8a", PID: "000a"},
		{Path: "/dev/ttyACM0", VID: "303a", PID: "8123"},
	}
	rank(ports)
	var got []string
	for _, p := range ports {
		got = append(got, p.Path)
	}
	want := []string{"/dev/ttyACM0", "/dev/ttyUSB2", "/dev/ttyUSB10", "/dev/ttyACM1", "/dev/ttyACM3"}
	if !slices.Equal(got, want) {
		t.Fatalf("order = %q, want %q", got, want)
	}
}

func TestKindOf(t *testing.T) {
	for id, want := range map[[2]string]string{
		{"1a86", "55d4"}: "CH9102",
		{"303a", "1001"}: "ESP32 USB-Serial/JTAG",
		{"303a", "ffff"}: "Espressif",
		{"dead", "beef"}: "",
	} {
		if got, _ := kindOf(id[0], id[1]); got != want {
			t.Errorf("kindOf(%v) = %q, want %q", id, got, want)
		}
	}
}
