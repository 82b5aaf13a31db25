package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/hashicorp/mdns"

	"mpctl/httpclient"
	"mpctl/internal/console"
	"mpctl/internal/test/netns"
)

// testApp is an app whose output can be looked at.
func testApp() (a *app, stdout, stderr *bytes.Buffer) {
	stdout, stderr = new(bytes.Buffer), new(bytes.Buffer)
	return appOn(new(bytes.Buffer), stdout, stderr), stdout, stderr
}

// appOn is an app on the given streams, without an environment.
func appOn(stdin io.Reader, stdout, stderr io.Writer) *app {
	a := &app{stdin: stdin, env: func(string) string { return "" }}
	a.writesTo(stdout, stderr)
	return a
}

func (a *app) writesTo(stdout, stderr io.Writer) {
	a.stdout, a.stderr = stdout, stderr
	a.Console = console.New(a.stdin, stdout, stderr, a.env)
}

// fakeBoard serves the API of a board on loopback and returns its address. Errors are given per sensor.
func fakeBoard(t *testing.T, name, id string, readings ...httpclient.Reading) netip.AddrPort {
	t.Helper()
	netns.Require(t)
	answer := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux := http.NewServeMux()
	mux.HandleFunc("/api/info", func(w http.ResponseWriter, _ *http.Request) {
		info := httpclient.Info{API: 1, Name: name, ID: id, Board: "esp32", Firmware: "1.0", UptimeS: 3}
		for _, r := range readings {
			info.Sensors = append(info.Sensors, httpclient.Sensor{Name: r.Sensor})
		}
		answer(w, info)
	})
	mux.HandleFunc("/api/read", func(w http.ResponseWriter, _ *http.Request) { answer(w, map[string]any{"readings": readings}) })
	mux.HandleFunc("/api/read/{sensor}", func(w http.ResponseWriter, r *http.Request) {
		for _, reading := range readings {
			if reading.Sensor == r.PathValue("sensor") {
				answer(w, reading)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		answer(w, map[string]string{"error": "no such sensor"})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(server.Listener.Addr().String())
}

// announce says by mDNS on loopback that a board is at addr, until the test ends or stop is called.
func announce(t *testing.T, name, id string, addr netip.AddrPort) (stop func()) {
	t.Helper()
	netns.Require(t)
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := mdns.NewMDNSService(name, "_mpctl._tcp", "", name+".local.", int(addr.Port()), []net.IP{addr.Addr().AsSlice()},
		[]string{"txtvers=1", "id=" + id, "fw=1.0", "board=esp32", "sensors=light"})
	if err != nil {
		t.Fatal(err)
	}
	server, err := mdns.NewServer(&mdns.Config{Zone: zone, Iface: lo})
	if err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceFunc(func() { _ = server.Shutdown() })
	t.Cleanup(stop)
	return stop
}

func light(v float64) httpclient.Reading {
	low, high := 0., 4095.
	return httpclient.Reading{Sensor: "light", Value: &v, Unit: "raw", Min: &low, Max: &high}
}
