package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"mpctl/discover"
	"mpctl/httpclient"
)

func TestReadNamed(t *testing.T) {
	broken := httpclient.Reading{Sensor: "temp", Error: "no answer on the bus"}
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(1234), broken).String()
	const refused = "127.0.0.1:1"
	for _, c := range []struct {
		name, sensor string
		refs         []string
		format       string
		quiet        bool
		stdout       string
		code         int
		stderr       string
	}{
		{"text", "light", []string{addr}, "text", false, "desk\tlight\t1234\traw\n", 0, ""},
		{"quiet", "light", []string{addr}, "text", true, "1234\n", 0, ""},
		{"one of two sensors fails", "", []string{addr}, "text", false, "desk\tlight\t1234\traw\ndesk\ttemp\t\t\n", 0, "no answer on the bus"},
		{"the sensor fails", "temp", []string{addr}, "text", false, "desk\ttemp\t\t\n", exitFailure, ""},
		{"the sensor fails, quiet", "temp", []string{addr}, "text", true, "", exitFailure, ""},
		{"no such sensor", "smell", []string{addr}, "text", false, "desk\tsmell\t\t\n", exitHTTPStatus, ""},
		{"one of two boards fails", "light", []string{refused, addr}, "text", false, refused + "\tlight\t\t\ndesk\tlight\t1234\traw\n", exitNetwork, ""},
		{"no board at all", "light", []string{"a:b"}, "text", false, "a:b\tlight\t\t\n", exitUsage, ""},
	} {
		a, stdout, stderr := testApp()
		err := a.read(t.Context(), c.sensor, c.refs, c.format, c.quiet)
		code := 0
		if err != nil {
			code = exitCode(err)
		}
		if stdout.String() != c.stdout || code != c.code || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: %q, %q, %v (exit %d), want %q, %q and exit %d", c.name, stdout, stderr, err, code, c.stdout, c.stderr, c.code)
		}
	}
}

func TestReadFormats(t *testing.T) {
	addr := fakeBoard(t, "desk", "a1b2c3d4e5f6", light(1234)).String()
	a, stdout, _ := testApp()
	if err := a.read(t.Context(), "light", []string{addr, "127.0.0.1:1"}, "json", false); exitCode(err) != exitNetwork {
		t.Errorf("json: %v, want exit %d", err, exitNetwork)
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if len(lines) != 2 {
		t.Fatalf("json = %q, want two lines", stdout)
	}
	_, rest, _ := strings.Cut(lines[0], ",")
	if want := `"board":"desk","id":"a1b2c3d4e5f6","sensor":"light","value":1234,"unit":"raw","min":0,"max":4095}`; rest != want {
		t.Errorf("json after the time = %s, want %s", rest, want)
	}
	var failed readRow
	if err := json.Unmarshal([]byte(lines[1]), &failed); err != nil || failed.Error == "" || failed.Value != nil || failed.Board != "127.0.0.1:1" {
		t.Errorf("json of what failed = %s, %v", lines[1], err)
	}

	stdout.Reset()
	if err := a.read(t.Context(), "light", []string{addr}, "csv", false); err != nil {
		t.Fatal(err)
	}
	header, row, _ := strings.Cut(stdout.String(), "\n")
	_, row, _ = strings.Cut(row, ",")
	if header != "time,board,id,sensor,value,unit,min,max,error" || row != "desk,a1b2c3d4e5f6,light,1234,raw,0,4095,\n" {
		t.Errorf("csv = %q", stdout)
	}
}

func TestReadEveryBoardFound(t *testing.T) {
	announce(t, "desk", "a1b2c3d4e5f6", fakeBoard(t, "desk", "a1b2c3d4e5f6", light(1)))
	announce(t, "oven", "a1b2c3d4e5f7", fakeBoard(t, "oven", "a1b2c3d4e5f7", httpclient.Reading{Sensor: "temp", Value: ptr(180.5), Unit: "°C"}))
	a, stdout, _ := testApp()
	if err := a.read(t.Context(), "temp", nil, "text", false); err != nil || stdout.String() != "oven\ttemp\t180.5\t°C\n" {
		t.Errorf("temp: %q, %v, want the oven's alone", stdout, err)
	}
	err := a.read(t.Context(), "smell", nil, "text", false)
	var nothing *nothingFoundError
	if !errors.As(err, &nothing) || !strings.Contains(nothing.hint, "light, temp") {
		t.Errorf("smell: %v, want an error that tells what there is", err)
	}
}

func TestVerdict(t *testing.T) {
	good, bad := attempt{board: desk}, attempt{board: desk, err: &httpclient.RefusedError{Addr: "192.0.2.7:8080"}}
	lost := attempt{board: board{Board: discover.Board{Name: "lamp"}}, err: &notFoundError{ref: "lamp"}}
	for _, c := range []struct {
		name     string
		attempts []attempt
		named    bool
		want     error
		warnings int
	}{
		{"all read", []attempt{good, good}, true, nil, 0},
		{"a named one fails", []attempt{good, bad}, true, bad.err, 0},
		{"an unnamed one fails", []attempt{good, bad}, false, nil, 1},
		{"all unnamed ones fail", []attempt{bad, bad}, false, bad.err, 1},
		{"the first counts", []attempt{lost, bad}, true, lost.err, 1},
	} {
		a, _, stderr := testApp()
		err := a.verdict(c.attempts, c.named)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || strings.Count(stderr.String(), "warning:") != c.warnings {
			t.Errorf("%s: %v, %q, want %v and %d warnings", c.name, err, stderr, c.want, c.warnings)
		}
	}
}

func TestFormatValue(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 1234: "1234", -1.5: "-1.5", 1e14: "100000000000000", 1e20: "1e+20", 0.001: "0.001"} {
		if got := formatValue(v); got != want {
			t.Errorf("formatValue(%g) = %q, want %q", v, got, want)
		}
	}
}
