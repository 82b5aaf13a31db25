package discover

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/mdns"
	"github.com/miekg/dns"
	"golang.org/x/sys/unix"
)

// routeMulticast lets hashicorp/mdns join its group, which it does on the interface of the default route: in a
// namespace with nothing but loopback there is none.
func routeMulticast(t *testing.T, l link) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	native := binary.NativeEndian
	var m []byte
	m = native.AppendUint32(m, unix.SizeofNlMsghdr+unix.SizeofRtMsg+8+8)
	m = native.AppendUint16(m, unix.RTM_NEWROUTE)
	m = native.AppendUint16(m, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE|unix.NLM_F_REPLACE)
	m = append(m, 0, 0, 0, 0, 0, 0, 0, 0) // sequence number and port
	m = append(m, unix.AF_INET, 4, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_STATIC, unix.RT_SCOPE_LINK, unix.RTN_UNICAST, 0, 0, 0, 0)
	m = native.AppendUint16(m, 8)
	m = native.AppendUint16(m, unix.RTA_DST)
	m = append(m, 224, 0, 0, 0)
	m = native.AppendUint16(m, 8)
	m = native.AppendUint16(m, unix.RTA_OIF)
	m = native.AppendUint32(m, uint32(l.ifi.Index))
	if err := unix.Sendto(fd, m, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	ack := make([]byte, 4096)
	if _, _, err := unix.Recvfrom(fd, ack, 0); err != nil {
		t.Fatal(err)
	}
	if errno := int32(native.Uint32(ack[unix.SizeofNlMsghdr:])); errno != 0 {
		t.Fatalf("adding a multicast route: %v", unix.Errno(-errno))
	}
}

// TestSweep covers the hashicorp/mdns source alone.
func TestSweep(t *testing.T) {
	l := loopback(t)
	routeMulticast(t, l)
	responder(t, l, func(q *dns.Msg) [][]byte {
		return [][]byte{
			reply(t, q, "_ipp._tcp.local. 10 IN PTR printer._ipp._tcp.local.", "printer._ipp._tcp.local. 10 IN SRV 0 0 631 printer.local.",
				`printer._ipp._tcp.local. 10 IN TXT "id=1"`, "printer.local. 10 IN A 127.0.0.3"),
			reply(t, q, announced(`desk\ lamp`, "a1b2c3d4e5f6", "127.0.0.1")...),
		}
	})
	got, warnings, err := scan(t.Context(), []source{sweep{l}}, Options{Timeout: patience})
	if err != nil || len(warnings) != 0 {
		t.Fatal(err, warnings)
	}
	if diff := cmp.Diff([]Board{board("desk lamp", "a1b2c3d4e5f6", "127.0.0.1")}, got, equateAddrs); diff != "" {
		t.Fatal(diff)
	}
}

func TestBoardOfRejects(t *testing.T) {
	good := mdns.ServiceEntry{Name: "desk._mpctl._tcp.local.", Host: "desk.local.", Port: 80, AddrV4: []byte{127, 0, 0, 1}}
	if b, ok := boardOf(&good); !ok || b.Addr != netip.MustParseAddr("127.0.0.1") {
		t.Fatalf("boardOf(good) = %+v, %t", b, ok)
	}
	for name, spoil := range map[string]func(*mdns.ServiceEntry){
		"another service": func(e *mdns.ServiceEntry) { e.Name = "desk._http._tcp.local." },
		"no port":         func(e *mdns.ServiceEntry) { e.Port = 0 },
		"no address":      func(e *mdns.ServiceEntry) { e.AddrV4 = nil },
		"unspecified":     func(e *mdns.ServiceEntry) { e.AddrV4 = []byte{0, 0, 0, 0} },
	} {
		e := good
		spoil(&e)
		if b, ok := boardOf(&e); ok {
			t.Errorf("%s: boardOf = %+v, want none", name, b)
		}
	}
}
