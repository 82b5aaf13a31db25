//go:build linux || darwin

package firmware_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mpctl/firmware"
	"mpctl/internal/test/need"
)

func TestMetrics(t *testing.T) {
	b := serving(t, nil, nil)
	b.get(t, "/none")
	b.get(t, "/api/read")
	a := b.get(t, "/metrics")
	if got := a.header.Get("Content-Type"); a.status != 200 || got != "text/plain; version=0.0.4; charset=utf-8" {
		t.Errorf("status %d, type %s", a.status, got)
	}
	for _, want := range []string{
		`mpboard_light_raw 1234`, `mpboard_light_ratio 0\.3013`, `mpboard_uptime_seconds \d+`, `mpboard_heap_free_bytes \d+`,
		`mpboard_wifi_signal_dbm -48`, `mpboard_http_requests_total\{code="200"\} 1`, `mpboard_http_requests_total\{code="404"\} 1`,
		`mpboard_info\{version="` + regexp.QuoteMeta(firmware.Version()) + `",board="mpython",id="` + b.ID() + `"\} 1`,
	} {
		if !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(a.body) {
			t.Errorf("no line is %s: %s", want, a.body)
		}
	}
	t.Run("promtool", func(t *testing.T) { promtool(t, a.body) })
}

// promtool checks metrics with Prometheus' own checker.
func promtool(t *testing.T, metrics string) {
	t.Helper()
	path := filepath.Join("..", ".tools", "promtool", "run")
	if _, err := exec.LookPath(path); err != nil {
		need.Missing(t, "there is no promtool: 'make tools' gets it")
	}
	cmd := exec.CommandContext(t.Context(), path, "check", "metrics")
	cmd.Stdin = strings.NewReader(metrics)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("promtool: %v: %s", err, out)
	}
}

func TestMetricsWithoutLight(t *testing.T) {
	for name, c := range map[string]struct{ source, want, wantNot string }{
		"fails":   {`SENSORS = {"light": {"read": lambda: 1 / 0, "unit": "raw", "max": 4095}}`, "mpboard_info", "mpboard_light"},
		"lux":     {`SENSORS = {"light": {"read": lambda: 81.5, "unit": "lx", "max": 157000}}`, "mpboard_illuminance_lux 81.5\n", "mpboard_light"},
		"unknown": {`SENSORS = {"light": {"read": lambda: 5, "unit": "sheep"}}`, "mpboard_info", "mpboard_light"},
	} {
		t.Run(name, func(t *testing.T) {
			b := serving(t, nil, map[string]string{"/sensors.py": c.source})
			a := b.get(t, "/metrics")
			if a.status != 200 || !strings.Contains(a.body, c.want) || strings.Contains(a.body, c.wantNot) {
				t.Errorf("%d: %s, want %q and no %q", a.status, a.body, c.want, c.wantNot)
			}
			promtool(t, a.body)
		})
	}
}
