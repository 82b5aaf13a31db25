package main

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/remembered"
	"mpctl/serialio"
)

var listed = discover.Board{
	Name: "desk", Host: "desk.local", ID: "a1b2c3d4e5f6", Addr: netip.MustParseAddr("192.0.2.7"), Port: 8080,
	Model: "esp32", Firmware: "1.0", Sensors: []string{"light"}, Verified: true,
	Answer: lsAnswer{
		&httpclient.Info{UptimeS: 3725, WiFi: httpclient.WiFi{RSSI: ptr(-61)}, Sensors: []httpclient.Sensor{{Name: "light"}, {Name: "temp"}}},
		ptr(1234.),
	},
}

var desk = board{Board: listed, info: listed.Answer.(lsAnswer).info}

// silent is the board without an answer.
func silent(b discover.Board) discover.Board {
	b.Verified, b.Answer, b.Err = false, nil, &httpclient.RefusedError{Addr: "192.0.2.7:8080"}
	return b
}

func announced(b discover.Board) discover.Board {
	b.Verified, b.Answer = false, nil
	return b
}

func ptr[T any](v T) *T { return &v }

func TestLsJSON(t *testing.T) {
	for _, c := range []struct {
		name string
		row  lsRow
		want string
	}{
		{"verified", networkRow(listed), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light","temp"],"usb":null,"alive":true,"light":1234,"rssi":-61,"uptime_s":3725}`},
		{"silent", networkRow(silent(listed)), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light"],"usb":null,"alive":false,"light":null,"rssi":null,"uptime_s":null}`},
		{"announced", networkRow(announced(listed)), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light"],"usb":null,"alive":null,"light":null,"rssi":null,"uptime_s":null}`},
		{"USB", addPorts(nil, []serialio.Port{{Path: "/dev/ttyUSB0", Product: "CP2102"}}, nil)[0], `{"name":null,"id":null,"address":null,"port":null,"board":null,"fw":null,` +
			`"sensors":null,"usb":"/dev/ttyUSB0","alive":null,"light":null,"rssi":null,"uptime_s":null}`},
	} {
		got, err := json.Marshal(c.row)
		if diff := cmp.Diff(c.want, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %s %v", c.name, diff, err)
		}
	}
}

func TestLsText(t *testing.T) {
	row := networkRow(listed)
	if diff := cmp.Diff([]string{"desk", "192.0.2.7:8080", "esp32", "1.0", "1234", "-61 dBm", "1h 2m", ""}, row.cells(true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"desk", "192.0.2.7:8080", "esp32", "1.0", "1234", "-61", "3725", ""}, row.cells(false)); diff != "" {
		t.Error(diff)
	}
	if got := networkRow(silent(listed)).cells(true)[6]; got != "no answer" {
		t.Errorf("uptime of a silent board = %q", got)
	}
}

func TestPortJoinsItsBoard(t *testing.T) {
	memory := []remembered.Board{
		{ID: "0badc0ffee01", Name: "lamp", USB: remembered.Port{Path: "/dev/ttyUSB0", Device: "10c4:ea60", Serial: "0001"}},
		{ID: "0badc0ffee02", Name: "shelf", USB: remembered.Port{Path: "/dev/ttyUSB3", Device: "10c4:ea60", Serial: "0001"}},
		{ID: "0badc0ffee03", Name: "sill"},
	}
	lamp := discover.Board{Name: "lamp", ID: "0badc0ffee01", Addr: desk.Addr, Port: 80}
	bridge := func(path string) serialio.Port {
		return serialio.Port{Path: path, VID: "10c4", PID: "ea60", Serial: "0001", Kind: "CP210x"}
	}
	rows := addPorts([]lsRow{networkRow(listed), networkRow(lamp)}, []serialio.Port{
		{Path: "/dev/ttyACM0", Serial: "A1:B2:C3:D4:E5:F6", Product: "ESP32-S3"}, bridge("/dev/ttyUSB0"), bridge("/dev/ttyUSB1"),
		{Path: "/dev/ttyUSB2"}, {Path: "/dev/ttyUSB3", VID: "1a86", PID: "7523"}, {Path: "/dev/ttyACM1", Serial: "0badc0ffee03"}, bridge("/dev/ttyUSB3"),
	}, memory)
	var got [][3]string
	for _, r := range rows {
		got = append(got, [3]string{r.cells(true)[0], text(r.ID), r.cells(true)[7]})
	}
	want := [][3]string{
		{"desk", "a1b2c3d4e5f6", "/dev/ttyACM0"}, {"lamp", "0badc0ffee01", "/dev/ttyUSB0"},
		{"(no known board)", "", "/dev/ttyUSB1 (CP210x)"}, {"(no known board)", "", "/dev/ttyUSB2"}, {"(no known board)", "", "/dev/ttyUSB3"},
		{"sill", "0badc0ffee03", "/dev/ttyACM1"}, {"shelf", "0badc0ffee02", "/dev/ttyUSB3"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLsLan(t *testing.T) {
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(7))
	announce(t, "desk", "a1b2c3d4e5f6", addr)
	a, stdout, _ := testApp()
	if err := a.ls(t.Context(), lsOptions{lan: true}); err != nil {
		t.Fatal(err)
	}
	want := "desk\t" + addr.String() + "\tesp32\t1.0\t7\t\t3\t\n"
	if stdout.String() != want {
		t.Errorf("ls = %q, want %q", stdout, want)
	}
}

func TestFormatUptime(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s", 3 * time.Hour: "3h 0m", 49 * time.Hour: "2d 1h",
	} {
		if got := formatUptime(d); got != want {
			t.Errorf("formatUptime(%s) = %q, want %q", d, got, want)
		}
	}
}
