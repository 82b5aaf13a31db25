package boards

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/internal/remembered"
	"mpctl/internal/test/boardtest"
	"mpctl/serialio"
)

// plugged returns a Finder on whose computer these ports are.
func plugged(o Options, ports ...serialio.Port) *Finder {
	f := New(o)
	f.ports = func(context.Context) ([]serialio.Port, error) { return ports, nil }
	return f
}

// briefly is what of a board matters to a test of lists.
func briefly(b Board) string {
	parts := []string{b.Name}
	if b.Addr.IsValid() {
		parts = append(parts, "at "+b.Addr.String())
	}
	switch {
	case b.Err != nil:
		parts = append(parts, "silent")
	case b.Info != nil:
		parts = append(parts, "answered")
	}
	if b.Reading != nil {
		parts = append(parts, "with "+b.Reading.Sensor)
	}
	if b.Cable != nil {
		parts = append(parts, "on "+b.Cable.Path)
	}
	return strings.Join(parts, " ")
}

func allBriefly(boards []Board) []string {
	var all []string
	for _, b := range boards {
		all = append(all, briefly(b))
	}
	return all
}

func TestCableJoinsItsBoard(t *testing.T) {
	remembering := []remembered.Board{
		{ID: "0badc0ffee01", Name: "lamp", USB: remembered.Port{Path: "/dev/ttyUSB0", Device: "10c4:ea60", Serial: "0001"}},
		{ID: "0badc0ffee02", Name: "shelf", USB: remembered.Port{Path: "/dev/ttyUSB3", Device: "10c4:ea60", Serial: "0001"}},
		{ID: "0badc0ffee03", Name: "sill"},
	}
	bridge := func(path string) serialio.Port {
		return serialio.Port{Path: path, VID: "10c4", PID: "ea60", Serial: "0001", Kind: "CP210x"}
	}
	v := inventory{boards: []Board{
		{Name: "lamp", ID: "0badc0ffee01", Addr: netip.MustParseAddrPort("192.0.2.8:80")},
		{Name: "desk", ID: "a1b2c3d4e5f6", Addr: netip.MustParseAddrPort("192.0.2.7:80")},
		{Name: "nobody", Addr: netip.MustParseAddrPort("192.0.2.9:80")},
	}}
	for _, p := range []serialio.Port{
		{Path: "/dev/ttyACM0", Serial: "A1:B2:C3:D4:E5:F6", Product: "ESP32-S3"}, bridge("/dev/ttyUSB0"), bridge("/dev/ttyUSB1"),
		{Path: "/dev/ttyUSB2"}, {Path: "/dev/ttyUSB3", VID: "1a86", PID: "7523"}, {Path: "/dev/ttyACM1", Serial: "0badc0ffee03"}, bridge("/dev/ttyUSB3"),
		{Path: "/dev/ttyACM2", Serial: "a1b2c3d4e5f6"}, // a second port of the same chip
	} {
		b := boardAt(p, remembering)
		v.cables = append(v.cables, cable{p, b.ID, b.Name})
	}
	var got [][3]string
	for _, b := range v.list() {
		port := ""
		if b.Cable != nil {
			port = b.Cable.Path
		}
		got = append(got, [3]string{b.Name, b.ID, port})
	}
	want := [][3]string{
		{"desk", "a1b2c3d4e5f6", "/dev/ttyACM0"}, {"lamp", "0badc0ffee01", "/dev/ttyUSB0"}, {"nobody", "", ""},
		{"", "", "/dev/ttyUSB1"}, {"", "", "/dev/ttyUSB2"}, {"", "", "/dev/ttyUSB3"},
		{"sill", "0badc0ffee03", "/dev/ttyACM1"}, {"shelf", "0badc0ffee02", "/dev/ttyUSB3"}, {"", "", "/dev/ttyACM2"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestScan(t *testing.T) {
	desk := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(7))
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", desk)
	silent := netip.MustParseAddrPort("127.0.0.1:9")
	boardtest.Announce(t, "lamp", "a1b2c3d4e5f7", silent)
	f := plugged(Options{}, serialio.Port{Path: "/dev/ttyACM0", Serial: "A1:B2:C3:D4:E5:F6"}, serialio.Port{Path: "/dev/ttyUSB0"})
	for _, c := range []struct {
		name      string
		selection Selection
		want      []string
	}{
		{"everything", Selection{USB: true, LAN: true, Sensor: "light"},
			[]string{"desk at " + desk.String() + " answered with light on /dev/ttyACM0", "lamp at " + silent.String() + " silent", " on /dev/ttyUSB0"}},
		{"a sensor that nobody has", Selection{LAN: true, Sensor: "wind"},
			[]string{"desk at " + desk.String() + " answered", "lamp at " + silent.String() + " silent"}},
		{"not asked", Selection{LAN: true, NoVerify: true, Sensor: "light"},
			[]string{"desk at " + desk.String(), "lamp at " + silent.String()}},
		{"cables", Selection{USB: true}, []string{" on /dev/ttyACM0", " on /dev/ttyUSB0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var last []string
			boards, err := f.Scan(t.Context(), c.selection, func(boards []Board) { last = allBriefly(boards) })
			if diff := cmp.Diff(c.want, allBriefly(boards)); diff != "" || err != nil {
				t.Errorf("%s %v", diff, err)
			}
			if diff := cmp.Diff(c.want, last); c.selection.LAN && diff != "" {
				t.Errorf("seen last: %s", diff)
			}
		})
	}
}

func TestScanShowsCablesFirst(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6")
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	f := plugged(Options{}, serialio.Port{Path: "/dev/ttyACM0", Serial: "a1b2c3d4e5f6"})
	var seen []string
	_, err := f.Scan(t.Context(), Selection{USB: true, LAN: true}, func(boards []Board) {
		seen = append(seen, strings.Join(allBriefly(boards), ", "))
	})
	if err != nil || len(seen) < 2 || seen[0] != " on /dev/ttyACM0" || seen[len(seen)-1] != "desk at "+addr.String()+" answered on /dev/ttyACM0" {
		t.Errorf("%q, %v", seen, err)
	}
}

// TestScanWithoutMulticast has a board that nothing announces, as where an access point drops multicast.
func TestScanWithoutMulticast(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(7))
	nobody := netip.MustParseAddrPort("127.0.0.1:9")
	var warnings []error
	f := New(Options{
		Memory: memory(t, Board{Name: "desk", ID: "a1b2c3d4e5f6", Addr: addr}, Board{Name: "gone", ID: "a1b2c3d4e5f7", Addr: nobody}),
		Warn:   func(err error) { warnings = append(warnings, err) },
	})
	boards, err := f.Scan(t.Context(), Selection{LAN: true, Sensor: "light"}, nil)
	if diff := cmp.Diff([]string{"desk at " + addr.String() + " answered with light"}, allBriefly(boards)); diff != "" || err != nil || len(warnings) > 0 {
		t.Errorf("%s %v %v", diff, err, warnings)
	}
}

func TestScanWhenPortsCannotBeListed(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6")
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	var warnings []error
	f := New(Options{Warn: func(err error) { warnings = append(warnings, err) }})
	broken := errors.New("no permission")
	f.ports = func(context.Context) ([]serialio.Port, error) { return nil, broken }
	if boards, err := f.Scan(t.Context(), Selection{USB: true}, nil); !errors.Is(err, broken) || len(warnings) > 0 {
		t.Errorf("USB alone: %v, %v, %v", boards, err, warnings)
	}
	boards, err := f.Scan(t.Context(), Selection{USB: true, LAN: true}, nil)
	if err != nil || len(boards) != 1 || len(warnings) != 1 || !errors.Is(warnings[0], broken) {
		t.Errorf("USB and LAN: %v, %v, %v", boards, err, warnings)
	}
}
