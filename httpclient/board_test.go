package httpclient

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/internal/identity"
)

// newBoard returns a board that gives one answer to every request.
func newBoard(t *testing.T, answer string) *Board {
	t.Helper()
	return New(Options{}).Board(netip.MustParseAddrPort(serveText(t, answer)))
}

// jsonAnswer returns the text of an HTTP answer with a JSON body.
func jsonAnswer(status, body string) string {
	return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
}

const infoJSON = `{"api":1,"name":"desk","id":"a1b2c3d4e5f6","board":"esp32","fw":"1.0","micropython":"1.25.0","uptime_s":7,
	"heap_free":50000,"ip":"127.0.0.1","port":8080,"wifi":{"ssid":"net","rssi":-61},"later":[{}],
	"sensors":[{"name":"light","unit":"raw","min":0,"max":4095},{"name":"temp","unit":"°C","min":null,"max":null}]}`

func ptr[T any](v T) *T { return &v }

func TestInfo(t *testing.T) {
	got, err := newBoard(t, jsonAnswer("200 OK", infoJSON)).Info(t.Context())
	want := Info{
		API: 1, Name: "desk", ID: "a1b2c3d4e5f6", Board: "esp32", Firmware: "1.0", MicroPython: "1.25.0", UptimeS: 7,
		HeapFree: 50000, IP: "127.0.0.1", Port: 8080, WiFi: WiFi{"net", ptr(-61)},
		Sensors: []Sensor{{"light", "raw", ptr(0.), ptr(4095.)}, {"temp", "°C", nil, nil}},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
}

func TestRead(t *testing.T) {
	got, err := newBoard(t, jsonAnswer("200 OK", `{"sensor":"light","value":1234,"unit":"raw","min":0,"max":4095,"uptime_ms":5}`)).Read(t.Context(), "light")
	want := Reading{Sensor: "light", Value: ptr(1234.), Unit: "raw", Min: ptr(0.), Max: ptr(4095.), UptimeMS: 5}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
}

func TestReadAll(t *testing.T) {
	got, err := newBoard(t, jsonAnswer("200 OK", `{"readings":[{"sensor":"light","value":-1.5,"unit":"raw"},
		{"sensor":"temp","value":null,"error":"no answer on the bus"}],"uptime_ms":9}`)).ReadAll(t.Context())
	want := []Reading{
		{Sensor: "light", Value: ptr(-1.5), Unit: "raw", UptimeMS: 9},
		{Sensor: "temp", Error: "no answer on the bus", UptimeMS: 9},
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
}

func TestBoardExplainsError(t *testing.T) {
	_, err := newBoard(t, jsonAnswer("404 Not Found", `{"error":"no sensor 'x'; there is: light"}`)).Read(t.Context(), "x")
	var status *StatusError
	if !errors.As(err, &status) || status.Status != "404 Not Found" || !strings.HasSuffix(status.URL, "/api/read/x") || status.Message != "no sensor 'x'; there is: light" {
		t.Fatalf("%v (%T), want the board's StatusError", err, err)
	}
}

func TestNotABoard(t *testing.T) {
	for name, text := range map[string]string{
		"a web server":     jsonAnswer("200 OK", "<html>"),
		"its 404":          jsonAnswer("404 Not Found", "<html>"),
		"a redirect":       "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
		"other JSON":       jsonAnswer("200 OK", `{"hello":"world"}`),
		"a list":           jsonAnswer("200 OK", `[]`),
		"a wrong type":     jsonAnswer("200 OK", strings.Replace(infoJSON, `"uptime_s":7`, `"uptime_s":"7"`, 1)),
		"no name":          jsonAnswer("200 OK", strings.Replace(infoJSON, `"desk"`, `""`, 1)),
		"an uppercase id":  jsonAnswer("200 OK", strings.Replace(infoJSON, `"a1b2`, `"A1B2`, 1)),
		"too many sensors": jsonAnswer("200 OK", strings.Replace(infoJSON, `"sensors":[`, `"sensors":[`+strings.Repeat(`{"name":"x"},`, identity.MaxSensors), 1)),
		"two values":       jsonAnswer("200 OK", infoJSON+infoJSON),
		"too long":         jsonAnswer("200 OK", infoJSON+strings.Repeat(" ", maxAnswer)),
	} {
		_, err := newBoard(t, text).Info(t.Context())
		var other *NotBoardError
		if !errors.As(err, &other) {
			t.Errorf("%s: %v (%T), want a NotBoardError", name, err, err)
		}
	}
	_, err := newBoard(t, jsonAnswer("200 OK", `{"sensor":"sound","value":1}`)).Read(t.Context(), "light")
	var other *NotBoardError
	if !errors.As(err, &other) {
		t.Errorf("another sensor's reading: %v (%T), want a NotBoardError", err, err)
	}
}

func TestBoardTruncated(t *testing.T) {
	_, err := newBoard(t, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"+`{"api":`).Info(t.Context())
	var incomplete *IncompleteError
	if !errors.As(err, &incomplete) || *incomplete != (IncompleteError{7, 1000}) {
		t.Fatalf("%v (%T), want 7 of 1000 bytes", err, err)
	}
}

func TestBoardWithoutProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://192.0.2.2:3128")
	if _, err := newBoard(t, jsonAnswer("200 OK", infoJSON)).Info(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestBoardURL(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.7:80": "http://192.0.2.7/x", "192.0.2.7:8080": "http://192.0.2.7:8080/x", "[fe80::1%eth0]:80": "http://[fe80::1%25eth0]/x",
	} {
		if got := New(Options{}).Board(netip.MustParseAddrPort(addr)).URL("/x"); got != want {
			t.Errorf("URL of %s = %q, want %q", addr, got, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(infoJSON))
	f.Add([]byte(`{"sensor":"light","value":1234,"unit":"raw","min":0,"max":4095,"uptime_ms":5}`))
	f.Add([]byte(`{"readings":[{"sensor":"light","value":null,"error":"x"}],"uptime_ms":9}`))
	f.Add([]byte(`{"error":"no such sensor"}`))
	f.Add([]byte(`{"readings":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if i, err := decodeInfo(data); err == nil && (i.Name == "" || i.ID == "" || i.API < apiVersion || len(i.Sensors) > identity.MaxSensors) {
			t.Errorf("decodeInfo(%q) = %+v", data, i)
		}
		readings, err := decodeReadings(data)
		if r, errOne := decodeReading(data); errOne == nil {
			readings, err = append(readings, r), nil
		}
		for _, r := range readings {
			if err == nil && (r.Sensor == "" || r.Value == nil && r.Error == "") {
				t.Errorf("%q gives %+v", data, r)
			}
		}
		if err == nil {
			if _, err := json.Marshal(readings); err != nil {
				t.Errorf("%q gives a reading that cannot be passed on: %v", data, err)
			}
		}
		if n := len(errorText(data)); n > maxMessage+len("…") {
			t.Errorf("an error text of %d bytes", n)
		}
	})
}
