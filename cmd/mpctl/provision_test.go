package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/serialio"
)

func TestSettingsMerge(t *testing.T) {
	for name, tt := range map[string]struct {
		old  string
		o    provisionOptions
		want string
	}{
		"fresh board": {
			``, provisionOptions{lightPin: -1},
			`{"name":"mpy-c3d4e5","port":80,"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"}]}`,
		},
		"named, with a pin": {
			``, provisionOptions{name: "desk", lightPin: 34},
			`{"name":"desk","port":80,"sensors":{"light":{"pin":34}},"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"}]}`,
		},
		"what is known stays": {
			`{"v":1,"name":"shelf","port":8080,"x":[1],"sensors":{"light":{"pin":3,"min":5},"sound":{"pin":4}},"wifi":[{"ssid":"cafe","password":"a","k":1},{"ssid":"home","password":"old"}]}`,
			provisionOptions{lightPin: 34},
			`{"name":"shelf","port":8080,"sensors":{"light":{"min":5,"pin":34},"sound":{"pin":4}},"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"},{"ssid":"cafe","password":"a","k":1}],"x":[1]}`,
		},
		"of wrong shapes": {
			`{"name":"Ä B","wifi":"x","sensors":[1]}`, provisionOptions{lightPin: 2},
			`{"name":"mpy-c3d4e5","port":80,"sensors":{"light":{"pin":2}},"v":1,"wifi":[{"password":"p&w <1>","ssid":"home"}]}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := parseSettings([]byte(tt.old))
			if err := s.merge(tt.o, "a0b1c2c3d4e5", credentials{ssid: "home", password: "p&w <1>"}); err != nil {
				t.Fatal(err)
			}
			file, err := s.file()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(file.Data)); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettingsKeptWhenTheyAreNoObject(t *testing.T) {
	file, err := settings{}.file()
	if err != nil {
		t.Fatal(err)
	}
	for old, keep := range map[string]bool{"": true, "[1]": true, "null": true, "{": true, "{}": false, `{"v":1}`: false} {
		if file.Keep([]byte(old)) != keep {
			t.Errorf("Keep(%q) = %v", old, !keep)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add([]byte(`{"v":1,"name":"desk","wifi":[{"ssid":"a","password":"b"}],"sensors":{"light":{"pin":34}}}`))
	f.Add([]byte(`{"wifi":[null,1,{"ssid":null}],"sensors":{"light":null},"name":""}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, old []byte) {
		s := parseSettings(old)
		if err := s.merge(provisionOptions{lightPin: 1}, "a0b1c2d3e4f5", credentials{ssid: "home", password: "secret 1"}); err != nil {
			t.Fatal(err)
		}
		file, err := s.file()
		if err != nil {
			t.Fatal(err)
		}
		var got struct {
			Name string           `json:"name"`
			WiFi []map[string]any `json:"wifi"`
		}
		if err := json.Unmarshal(file.Data, &got); err != nil {
			t.Fatalf("%s: %v", file.Data, err)
		}
		if !boardName.MatchString(got.Name) || len(got.WiFi) == 0 || got.WiFi[0]["ssid"] != "home" {
			t.Fatalf("settings = %s", file.Data)
		}
	})
}

func TestRejection(t *testing.T) {
	weak, status := -86, 202
	heard := []network{{SSID: "classroom", RSSI: -40}, {SSID: "classroom-guest"}, {SSID: "staff"}}
	for _, tt := range []struct {
		ssid      string
		e         evidence
		msg, hint string
	}{
		{"home", evidence{Reason: "wrong_password", RSSI: &weak, Status: &status}, `joining "home": the password is wrong (the board's WiFi status is 202)`, "-86 dBm, which is weak"},
		{"clasroom", evidence{Reason: "not_found"}, "hears no network of that name", `did you mean "classroom"? boards hear 2.4 GHz`},
		{"classroom-5G", evidence{Reason: "not_found"}, "hears no network of that name", `did you mean "classroom"?`},
		{"garden", evidence{Reason: "not_found"}, "hears no network of that name", `it hears "classroom", "classroom-guest", "staff"`},
		{"home", evidence{Reason: "no_address"}, "was given no address", "DHCP"},
		{"home", evidence{Reason: "enterprise"}, "WPA2-Enterprise", "hotspot"},
		{"home", evidence{Reason: "refused"}, "refused", "WPA3"},
		{"home", evidence{Reason: "unknown"}, "did not get in", "try again"},
	} {
		err := rejection(tt.ssid, tt.e, heard)
		var rejected *rejectedError
		if !errors.As(err, &rejected) || !strings.Contains(rejected.msg, tt.msg) || !strings.Contains(rejected.hint, tt.hint) {
			t.Errorf("%s: %q, hint %q; want %q, %q", tt.e.Reason, err, rejected.hint, tt.msg, tt.hint)
		}
		if code := exitCode(fmt.Errorf("wrapped: %w", err)); code != exitProvision {
			t.Errorf("%s: exit code %d", tt.e.Reason, code)
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

func TestBootLog(t *testing.T) {
	const banner = `Type "help()" for more information.`
	l := &bootLog{}
	for _, line := range []string{"=$%#=", "MicroPython v2.6.1 on 2026-01-01; mpython with ESP32", banner} {
		if l.add(line) {
			t.Fatalf("%q was taken for the end of the firmware", line)
		}
	}
	crash := []string{"Traceback (most recent call last):", `  File "main.py", line 1, in <module>`, "ImportError: no module named 'mpctl'"}
	for _, line := range append(crash, "MicroPython v2.6.1") {
		if l.add(line) {
			t.Fatalf("%q was taken for the end of the firmware", line)
		}
	}
	if !l.add(banner) {
		t.Fatal("a traceback and the prompt were not taken for the end of the firmware")
	}
	if l.exception() != crash[2] || !cmp.Equal(l.end(), crash) {
		t.Fatalf("exception = %q, end = %q", l.exception(), l.end())
	}
	for range 10 * bootLines {
		l.add("x")
	}
	if len(l.lines) > bootLines || l.exception() != "" {
		t.Fatalf("%d lines are kept", len(l.lines))
	}
}

func TestCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(file, []byte("from the file\r\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		o     provisionOptions
		stdin string
		env   map[string]string
		want  credentials
		fails string
	}{
		"stdin":          {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: "from stdin\nrest", want: credentials{"a", "from stdin", true}},
		"open":           {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: "\n", want: credentials{"a", "", true}},
		"file":           {o: provisionOptions{ssid: "a", passwordFile: file}, want: credentials{"a", "from the file", true}},
		"environment":    {env: map[string]string{"MPCTL_WIFI_SSID": "b", "MPCTL_WIFI_PASSWORD": "from env"}, want: credentials{"b", "from env", true}},
		"flag wins":      {o: provisionOptions{ssid: "a"}, env: map[string]string{"MPCTL_WIFI_SSID": "b", "MPCTL_WIFI_PASSWORD": "from env"}, want: credentials{"a", "from env", true}},
		"no network yet": {o: provisionOptions{passwordIn: true}, stdin: "from stdin", want: credentials{"", "from stdin", true}},
		"no WiFi":        {o: provisionOptions{noWiFi: true}, env: map[string]string{"MPCTL_WIFI_SSID": "b"}, want: credentials{}},
		"no password":    {o: provisionOptions{ssid: "a"}, fails: "what is the password"},
		"short password": {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: "1234567\n", fails: "8 to 63"},
		"long password":  {o: provisionOptions{ssid: "a", passwordIn: true}, stdin: strings.Repeat("x", 64), fails: "8 to 63"},
		"long name":      {o: provisionOptions{ssid: strings.Repeat("ä", 17), passwordIn: true}, fails: "1 to 32 bytes"},
		"no file":        {o: provisionOptions{ssid: "a", passwordFile: file + "x"}, fails: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			a := appOn(strings.NewReader(tt.stdin), io.Discard, io.Discard)
			a.env = func(key string) string { return tt.env[key] }
			got, err := a.credentials(t.Context(), tt.o)
			if tt.fails == "" {
				if err != nil || got != tt.want {
					t.Fatalf("credentials = %q, %v, %v", got.ssid, got == tt.want, err)
				}
				return
			}
			if !isA[usageError](err) || !strings.Contains(err.Error(), tt.fails) {
				t.Fatalf("error = %v, want a usage error with %q", err, tt.fails)
			}
			if strings.Contains(err.Error(), "1234567") {
				t.Fatal("the error tells the password")
			}
		})
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	c := credentials{"home", "chalk and cheese", true}
	for _, text := range []string{fmt.Sprint(c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%s %q", c.password, c.password), c.password.redact("ValueError: chalk and cheese")} {
		if strings.Contains(text, "chalk and cheese") {
			t.Errorf("%s", text)
		}
	}
}

func TestChoosePort(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	a := &app{env: func(string) string { return "" }}
	if got, err := a.choosePort(t.Context(), "/dev/by-hand"); err != nil || got.Path != "/dev/by-hand" {
		t.Errorf("choosePort of a given one = %+v, %v", got, err)
	}
	a.env = func(key string) string { return map[string]string{"MPCTL_PORT": "/dev/from-env"}[key] }
	if got, err := a.choosePort(t.Context(), ""); err != nil || got.Path != "/dev/from-env" {
		t.Errorf("choosePort with MPCTL_PORT = %+v, %v", got, err)
	}
}

func TestSerialExitCodes(t *testing.T) {
	for _, err := range []error{noPortError{}, &serialio.BusyError{Path: "p"}, &serialio.NoREPLError{}, &serialio.ExecError{}, &serialio.GoneError{Path: "p", Err: os.ErrClosed}} {
		if code := exitCode(fmt.Errorf("x: %w", err)); code != exitSerial {
			t.Errorf("exit code of %T = %d, want %d", err, code, exitSerial)
		}
	}
	if code := exitCode(&unseenError{}); code != exitNotFound {
		t.Errorf("exit code of a board that is not seen = %d", code)
	}
}

func TestUnseenSaysWhy(t *testing.T) {
	near := unseen(netip.MustParseAddr("127.0.0.9")) // loopback is a network that every computer is on
	if !strings.Contains(near.Error(), "do not reach each other") || !strings.Contains(hintOf(near), "keep their clients apart") {
		t.Errorf("in the same network: %q, hint %q", near, hintOf(near))
	}
	far := unseen(netip.MustParseAddr("198.51.100.7"))
	if !strings.Contains(far.Error(), "another network") || !strings.Contains(hintOf(far), "board's WiFi") {
		t.Errorf("in another network: %q, hint %q", far, hintOf(far))
	}
	for _, err := range []error{near, far} {
		if code := exitCode(err); code != exitNotFound {
			t.Errorf("exit code of %q = %d", err, code)
		}
	}
}

func TestBootLogAddress(t *testing.T) {
	for line, want := range map[string]string{
		"Listening, connect your browser to http://192.168.1.7/":      "192.168.1.7:80",
		"Listening, connect your browser to http://192.168.1.7:8080/": "192.168.1.7:8080",
		"Listening, connect your browser to http://\x1b[2J/":          "invalid AddrPort",
		"mpctl: WiFi: not let in.":                                    "invalid AddrPort",
	} {
		l := &bootLog{}
		l.add("boot...")
		l.add(line)
		if got := l.address().String(); got != want {
			t.Errorf("address after %q = %s, want %s", line, got, want)
		}
	}
	l := &bootLog{}
	l.add("mpctl: No such WiFi found: home")
	l.add("other text")
	p := &provisioning{boot: l}
	if err := p.notJoined(errors.New("nothing")); exitCode(err) != exitProvision || !strings.Contains(err.Error(), "No such WiFi found: home") {
		t.Errorf("notJoined = %v", err)
	}
}

func TestSeveral(t *testing.T) {
	serial, rejected := error(&serialio.NotFoundError{Path: "p"}), error(&rejectedError{})
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
