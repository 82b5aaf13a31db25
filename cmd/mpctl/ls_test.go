package main

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/serialio"
)

var desk = board{
	Board: discover.Board{
		Name: "desk", Host: "desk.local", ID: "a1b2c3d4e5f6", Addr: netip.MustParseAddr("192.0.2.7"), Port: 8080,
		Model: "esp32", Firmware: "1.0", Sensors: []string{"light"},
	},
	info: &httpclient.Info{UptimeS: 3725, WiFi: httpclient.WiFi{RSSI: ptr(-61)}, Sensors: []httpclient.Sensor{{Name: "light"}, {Name: "temp"}}},
}

func ptr[T any](v T) *T { return &v }

func TestLsJSON(t *testing.T) {
	silent := desk
	silent.info, silent.err = nil, &httpclient.RefusedError{}
	for _, c := range []struct {
		name string
		row  lsRow
		want string
	}{
		{"verified", verifiedRow(desk, ptr(1234.)), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light","temp"],"usb":null,"alive":true,"light":1234,"rssi":-61,"uptime_s":3725}`},
		{"silent", verifiedRow(silent, ptr(1.)), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light"],"usb":null,"alive":false,"light":null,"rssi":null,"uptime_s":null}`},
		{"USB", addPorts(nil, []serialio.Port{{Path: "/dev/ttyUSB0", Product: "CP2102"}})[0], `{"name":null,"id":null,"address":null,"port":null,"board":null,"fw":null,` +
			`"sensors":null,"usb":"/dev/ttyUSB0","alive":null,"light":null,"rssi":null,"uptime_s":null}`},
	} {
		got, err := json.Marshal(c.row)
		if diff := cmp.Diff(c.want, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %s %v", c.name, diff, err)
		}
	}
}

func TestLsText(t *testing.T) {
	row := verifiedRow(desk, ptr(1234.))
	if diff := cmp.Diff([]string{"desk", "192.0.2.7:8080", "esp32", "1.0", "1234", "-61 dBm", "1h 2m", ""}, row.cells(true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"desk", "192.0.2.7:8080", "esp32", "1.0", "1234", "-61", "3725", ""}, row.cells(false)); diff != "" {
		t.Error(diff)
	}
	silent := desk
	silent.info = nil
	if got := verifiedRow(silent, nil).cells(true)[6]; got != "no answer" {
		t.Errorf("uptime of a silent board = %q", got)
	}
}

func TestPortJoinsItsBoard(t *testing.T) {
	rows := addPorts([]lsRow{announcedRow(desk.Board)}, []serialio.Port{
		{Path: "/dev/ttyACM0", Serial: "A1:B2:C3:D4:E5:F6", Product: "ESP32-S3"}, {Path: "/dev/ttyUSB0", Kind: "CP210x"}, {Path: "/dev/ttyUSB1"},
	})
	var got [][2]string
	for _, r := range rows {
		got = append(got, [2]string{text(r.Name), r.cells(true)[7]})
	}
	want := [][2]string{{"desk", "/dev/ttyACM0"}, {"", "/dev/ttyUSB0 (CP210x)"}, {"", "/dev/ttyUSB1"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLsLan(t *testing.T) {
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(7))
	announce(t, "desk", "a1b2c3d4e5f6", addr)
	a, stdout, _ := testApp()
	if err := a.ls(t.Context(), false, true, true); err != nil {
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
