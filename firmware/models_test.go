//go:build linux || darwin

package firmware_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"

	"mpctl/firmware"
	"mpctl/sim"
)

// booted starts a board of that model with the firmware, named desk, and waits until it listens. It returns the
// output up to then.
func booted(t *testing.T, model string, config map[string]any, files map[string]string) (*board, string) {
	t.Helper()
	light := 1000
	b := blank(t, sim.Config{Model: model, Light: &light})
	b.install(config, files)
	b.reset()
	output := b.expect("Listening, connect your browser to ")
	b.expect("\n")
	return b, output
}

// askBeacon sends a datagram to the board's beacon, and returns the answer; it is empty if none arrives in time.
func askBeacon(t *testing.T, b *board, question string, patience time.Duration) string {
	t.Helper()
	conn, err := net.Dial("udp4", b.Addr().String()+":50353")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte(question)); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	n, err := conn.Read(buf)
	if err != nil {
		return ""
	}
	return string(buf[:n])
}

// resolves asks by mDNS until the answer is data, in zone file format. A name is announced only after probing.
func resolves(t *testing.T, name string, kind uint16, data string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	query := new(dns.Msg).SetQuestion(name, kind)
	packet, err := query.Pack()
	if err != nil {
		t.Fatal(err)
	}
	got := "no answer"
	buf := make([]byte, 1500)
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if _, err := conn.WriteTo(packet, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, _, err := conn.ReadFrom(buf)
		var answer dns.Msg
		if err != nil || answer.Unpack(buf[:n]) != nil || answer.Id != query.Id || len(answer.Answer) == 0 {
			continue
		}
		got = strings.TrimPrefix(answer.Answer[0].String(), answer.Answer[0].Header().String())
		if got == data {
			return
		}
	}
	t.Errorf("%s is %s, want %s", name, got, data)
}

func isAnnounced(t *testing.T, b *board) {
	t.Helper()
	resolves(t, "desk.local.", dns.TypeA, b.Addr().String())
}

func names(sensors ...any) []any { return append([]any{}, sensors...) }

func TestModels(t *testing.T) {
	pin := func(n int) map[string]any {
		return map[string]any{"sensors": map[string]any{"light": map[string]any{"pin": n}}}
	}
	labplus := names("button_a", "button_b", "light", "sound")
	for name, c := range map[string]struct {
		model   string
		config  map[string]any
		board   string
		sensors []any
		light   float64
		mdns    bool // the firmware's own responder answers
	}{
		"mpython":                {sim.MPython, nil, "mpython", labplus, 1000, true},
		"mpython, no motion":     {sim.MPythonNoMotion, nil, "mpython", labplus, 1000, true},
		"mpython 3":              {sim.MPythonV3, nil, "mpython", names("button_a", "button_b", "chip_temperature", "light", "sound"), 1500, true},
		"esp32":                  {sim.ESP32, nil, "esp32", names(), 0, true},
		"esp32 with a pin":       {sim.ESP32, pin(34), "esp32", names("light"), 1000, true},
		"rp2":                    {sim.RP2, nil, "rp2", names("chip_temperature"), 0, false},
		"rp2 with a pin":         {sim.RP2, pin(26), "rp2", names("chip_temperature", "light"), 1000, false},
		"esp8266":                {sim.ESP8266, nil, "esp8266", names(), 0, true},
		"esp8266 with its input": {sim.ESP8266, pin(0), "esp8266", names("light"), 1000, true},
	} {
		t.Run(name, func(t *testing.T) {
			b, output := booted(t, c.model, c.config, nil)
			if taken := strings.Contains(output, "mDNS: port 5353 is taken"); taken == c.mdns {
				t.Errorf("port 5353 taken: %v; the board printed %q", taken, output)
			}
			want := map[string]any{
				"name": "desk", "id": b.ID(), "fw": firmware.Version(), "board": c.board, "ip": b.Addr().String(), "port": 80.0,
				"sensors": c.sensors,
			}
			if diff := cmp.Diff(want, decode(t, askBeacon(t, b, "mpctl?", patience))); diff != "" {
				t.Error("beacon: ", diff)
			}
			if a := b.get(t, "/api/read/light"); c.light == 0 && a.status != 404 || c.light != 0 && decode(t, a.body)["value"] != c.light {
				t.Errorf("light: %d %s, want %v", a.status, a.body, c.light)
			}
			if slices.Contains(c.sensors, any("chip_temperature")) {
				if r := decode(t, b.get(t, "/api/read/chip_temperature").body); r["value"] != 41.0 || r["unit"] != "°C" {
					t.Errorf("chip_temperature: %v", r)
				}
			}
			isAnnounced(t, b)
			if c.mdns {
				resolves(t, "desk._mpctl._tcp.local.", dns.TypeSRV, "0 0 80 desk.local.")
			}
		})
	}
}

// Without its OLED, the mPython's own start does not run main.py. Started by hand, the firmware works.
func TestNoScreen(t *testing.T) {
	b := blank(t, sim.Config{Model: sim.MPythonNoScreen})
	b.install(nil, nil)
	b.reset()
	b.expect("IIC Hardfault")
	b.expect(">>> ")
	b.send("from mpctl import main; main()\r")
	b.expect("Listening, connect your browser to ")
	if a := b.get(t, "/"); a.status != 200 {
		t.Errorf("status %d", a.status)
	}
}

// After a soft reset the WiFi is still up, and on an ESP32 the built-in responder has port 5353.
func TestTakesOverPort5353(t *testing.T) {
	for _, model := range []string{sim.MPython, sim.ESP32} {
		t.Run(model, func(t *testing.T) {
			b := blank(t, sim.Config{Model: model})
			b.install(nil, map[string]string{"/joined.py": `
import network, socket, time
from mpctl import wifi
n = wifi.join("classroom", "chalk and cheese")
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    s.bind(("0.0.0.0", 5353))
except OSError as e:
    print(n["joined"], e.args[0])
s.close()
`})
			errno := map[string]int{sim.MPython: 98, sim.ESP32: 112}[model]
			if printed, traceback := b.run("import joined"); printed != fmt.Sprintf("True %d\r\n", errno) {
				t.Fatalf("%q %s, want the responder to have the port", printed, traceback)
			}
			b.send("from mpctl import main; main()\r")
			if output := b.expect("Listening, connect your browser to "); strings.Contains(output, "is taken") {
				t.Errorf("the board printed %q", output)
			}
			resolves(t, "desk._mpctl._tcp.local.", dns.TypeSRV, "0 0 80 desk.local.")
		})
	}
}

// Where the built-in responder keeps the port and takes services, the firmware registers its services there.
func TestServicesOfTheBuiltInResponder(t *testing.T) {
	const boot = "import network\nnetwork.mdns_service = lambda *service: print('service', service)\n"
	_, output := booted(t, sim.RP2, nil, map[string]string{"/boot.py": boot})
	for _, want := range []string{"service ('_mpctl', '_tcp', 80)", "service ('_http', '_tcp', 80)"} {
		if !strings.Contains(output, want) {
			t.Errorf("%q lacks %s", output, want)
		}
	}
}
