//go:build linux || darwin

package firmware_test

import (
	"io"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"mpctl/internal/test/mdnstest"
	"mpctl/sim"
)

const usersSensors = `
import math
def broken():
    raise ValueError("no answer from <0x40>")
SENSORS = {
    "broken": {"read": broken, "unit": "C"},
    "temp": {"read": lambda: 21.5, "unit": "<b>&\"", "min": -40, "max": 125},
    "nan": {"read": lambda: float("nan")},
    "inf": {"read": lambda: float("inf")},
    "text": {"read": lambda: "21"},
    "none": {"read": None},
    "sound": {"unit": "dB"},
    "number": 5,
    7: {"read": lambda: 7},
}
`

func TestUsersSensors(t *testing.T) {
	b := serving(t, nil, map[string]string{"/sensors.py": usersSensors})
	got := map[string]map[string]any{}
	for _, r := range decode(t, b.get(t, "/api/read").body)["readings"].([]any) {
		reading := r.(map[string]any)
		got[reading["sensor"].(string)] = reading
	}
	for name, want := range map[string]any{"light": 1234.0, "temp": 21.5, "broken": nil, "nan": nil, "inf": nil, "text": nil, "none": nil} {
		r, ok := got[name]
		if !ok || r["value"] != want {
			t.Errorf("%s: %v, want the value %v", name, r, want)
		}
		if _, failed := r["error"].(string); failed != (want == nil) {
			t.Errorf("%s: %v: an error belongs to each value that is missing, and to no other", name, r)
		}
	}
	if len(got) != 10 { // those above, sound and two buttons
		t.Errorf("sensors = %v, want 10 of them", got)
	}
	if text := got["broken"]["error"]; text != "ValueError: no answer from <0x40>" {
		t.Errorf("error = %q", text)
	}
	if temp := got["temp"]; temp["unit"] != `<b>&"` || temp["min"] != -40.0 || temp["max"] != 125.0 {
		t.Errorf("temp = %v", temp)
	}
	if a := b.get(t, "/api/read/broken"); a.status != 200 || decode(t, a.body)["error"] == nil {
		t.Errorf("%d: %s", a.status, a.body)
	}
	page := b.get(t, "/").body
	for _, want := range []string{"21.5 &lt;b&gt;&amp;&quot;", "no answer from &lt;0x40&gt;"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q: %s", want, page)
		}
	}
}

func TestUsersSensorsDoNotLoad(t *testing.T) {
	for name, source := range map[string]string{"syntax": "SENSORS = {", "raises": "1/0", "no dict": "SENSORS = 5", "empty": ""} {
		t.Run(name, func(t *testing.T) {
			b := serving(t, nil, map[string]string{"/sensors.py": source})
			if a := b.get(t, "/api/read/light"); a.status != 200 {
				t.Errorf("%d: %s", a.status, a.body)
			}
		})
	}
}

// Users edit the settings, so wrong settings must not keep the board off the network.
func TestHostileSettings(t *testing.T) {
	for name, c := range map[string]struct {
		settings map[string]any
		name     string
		sensors  string
	}{
		"name with tags":   {map[string]any{"name": "<script>alert(1)</script>"}, "", "button_a, button_b, light, sound"},
		"name too long":    {map[string]any{"name": strings.Repeat("a", 25)}, "", "button_a, button_b, light, sound"},
		"name no string":   {map[string]any{"name": 5}, "", "button_a, button_b, light, sound"},
		"port too large":   {map[string]any{"port": 70000}, "desk", "button_a, button_b, light, sound"},
		"port no number":   {map[string]any{"port": "80"}, "desk", "button_a, button_b, light, sound"},
		"sensors no dict":  {map[string]any{"sensors": []int{1}}, "desk", "button_a, button_b, light, sound"},
		"sensor of no pin": {map[string]any{"sensors": map[string]any{"x": map[string]any{"pin": 99}, "y": 3, "z": map[string]any{"pin": 35}}}, "desk", "button_a, button_b, light, sound, z"},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t, c.settings, nil)
			want := c.name
			if want == "" {
				want = "mpy-" + b.ID()[6:]
			}
			if got := decode(t, b.get(t, "/api/info").body)["name"]; got != want {
				t.Errorf("name = %v, want %s", got, want)
			}
			if page := b.get(t, "/").body; !strings.Contains(page, "<title>\n"+want+"\n</title>") || strings.Contains(page, "<script>alert") {
				t.Errorf("the page does not show %s alone as its name: %s", want, page)
			}
			if a := b.get(t, "/api/read/none"); !strings.Contains(a.body, "this board has: "+c.sensors+`"`) {
				t.Errorf("%s, want %s", a.body, c.sensors)
			}
		})
	}
}

// faults makes the firmware raise MemoryError where it allocates most, as if the heap were full for a moment.
const faults = `
from mpctl import answers, api, http
message, find = http.message, answers.find
def failing_message(answer, whole):
    if isinstance(answer[2], bytes) and b"boom" in answer[2]:
        raise MemoryError("memory allocation failed")
    return message(answer, whole)
def failing_find(records, name, kind):
    if name == b"\x04boom\x05local\x00":
        raise MemoryError("memory allocation failed")
    return find(records, name, kind)
def failing_step(self, now):
    raise MemoryError("memory allocation failed")
http.message, answers.find, api.Api.step = failing_message, failing_find, failing_step
SENSORS = {}
`

func TestSurvivesOutOfMemory(t *testing.T) {
	b := serving(t, nil, map[string]string{"/sensors.py": faults})
	for range 5 {
		for _, pieces := range [][]string{{"GET /boom HTTP/1.1\r\n\r\n"}, {"GET /bo", "om HTTP/1.1\r\n\r\n"}} {
			conn := b.dial()
			for _, piece := range pieces {
				if _, err := io.WriteString(conn, piece); err != nil {
					t.Fatal(err)
				}
			}
			if all, _ := io.ReadAll(conn); len(all) > 0 {
				t.Fatalf("answered %q", all)
			}
		}
	}
	if a := b.get(t, "/"); a.status != 200 {
		t.Errorf("status %d", a.status)
	}
	asker := resolver(t)
	asker.Send(mdnstest.Question("boom.local.", dns.TypeA))
	if answers := asker.Legacy(mdnstest.Question("desk.local.", dns.TypeA)).Answer; len(answers) != 1 {
		t.Errorf("answers = %v, want one", answers)
	}
}

func TestButtons(t *testing.T) {
	for model, gpios := range map[string][2]int{sim.MPython: {0, 2}, sim.MPythonNoMotion: {0, 2}, sim.MPythonV3: {0, 46}} {
		t.Run(model, func(t *testing.T) {
			b, _ := booted(t, model, nil, nil)
			for _, c := range []struct {
				held []int
				a, b float64
			}{{nil, 0, 0}, {gpios[:1], 1, 0}, {gpios[1:], 0, 1}, {gpios[:], 1, 1}, {nil, 0, 0}} {
				if err := b.Press(c.held...); err != nil {
					t.Fatal(err)
				}
				gotA := decode(t, b.get(t, "/api/read/button_a").body)["value"]
				gotB := decode(t, b.get(t, "/api/read/button_b").body)["value"]
				if gotA != c.a || gotB != c.b {
					t.Errorf("holding GPIOs %v: a = %v, b = %v, want %v and %v", c.held, gotA, gotB, c.a, c.b)
				}
			}
		})
	}
}

// A slow sensor delays other answers, and does nothing worse.
func TestSlowSensor(t *testing.T) {
	b := serving(t, nil, map[string]string{"/sensors.py": `
import time
def slow():
    time.sleep(2)
    return 5
SENSORS = {"slow": {"read": slow}}
`})
	slow := b.dial()
	if _, err := io.WriteString(slow, "GET /api/read/slow HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if a := b.get(t, "/api/read/light"); a.status != 200 {
		t.Errorf("light: %d", a.status)
	}
	if all, err := io.ReadAll(slow); err != nil || !strings.Contains(string(all), `"value": 5`) && !strings.Contains(string(all), `"value":5`) {
		t.Errorf("slow: %q, %v", all, err)
	}
}
