package main

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/test/boardtest"
	"mpctl/serialio"
)

var desk = boards.Board{
	Name: "desk", Host: "desk.local", ID: "a1b2c3d4e5f6", Addr: netip.MustParseAddrPort("192.0.2.7:8080"),
	Model: "esp32", Firmware: "1.0", Sensors: []string{"light", "temp"},
	Info:    &httpclient.Info{UptimeS: 3725, WiFi: httpclient.WiFi{RSSI: ptr(-61)}},
	Reading: ptr(boardtest.Light(1234)),
}

// announced is the board as long as it has not been asked.
func announced(b boards.Board) boards.Board {
	b.Sensors, b.Info, b.Reading = []string{"light"}, nil, nil
	return b
}

// silent is the board without an answer.
func silent(b boards.Board) boards.Board {
	b = announced(b)
	b.Err = &httpclient.RefusedError{Addr: "192.0.2.7:8080"}
	return b
}

func TestLsJSON(t *testing.T) {
	for _, c := range []struct {
		name string
		row  lsRow
		want string
	}{
		{"verified", newLsRow(desk), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light","temp"],"usb":null,"alive":true,"light":1234,"rssi":-61,"uptime_s":3725}`},
		{"silent", newLsRow(silent(desk)), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light"],"usb":null,"alive":false,"light":null,"rssi":null,"uptime_s":null}`},
		{"announced", newLsRow(announced(desk)), `{"name":"desk","id":"a1b2c3d4e5f6","address":"192.0.2.7","port":8080,"board":"esp32","fw":"1.0",` +
			`"sensors":["light"],"usb":null,"alive":null,"light":null,"rssi":null,"uptime_s":null}`},
		{"USB", newLsRow(boards.Board{Cable: &serialio.Port{Path: "/dev/ttyUSB0", Product: "CP2102"}}), `{"name":null,"id":null,"address":null,"port":null,"board":null,"fw":null,` +
			`"sensors":null,"usb":"/dev/ttyUSB0","alive":null,"light":null,"rssi":null,"uptime_s":null}`},
	} {
		got, err := json.Marshal(c.row)
		if diff := cmp.Diff(c.want, string(got)); diff != "" || err != nil {
			t.Errorf("%s: %s %v", c.name, diff, err)
		}
	}
}

func TestLsText(t *testing.T) {
	row := newLsRow(desk)
	if diff := cmp.Diff([]string{"desk", "192.0.2.7:8080", "esp32", "1.0", "1234", "-61 dBm", "1h 2m", ""}, row.cells(true)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"desk", "192.0.2.7:8080", "esp32", "1.0", "1234", "-61", "3725", ""}, row.cells(false)); diff != "" {
		t.Error(diff)
	}
	if got := newLsRow(silent(desk)).cells(true)[6]; got != "no answer" {
		t.Errorf("uptime of a silent board = %q", got)
	}
}

func TestLsLan(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(7))
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	a, stdout, _ := testApp()
	if err := (lsCommand{a, lsOptions{lan: true}}).list(t.Context()); err != nil {
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
