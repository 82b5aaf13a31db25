package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mpctl/internal/boards"
	"mpctl/internal/provision"
	"mpctl/serialio"
)

func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from the file\r\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		o     provisionOptions
		stdin string
		env   map[string]string
		want  provision.Credentials
		fails string
	}{
		"stdin":          {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: "from stdin\nrest", want: wifi("a", "from stdin")},
		"open":           {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: "\n", want: wifi("a", "")},
		"file":           {o: provisionOptions{ssid: "a", passwordFile: file}, want: wifi("a", "from the file")},
		"environment":    {env: map[string]string{"MPCTL_WIFI_SSID": "b", "MPCTL_WIFI_PASSWORD": "from env"}, want: wifi("b", "from env")},
		"flag wins":      {o: provisionOptions{ssid: "a"}, env: map[string]string{"MPCTL_WIFI_SSID": "b", "MPCTL_WIFI_PASSWORD": "from env"}, want: wifi("a", "from env")},
		"no network yet": {o: provisionOptions{passwordIn: true}, stdin: "from stdin", want: wifi("", "from stdin")},
		"no WiFi":        {o: provisionOptions{noWiFi: true}, env: map[string]string{"MPCTL_WIFI_SSID": "b"}, want: provision.Credentials{}},
		"no password":    {o: provisionOptions{ssid: "a"}, fails: "what is the password"},
		"short password": {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: "1234567\n", fails: "8 to 63"},
		"long password":  {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: strings.Repeat("x", 64), fails: "8 to 63"},
		"long name":      {o: provisionOptions{ssid: strings.Repeat("ä", 17), passwordIn: true}, fails: "1 to 32 bytes"},
		"no file":        {o: provisionOptions{ssid: "a", passwordFile: file + "x"}, fails: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			a := appOn(strings.NewReader(tt.stdin), io.Discard, io.Discard)
			a.env = func(key string) string { return tt.env[key] }
			got, err := provisionCommand{a, tt.o}.credentials(t.Context())
			if tt.fails == "" {
				if err != nil || got != tt.want {
					t.Fatalf("credentials = %q, %v, %v", got.SSID, got == tt.want, err)
				}
				return
			}
			if exitCode(err) != exitUsage || !strings.Contains(err.Error(), tt.fails) {
				t.Fatalf("error = %v, want a usage error with %q", err, tt.fails)
			}
			if strings.Contains(err.Error(), "1234567") {
				t.Fatal("the error tells the password")
			}
		})
	}
}

func wifi(ssid string, password provision.Secret) provision.Credentials {
	return provision.Credentials{SSID: ssid, Password: password, PasswordKnown: true}
}

func TestChooseNetwork(t *testing.T) {
	heard := []provision.WiFi{{SSID: "classroom", RSSI: -40, Auth: 3}, {SSID: "guests\x1b[2J", RSSI: -85}, {SSID: "2", RSSI: -86, Auth: 3}}
	for name, tt := range map[string]struct{ answers, want, says string }{
		"by number":            {"1\n", "classroom", "   1  ▂▄▆█  -40 dBm  classroom\n"},
		"the open one":         {"classroom\n", "classroom", "   2  ▂     -85 dBm  guests^[[2J  (open)\n"},
		"a name of digits":     {"2\n", "2", ""},
		"a hidden one":         {"cellar\ncellar\n", "cellar", "The board does not hear cellar: it hears"},
		"no number of theirs":  {"4\n1\n", "classroom", "The board does not hear 4: "},
		"too long, then right": {strings.Repeat("x", 33) + "\n1\n", "classroom", "A network's name has 1 to 32 bytes."},
	} {
		t.Run(name, func(t *testing.T) {
			var stderr strings.Builder
			got, err := person{provisionCommand{app: appOn(strings.NewReader(tt.answers), io.Discard, &stderr)}}.ChooseNetwork(t.Context(), heard)
			if err != nil || got != tt.want || !strings.Contains(stderr.String(), tt.says) {
				t.Errorf("chose %q, %v, saying\n%s", got, err, &stderr)
			}
		})
	}
	if _, err := (person{provisionCommand{app: appOn(strings.NewReader("\n"), io.Discard, io.Discard)}}).ChooseNetwork(t.Context(), heard); exitCode(err) != exitUsage {
		t.Errorf("no answer: %v", err)
	}
}

func TestReporters(t *testing.T) {
	ended := provision.Step{Name: "firmware", Duration: 1234567 * time.Microsecond, Text: "1.0, 3 files\x1b[2J", Fields: map[string]any{"files": 3}}
	failed := provision.Step{Name: "found", Failed: true, Duration: time.Second, Text: "failed"}
	tell := func(r provision.Reporter) {
		r.Begin("firmware")
		r.Progress("firmware", 0, 0)
		r.Progress("firmware", 10, 20)
		r.End(ended)
		r.Begin("found")
		r.Output("Traceback\x1b[2J")
		r.Warn("multicast is blocked")
		r.End(failed)
	}
	a, stdout, stderr := testApp()
	progress := a.Progress()
	tell(&stepReporter{app: a, progress: progress})
	progress.Close()
	wantText := "  firmware  1.0, 3 files^[[2J  1.2 s\n  board: Traceback^[[2J\nmpctl: warning: multicast is blocked\n  found     failed  1.0 s\n"
	if diff := cmp.Diff(wantText, stderr.String()); diff != "" || stdout.Len() > 0 {
		t.Errorf("steps (-want +got):\n%s", diff)
	}

	a, stdout, stderr = testApp()
	progress = a.Progress()
	tell(&rowReporter{app: a, port: "/dev/ttyUSB0", task: progress.Task("ttyUSB0")})
	progress.Close()
	if want := "  ttyUSB0: Traceback^[[2J\nmpctl: warning: /dev/ttyUSB0: multicast is blocked\n"; stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("one of several: %q", stderr)
	}

	for port, want := range map[string]string{
		"":             `{"step":"firmware","state":"ok","seconds":1.235,"files":3}` + "\n" + `{"step":"found","state":"failed","seconds":1}` + "\n",
		"/dev/ttyUSB0": `{"step":"firmware","state":"ok","seconds":1.235,"files":3,"usb":"/dev/ttyUSB0"}` + "\n" + `{"step":"found","state":"failed","seconds":1,"usb":"/dev/ttyUSB0"}` + "\n",
	} {
		a, stdout, _ = testApp()
		a.JSON = true
		r := &jsonReporter{app: a, port: port}
		tell(r)
		if diff := cmp.Diff(want, stdout.String()); diff != "" || printed(r) != nil {
			t.Errorf("JSON (-want +got):\n%s, %v", diff, printed(r))
		}
	}

	full := errors.New("the disk is full")
	r := &jsonReporter{app: appOn(nil, failingWriter{full}, io.Discard)}
	tell(r)
	if !errors.Is(printed(r), full) {
		t.Errorf("printed = %v", printed(r))
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func TestChoosePort(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	a := &app{env: func(string) string { return "" }}
	if got, err := (provisionCommand{a, provisionOptions{port: "/dev/by-hand"}}).choosePort(t.Context()); err != nil || got.Path != "/dev/by-hand" {
		t.Errorf("choosePort of a given one = %+v, %v", got, err)
	}
	a.env = func(key string) string { return map[string]string{"MPCTL_PORT": "/dev/from-env"}[key] }
	if got, err := (provisionCommand{app: a}).choosePort(t.Context()); err != nil || got.Path != "/dev/from-env" {
		t.Errorf("choosePort with MPCTL_PORT = %+v, %v", got, err)
	}
}

func TestProvisionExitCodes(t *testing.T) {
	for _, err := range []error{noPortError{}, &serialio.BusyError{Path: "p"}, &serialio.NoREPLError{}, &serialio.ExecError{}, &serialio.GoneError{Path: "p", Err: os.ErrClosed}} {
		if code := exitCode(fmt.Errorf("x: %w", err)); code != exitSerial {
			t.Errorf("exit code of %T = %d, want %d", err, code, exitSerial)
		}
	}
	for _, tt := range []struct {
		err  error
		code int
	}{
		{&provision.UnreachableError{}, exitNotFound},
		{&boards.NotFoundError{}, exitNotFound},
		{&provision.RejectedError{}, exitProvision},
		{&provision.OptionError{}, exitUsage},
		{&provision.CrashedError{}, exitFailure},
	} {
		if code := exitCode(fmt.Errorf("x: %w", tt.err)); code != tt.code {
			t.Errorf("exit code of %T = %d, want %d", tt.err, code, tt.code)
		}
	}
}

func TestSeveral(t *testing.T) {
	serial, rejected := error(&serialio.NotFoundError{Path: "p"}), error(&provision.RejectedError{})
	for _, c := range []struct {
		failures []error
		code     int
	}{
		{[]error{nil, nil}, 0},
		{[]error{nil, serial}, exitSerial},
		{[]error{serial, nil, serial}, exitSerial},
		{[]error{rejected, serial, rejected}, exitFailure},
	} {
		err := several(c.failures)
		if (err == nil) != (c.code == 0) || err != nil && exitCode(err) != c.code {
			t.Errorf("several(%v) = %v, want exit code %d", c.failures, err, c.code)
		}
	}
}

func TestSignalBars(t *testing.T) {
	for dBm, want := range map[int]string{-30: "▂▄▆█", -60: "▂▄▆█", -61: "▂▄▆ ", -75: "▂▄  ", -90: "▂   "} {
		if got := signalBars(dBm); got != want {
			t.Errorf("signalBars(%d) = %q, want %q", dBm, got, want)
		}
	}
}
