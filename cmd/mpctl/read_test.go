package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/test/boardtest"
)

func TestReadNamed(t *testing.T) {
	broken := httpclient.Reading{Sensor: "temp", Error: "no answer on the bus"}
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1234), broken).String()
	other := boardtest.Serve(t, "lab", "a1b2c3d4e5f7", httpclient.Reading{Sensor: "temp", Value: ptr(20.5), Unit: "°C"}).String()
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
		{"one of two boards fails", "light", []string{refused, addr}, "text", false, "127.0.0.1:1\tlight\t\t\ndesk\tlight\t1234\traw\n", exitNetwork, ""},
		{"one of two boards fails, quiet", "light", []string{refused, addr}, "text", true, "1234\n", exitNetwork, ""},
		{"a sensor fails, another board is read", "temp", []string{addr, other}, "text", false, "desk\ttemp\t\t\nlab\ttemp\t20.5\t°C\n", 0, "no answer on the bus"},
		{"no board at all", "light", []string{"a:b"}, "text", false, "a:b\tlight\t\t\n", exitUsage, ""},
	} {
		a, stdout, stderr := testApp()
		err := (readCommand{a, readOptions{sensor: c.sensor, names: c.refs, format: c.format, quiet: c.quiet}}).once(t.Context())
		code := 0
		if err != nil {
			code = exitCode(err)
		}
		if sortedLines(stdout.String()) != c.stdout || code != c.code || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: %q, %q, %v (exit %d), want %q, %q and exit %d", c.name, stdout, stderr, err, code, c.stdout, c.stderr, c.code)
		}
	}
}

// sortedLines are lines that may come in any order.
func sortedLines(text string) string {
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func TestReadFormats(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1234)).String()
	a, stdout, _ := testApp()
	if err := (readCommand{a, readOptions{sensor: "light", names: []string{addr, "127.0.0.1:1"}, format: "json"}}).once(t.Context()); exitCode(err) != exitNetwork {
		t.Errorf("json: %v, want exit %d", err, exitNetwork)
	}
	lines := strings.Split(strings.TrimSpace(sortedLines(stdout.String())), "\n")
	slices.SortFunc(lines, func(x, y string) int { return strings.Compare(y[strings.Index(y, ","):], x[strings.Index(x, ","):]) })
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
	if err := (readCommand{a, readOptions{sensor: "light", names: []string{addr}, format: "csv"}}).once(t.Context()); err != nil {
		t.Fatal(err)
	}
	header, row, _ := strings.Cut(stdout.String(), "\r\n")
	_, row, _ = strings.Cut(row, ",")
	if header != "time,board,id,sensor,value,unit,min,max,error" || row != "desk,a1b2c3d4e5f6,light,1234,raw,0,4095,\r\n" {
		t.Errorf("csv = %q", stdout)
	}
}

func TestReadEveryBoardFound(t *testing.T) {
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(1)))
	boardtest.Announce(t, "oven", "a1b2c3d4e5f7", boardtest.Serve(t, "oven", "a1b2c3d4e5f7", httpclient.Reading{Sensor: "temp", Value: ptr(180.5), Unit: "°C"}))
	a, stdout, _ := testApp()
	if err := (readCommand{a, readOptions{sensor: "temp", format: "text"}}).once(t.Context()); err != nil || stdout.String() != "oven\ttemp\t180.5\t°C\n" {
		t.Errorf("temp: %q, %v, want the oven's alone", stdout, err)
	}
	err := (readCommand{a, readOptions{sensor: "smell", format: "text"}}).once(t.Context())
	var nothing *boards.NothingFoundError
	if !errors.As(err, &nothing) || !strings.Contains(nothing.Advice, "light, temp") {
		t.Errorf("smell: %v, want an error that tells what there is", err)
	}
}

func TestVerdict(t *testing.T) {
	lit, broken := boardtest.Light(1), httpclient.Reading{Sensor: "temp", Error: "no answer on the bus"}
	good := attempt{board: desk, readings: []httpclient.Reading{lit, broken}}
	bad := attempt{board: desk, err: &httpclient.RefusedError{Addr: "192.0.2.7:8080"}}
	lost := attempt{board: boards.Board{Name: "lamp"}, err: &boards.NotFoundError{Ref: "lamp"}}
	deaf := attempt{board: desk, readings: []httpclient.Reading{broken, broken}}
	for _, c := range []struct {
		name     string
		attempts []attempt
		named    bool
		want     string
		others   int
	}{
		{"all read, but for a sensor", []attempt{good}, true, "", 1},
		{"a named one fails", []attempt{good, bad}, true, "refused", 1},
		{"an unnamed one fails", []attempt{good, bad}, false, "", 2},
		{"all unnamed ones fail", []attempt{bad, bad}, false, "refused", 1},
		{"the first counts", []attempt{lost, bad}, true, "lamp", 1},
		{"a board whose sensors fail beside one that is read", []attempt{deaf, good}, true, "", 3},
		{"all sensors fail", []attempt{deaf}, true, "no answer on the bus", 1},
		{"a board matters more than sensors", []attempt{deaf, bad}, true, "refused", 2},
	} {
		others, fatal := verdict(c.attempts, c.named)
		if got := fmt.Sprint(fatal); (fatal == nil) != (c.want == "") || !strings.Contains(got, c.want) && fatal != nil || len(others) != c.others {
			t.Errorf("%s: %v and %q, want %q and %d others", c.name, fatal, others, c.want, c.others)
		}
	}
}
