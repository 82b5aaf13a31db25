//go:build linux || darwin

package firmware_test

import (
	"strings"
	"testing"

	"mpctl/sim"
)

var (
	near   = sim.Network{SSID: "near", Password: "the pass of near", Channel: 1, RSSI: -40, Auth: 3, DHCP: true}
	far    = sim.Network{SSID: "far ärger 教室", Password: "the pass of far", Channel: 6, RSSI: -80, Auth: 3, DHCP: true}
	hidden = sim.Network{SSID: "hidden", Password: "the pass of hidden", Channel: 11, RSSI: -30, Auth: 3, DHCP: true, Hidden: true}
	office = sim.Network{SSID: "office", Password: "the pass of office", Channel: 1, RSSI: -30, Auth: 5, DHCP: true}
	noDHCP = sim.Network{SSID: "no dhcp", Password: "x", Channel: 11, RSSI: -35, Auth: 3}
)

func credentials(networks ...sim.Network) map[string]any {
	var wifi []any
	for _, n := range networks {
		wifi = append(wifi, map[string]any{"ssid": n.SSID, "password": n.Password})
	}
	return map[string]any{"wifi": wifi}
}

// bootNear starts a board with the networks around it, of which some are in its settings.
func bootNear(t *testing.T, model string, around []sim.Network, configured ...sim.Network) *board {
	t.Helper()
	b := blank(t, sim.Config{Model: model, Networks: around})
	b.install(credentials(configured...), nil)
	b.reset()
	return b
}

func ssid(t *testing.T, b *board) any {
	t.Helper()
	return decode(t, b.get(t, "/api/info").body)["wifi"].(map[string]any)["ssid"]
}

func TestStationTakesTheStrongest(t *testing.T) {
	wrong := near
	wrong.Password = "not it"
	for name, c := range map[string]struct {
		around, configured []sim.Network
		want               sim.Network
	}{
		"by signal":             {[]sim.Network{far, near}, []sim.Network{far, near}, near},
		"only one is heard":     {[]sim.Network{far}, []sim.Network{near, far}, far},
		"hidden ones last":      {[]sim.Network{hidden, far}, []sim.Network{hidden, far}, far},
		"a hidden one":          {[]sim.Network{hidden}, []sim.Network{near, hidden}, hidden},
		"the strongest refuses": {[]sim.Network{near, far}, []sim.Network{wrong, far}, far},
	} {
		t.Run(name, func(t *testing.T) {
			b := bootNear(t, sim.RP2, c.around, c.configured...)
			b.expect("Listening")
			if got := ssid(t, b); got != c.want.SSID {
				t.Errorf("joined %v, want %s", got, c.want.SSID)
			}
		})
	}
}

// Every port reconnects, whether its C firmware tries again by itself or not.
func TestStationComesBack(t *testing.T) {
	for _, model := range []string{sim.MPython, sim.ESP32, sim.RP2, sim.ESP8266} {
		t.Run(model, func(t *testing.T) {
			b := bootNear(t, model, []sim.Network{near}, near, far)
			b.expect("Listening")
			for _, around := range [][]sim.Network{{near}, {far}} {
				if err := b.SetNetworks(nil); err != nil {
					t.Fatal(err)
				}
				b.expect("mpctl: WiFi lost")
				if err := b.SetNetworks(around); err != nil {
					t.Fatal(err)
				}
				b.expect("Listening")
				if got := ssid(t, b); got != around[0].SSID {
					t.Errorf("joined %v, want %s", got, around[0].SSID)
				}
				isAnnounced(t, b)
			}
		})
	}
}

func TestNewAddress(t *testing.T) {
	b, _ := booted(t, sim.MPython, nil, nil)
	old := b.Addr()
	addr, err := b.Renumber()
	if err != nil {
		t.Fatal(err)
	}
	b.expect("Listening, connect your browser to http://" + addr.String() + "/")
	if addr == old || b.get(t, "/").status != 200 {
		t.Errorf("nothing at %s, after %s", addr, old)
	}
	if got := decode(t, askBeacon(t, b, "mpctl?", patience))["ip"]; got != addr.String() {
		t.Errorf("the beacon reports %v, want %s", got, addr)
	}
	isAnnounced(t, b)
}

// The board prints why it has no network, and does not give up.
func TestStationReportsWhy(t *testing.T) {
	wrong := near
	wrong.Password = "not it"
	for name, c := range map[string]struct {
		model      string
		around     []sim.Network
		configured sim.Network
		message    string
	}{
		"wrong password":          {sim.ESP32, []sim.Network{near}, wrong, "mpctl: WiFi: not let in. Wrong password? near"},
		"wrong password, Pico W":  {sim.RP2, []sim.Network{near}, wrong, "mpctl: WiFi: not let in. Wrong password? near"},
		"wrong password, ESP8266": {sim.ESP8266, []sim.Network{near}, wrong, "mpctl: WiFi: not let in. Wrong password? near"},
		"WPA2-Enterprise":         {sim.ESP32, []sim.Network{office}, office, "mpctl: WiFi: needs a user name as well: office"},
		"not there":               {sim.ESP32, []sim.Network{far}, near, "mpctl: No such WiFi found: near"},
	} {
		t.Run(name, func(t *testing.T) {
			b := bootNear(t, c.model, c.around, c.configured)
			for range 2 {
				if output := b.expect(c.message); strings.Contains(output, c.configured.Password) {
					t.Errorf("the password is in %q", output)
				}
			}
		})
	}
}

// Where the port reports no reason, an attempt ends after 12 seconds without a link, or 15 without an address.
func TestStationReportsWhyOnMaskingPorts(t *testing.T) {
	wrong := near
	wrong.Password = "not it"
	for name, c := range map[string]struct {
		configured sim.Network
		message    string
	}{
		"wrong password": {wrong, "mpctl: WiFi: not let in. Wrong password? near"},
		"not there":      {far, "mpctl: No such WiFi found: far"},
		"no address":     {noDHCP, "mpctl: WiFi: no address no dhcp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bootNear(t, sim.MPython, []sim.Network{near, noDHCP}, c.configured).expect(c.message)
		})
	}
}
