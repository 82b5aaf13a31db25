package firmware_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/mdnstest"
	"mpctl/internal/test/need"
	"mpctl/sim"
)

// browse returns the services that avahi-browse resolves, as "instance host address".
func browse(a *mdnstest.Avahi) []string {
	var found []string
	for line := range strings.Lines(a.Run("avahi-browse", "-rpt", "_mpctl._tcp")) {
		// =;interface;protocol;instance;type;domain;host;address;port;txt
		if f := strings.Split(line, ";"); f[0] == "=" && len(f) > 8 {
			found = append(found, f[3]+" "+f[6]+" "+f[7])
		}
	}
	slices.Sort(found)
	return found
}

// Avahi and ten boards on one link keep their names, and Avahi finds all boards.
func TestTenBoardsBesideAvahi(t *testing.T) {
	a := mdnstest.StartAvahi(t, "laptop")
	var want []string
	for i := range 10 {
		name := fmt.Sprintf("board%d", i)
		b, err := sim.Start(t.Context(), sim.Config{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := b.Stop(); err != nil {
				t.Errorf("%s ended with: %v", name, err)
			}
		})
		want = append(want, fmt.Sprintf("%s %s.local %s", name, name, b.Addr()))
	}
	slices.Sort(want)
	var found []string
	for end := time.Now().Add(3 * patience); !slices.Equal(found, want) && time.Now().Before(end); {
		found = browse(a)
	}
	if !slices.Equal(found, want) {
		t.Errorf("avahi-browse finds %q, want %q", found, want)
	}
	if out := a.Run("avahi-resolve", "-4", "-n", "board7.local"); !strings.Contains(out, strings.Fields(want[7])[2]) {
		t.Errorf("avahi-resolve says %q, want %s", out, want[7])
	}
	if out := a.Run("avahi-resolve", "-4", "-n", "laptop.local"); !strings.Contains(out, "127.0.0.1") {
		t.Errorf("avahi-resolve says %q of its own host", out)
	}
	if log := a.Log(); strings.Contains(log, "conflict") {
		t.Errorf("Avahi complains: %s", log)
	}
}

// The name belongs to a computer, so the board takes the next name.
func TestNameOfAComputer(t *testing.T) {
	a := mdnstest.StartAvahi(t, "desk")
	b := blank(t, sim.Config{})
	b.install(nil, nil)
	b.reset()
	b.expect("this is desk-2.local now")
	b.checkName("desk-2")
	for name, want := range map[string]string{"desk.local": "127.0.0.1", "desk-2.local": b.Addr().String()} {
		if out := a.Run("avahi-resolve", "-4", "-n", name); !strings.HasSuffix(strings.TrimSpace(out), "\t"+want) {
			t.Errorf("avahi-resolve of %s: %q, want %s", name, out, want)
		}
	}
}

func TestFoundByPythonZeroconf(t *testing.T) {
	b, _ := announced(t)
	python := "/usr/bin/python3" // the distribution's, which fits its package python3-zeroconf
	if _, err := os.Stat(python); err != nil {
		need.Missing(t, err.Error())
	}
	packages := filepath.Join(mdnstest.Peers(t), "usr", "lib", "python3", "dist-packages")
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, python, filepath.Join("testdata", "zeroconf_browse.py"), service, fmt.Sprint(patience.Seconds()))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+packages, "PYTHONDONTWRITEBYTECODE=1")
	out, err := cmd.CombinedOutput()
	want := fmt.Sprintf("%s %s %s 80 %s\n", instance, host, b.Addr(), b.ID())
	if err != nil || string(out) != want {
		t.Errorf("python-zeroconf finds %q, %v; want %q", out, err, want)
	}
}
