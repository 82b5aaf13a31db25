//go:build linux || darwin

package firmware_test

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// brightening is a light sensor whose value changes at each reading.
const brightening = `
value = 1000
def read():
    global value
    value = value + 7 if value < 2000 else 1000
    return value
SENSORS = {"light": {"read": read, "unit": "raw", "min": 0, "max": 4095}}
`

func TestPageInBrowser(t *testing.T) {
	b := serving(t, nil, map[string]string{"/sensors.py": brightening})
	tab := openTab(t)
	tab.call("Page.navigate", map[string]any{"url": "http://" + b.Addr().String() + "/"})

	sentence := func() int {
		_, value, _ := strings.Cut(tab.text(`document.getElementById("sentence").textContent`), "Your light sensor value is: ")
		n, _ := strconv.Atoi(strings.TrimSpace(value))
		return n
	}
	eventually(t, "the page shows a value", func() bool { return sentence() > 0 })
	first := sentence()
	eventually(t, "the value in the sentence changes", func() bool { n := sentence(); return n > 0 && n != first })
	cell := `document.querySelector("td[data-sensor=light]").textContent`
	shown := tab.text(cell)
	eventually(t, "the value in the table changes", func() bool { return tab.text(cell) != shown })
	eventually(t, "the chart has a line", func() bool {
		return len(strings.Fields(tab.text(`document.getElementById("trace").getAttribute("points")`))) > 3
	})
	if got := tab.text(`document.getElementById("state").textContent`); got != "live" {
		t.Errorf("the page says it is %q", got)
	}
	if title := strings.TrimSpace(tab.text("document.title")); title != "desk" {
		t.Errorf("title = %q", title)
	}
	if len(tab.console) > 0 {
		t.Errorf("the browser's console: %s", tab.console)
	}

	t.Run("phone", func(t *testing.T) {
		// 320 CSS pixels: a small phone, and a phone of twice that width at 200%.
		tab.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 320, "height": 640, "deviceScaleFactor": 1, "mobile": true})
		if wide := tab.text(`String(document.documentElement.scrollWidth)`); wide != "320" {
			t.Errorf("the page is %s pixels wide on a screen of 320", wide)
		}
		tab.call("Emulation.clearDeviceMetricsOverride", map[string]any{})
	})
	if path := os.Getenv("MPCTL_SCREENSHOT"); path != "" {
		tab.screenshot(path)
	}

	t.Run("restart", func(t *testing.T) {
		b.interrupt()
		b.reset()
		eventually(t, "the page notices", func() bool {
			return tab.text(`document.getElementById("state").textContent`) != "live"
		})
		eventually(t, "the page is live again", func() bool {
			return tab.text(`document.getElementById("state").textContent`) == "live"
		})
		before := sentence()
		eventually(t, "the value changes again", func() bool { return sentence() != before })
	})
}

// The page is small, and complete without its script.
func TestPageSize(t *testing.T) {
	b := serving(t, nil, nil)
	a := b.get(t, "/")
	if a.header.Get("Content-Length") != strconv.Itoa(len(a.body)) || len(a.body) >= 6<<10 {
		t.Errorf("%d bytes, Content-Length %s, want less than 6 KB", len(a.body), a.header.Get("Content-Length"))
	}
	if strings.Contains(a.body, "{{") || strings.Contains(a.body, "http://") || strings.Contains(a.body, "https://") {
		t.Errorf("a slot is empty, or the page loads something from another host: %s", a.body)
	}
	plain, _, _ := strings.Cut(a.body, "<script>")
	for _, want := range []string{"Your light sensor value is: 1234", `<tr><th>light<td data-sensor="light">1234 raw`} {
		if !strings.Contains(plain, want) {
			t.Errorf("without JavaScript the page lacks %q", want)
		}
	}
}

func (tab *tab) screenshot(path string) {
	tab.t.Helper()
	tab.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": 720, "height": 640, "deviceScaleFactor": 1, "mobile": false})
	var shot struct{ Data string }
	if err := json.Unmarshal(tab.call("Page.captureScreenshot", map[string]any{"format": "png"}), &shot); err != nil {
		tab.t.Fatal(err)
	}
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		tab.t.Fatal(err)
	}
}
