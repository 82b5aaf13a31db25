//go:build linux || darwin

package sim_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpctl/sim"
)

// probe prints in what the models differ.
const probe = `
import os, sys, socket, network, errno
def there(module):
    try:
        __import__(module)
        return module
    except ImportError:
        return "no " + module
    except OSError as e:
        return module + " raises " + str(e)
def raises(f, *args):
    try:
        return f(*args)
    except Exception as e:
        return type(e).__name__ + str(e.args)
sta = network.WLAN(network.STA_IF)
print("system:", sys.platform, os.uname().machine, sys.implementation[1][:2])
print("socket:", getattr(errno, "EADDRINUSE"), getattr(errno, "ETIMEDOUT"), socket.IP_ADD_MEMBERSHIP, hasattr(socket, "SO_BROADCAST"))
s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", 80)); s.listen(1); s.settimeout(0.2)
print("timeout:", raises(s.accept))
print("taken:", raises(socket.socket().bind, ("0.0.0.0", 80)))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print("5353:", raises(u.bind, ("0.0.0.0", 5353)))
print("name:", raises(lambda: sta.config(dhcp_hostname="x")), hasattr(network, "hostname"))
sta.active(True)
print("power:", raises(lambda: sta.config(pm=0)), sta.status())
print("modules:", there("mpython"), there("uzlib"), there("deflate"))
`

func TestModels(t *testing.T) {
	const (
		old = "uzlib no deflate"
		now = "no uzlib deflate"
	)
	labplus := func(mpython string) []string {
		return []string{
			"system: esp32 mpython with ESP32 (1, 12)", "socket: 98 110 3 False", "timeout: OSError(110,)", "taken: OSError(98,)",
			"5353: None", "name: OSError('TCP/IP IF Not Ready',) False", "power: ValueError('unknown config param',) 1000",
			"modules: " + mpython + " " + old,
		}
	}
	for model, want := range map[string][]string{
		sim.MPython:         labplus("mpython"),
		sim.MPythonNoMotion: labplus("mpython raises MOTION init error"),
		sim.MPythonNoScreen: labplus("mpython"),
		sim.MPythonV3: {
			"system: esp32 mpython pro with ESP32S3 (1, 24)", "socket: 112 116 3 True", "timeout: OSError(116,)", "taken: OSError(112,)",
			"5353: None", "name: OSError('TCP/IP IF Not Ready',) True", "power: None 1000", "modules: mpython " + now,
		},
		sim.ESP32: {
			"system: esp32 ESP32 module with ESP32 (1, 25)", "socket: 112 116 3 True", "timeout: OSError(116,)", "taken: OSError(112,)",
			"5353: None", "name: OSError('TCP/IP IF Not Ready',) True", "power: None 1000", "modules: no mpython " + now,
		},
		sim.RP2: {
			"system: rp2 Raspberry Pi Pico W with RP2040 (1, 25)", "socket: 98 110 1024 True", "timeout: OSError(110,)", "taken: OSError(98,)",
			"5353: OSError(98,)", "name: OSError('TCP/IP IF Not Ready',) True", "power: None 0", "modules: no mpython " + now,
		},
		sim.ESP8266: {
			"system: esp8266 ESP8266 module with ESP8266 (1, 25)", "socket: 98 110 1024 True", "timeout: OSError(110,)", "taken: OSError(98,)",
			"5353: None", "name: OSError('TCP/IP IF Not Ready',) True", "power: None 0", "modules: no mpython " + now,
		},
	} {
		t.Run(model, func(t *testing.T) {
			b := start(t, sim.Config{Model: model, Blank: true})
			if err := os.WriteFile(filepath.Join(b.Flash(), "probe.py"), []byte(probe), 0o600); err != nil {
				t.Fatal(err)
			}
			s := open(t, b)
			s.send("\r\x03")
			s.expect(">>> ")
			s.send("\x01")
			s.expect("raw REPL; CTRL-B to exit\r\n>")
			s.send("import probe\x04")
			s.expect("OK")
			got := strings.Split(strings.TrimSuffix(s.expect("\x04"), "\r\n\x04"), "\r\n")
			for i := range max(len(got), len(want)) {
				if i >= len(got) || i >= len(want) || got[i] != want[i] {
					t.Fatalf("line %d: got %q, want %q", i, got, want)
				}
			}
		})
	}
}

func TestNoSuchModel(t *testing.T) {
	_, err := sim.Start(t.Context(), sim.Config{Model: "abacus"})
	var config *sim.ConfigError
	if !errors.As(err, &config) || !strings.Contains(config.Hint(), "esp8266, mpython") {
		t.Errorf("err = %v", err)
	}
}
