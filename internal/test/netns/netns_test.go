package netns

import (
	"net"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	Enter()
	os.Exit(m.Run())
}

func TestOnlyLoopback(t *testing.T) {
	Require(t)
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if len(interfaces) != 1 || interfaces[0].Name != "lo" || interfaces[0].Flags&net.FlagUp == 0 {
		t.Fatalf("interfaces = %v, want lo alone, up", interfaces)
	}
	if conn, err := net.Dial("udp4", "192.0.2.1:9"); err == nil {
		conn.Close()
		t.Fatal("there is a route out of the namespace")
	}
}
