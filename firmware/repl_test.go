//go:build linux || darwin

package firmware_test

import (
	"net"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"mpctl/internal/test/mdnstest"
	"mpctl/sim"
)

// As in the tutorial: main() prints where it listens and each client, Ctrl-C returns to the prompt.
func TestMainAtThePrompt(t *testing.T) {
	b := serving(t, nil, nil)
	b.get(t, "/")
	// A simulated board does not survive Ctrl-C during a collection, so the names are claimed first.
	isAnnounced(t, b)
	if output := b.interrupt(); !strings.Contains(output, "mpctl: stopped") || strings.Contains(output, "Client") || strings.Contains(output, "Traceback") {
		t.Errorf("after Ctrl-C to the firmware started at boot: %q", output)
	}
	ip := b.Addr().String()
	b.send("from mpctl import main\r")
	b.expect(">>> ")
	for range 3 {
		if conn, err := net.Dial("tcp4", ip+":80"); err == nil {
			conn.Close()
			t.Error("after Ctrl-C port 80 is still open")
		}
		b.send("main()\r")
		b.expect("Bind address info: [(")
		b.expect("('" + ip + "', 80))]\r\n")
		b.expect("Listening, connect your browser to http://" + ip + "/\r\n")
		if a := b.get(t, "/"); a.status != 200 {
			t.Errorf("status %d", a.status)
		}
		b.expect("Client address: ('127.0.0.1', ")
		b.expect("Client socket: <")
		isAnnounced(t, b)
		if output := b.interrupt(); !strings.Contains(output, "mpctl: stopped\r\n") || strings.Contains(output, "Traceback") {
			t.Errorf("after Ctrl-C: %q", output)
		}
	}
}

func TestPortTaken(t *testing.T) {
	b := blank(t, sim.Config{})
	ip := b.Addr().String()
	for _, port := range []string{":80", ":8080"} {
		l, err := net.Listen("tcp4", ip+port)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	b.install(nil, nil)
	b.reset()
	b.expect("Listening, connect your browser to http://" + ip + ":8081/\r\n")
	h := resolver(t).Legacy(mdnstest.Question(instance, dns.TypeSRV))
	if srv, ok := h.Answer[0].(*dns.SRV); !ok || srv.Port != 8081 {
		t.Errorf("announced %v, want port 8081", h.Answer)
	}
}

func TestNoWiFiConfigured(t *testing.T) {
	b := blank(t, sim.Config{})
	b.install(map[string]any{"wifi": []any{}}, nil)
	b.reset()
	b.expect("mpctl: no WiFi is configured: run 'mpctl provision' on the computer\r\n")
	b.expect(">>> ")
}
