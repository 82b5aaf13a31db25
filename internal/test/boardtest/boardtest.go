// Package boardtest has boards for tests that need no firmware: an HTTP API on loopback, announced by mDNS.
package boardtest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/mdns"

	"mpctl/httpclient"
	"mpctl/internal/test/netns"
)

// Serve serves the API of a board on loopback until the test ends, and returns its address. The sensors are those of the
// readings.
func Serve(t *testing.T, name, id string, readings ...httpclient.Reading) netip.AddrPort {
	t.Helper()
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
	return Address(serve(t, mux))
}

// ServeInfo serves a board on loopback that answers with info, whatever it is asked.
func ServeInfo(t *testing.T, info httpclient.Info) netip.AddrPort {
	t.Helper()
	return Address(serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { answer(w, info) })))
}

// ServeStream serves a board with a light sensor on loopback. Its streams are written by stream, which is given the
// number of the stream, counted from 1.
func ServeStream(t *testing.T, name, id string, stream func(n int, w http.ResponseWriter, r *http.Request)) *httptest.Server {
	t.Helper()
	var n atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/api/info", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, httpclient.Info{API: 1, Name: name, ID: id, Sensors: []httpclient.Sensor{{Name: "light"}}})
	})
	mux.HandleFunc("/api/read/light", func(w http.ResponseWriter, _ *http.Request) { answer(w, Light(1)) })
	mux.HandleFunc("/api/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		stream(int(n.Add(1)), w, r)
	})
	return serve(t, mux)
}

// Send sends readings on a stream, as one event each.
func Send(w http.ResponseWriter, readings ...httpclient.Reading) {
	for _, r := range readings {
		data, _ := json.Marshal(r)
		fmt.Fprintf(w, "data: %s\n\n", data)
	}
	w.(http.Flusher).Flush()
}

// Announce says by mDNS on loopback that a board is at addr, until the test ends or stop is called.
func Announce(t *testing.T, name, id string, addr netip.AddrPort) (stop func()) {
	t.Helper()
	return respond(t, "_mpctl._tcp", name, addr, "txtvers=1", "id="+id, "fw=1.0", "board=esp32", "sensors=light")
}

// AnnounceHost answers by mDNS on loopback for the host name alone, as the firmware of a Pico W does.
func AnnounceHost(t *testing.T, name string, addr netip.Addr) {
	t.Helper()
	respond(t, "_other._tcp", name, netip.AddrPortFrom(addr, 80))
}

func respond(t *testing.T, service, name string, addr netip.AddrPort, txt ...string) (stop func()) {
	t.Helper()
	netns.Require(t)
	lo, err := net.InterfaceByName("lo")
	if err != nil {
		t.Fatal(err)
	}
	zone, err := mdns.NewMDNSService(name, service, "", name+".local.", int(addr.Port()), []net.IP{addr.Addr().AsSlice()}, txt)
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

// Light returns a reading of a light sensor.
func Light(v float64) httpclient.Reading {
	low, high := 0., 4095.
	return httpclient.Reading{Sensor: "light", Value: &v, Unit: "raw", Min: &low, Max: &high}
}

// Address returns where a server listens.
func Address(s *httptest.Server) netip.AddrPort {
	return netip.MustParseAddrPort(s.Listener.Addr().String())
}

func serve(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	netns.Require(t)
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func answer(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
