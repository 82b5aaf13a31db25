package netns

import (
	"encoding/binary"
	"net"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// RouteMulticast gives the namespace a multicast route out of the interface, as a computer on a network has one.
// hashicorp/mdns joins its group where that route leads, and nowhere without.
func RouteMulticast(t testing.TB, ifi *net.Interface) {
	t.Helper()
	Require(t)
	type attribute struct {
		Size, Kind uint16
		Value      [4]byte
	}
	out := attribute{Size: 8, Kind: unix.RTA_OIF}
	binary.NativeEndian.PutUint32(out.Value[:], uint32(ifi.Index))
	request := struct {
		Header      unix.NlMsghdr
		Message     unix.RtMsg
		Destination attribute
		Out         attribute
	}{
		unix.NlMsghdr{Type: unix.RTM_NEWROUTE, Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | unix.NLM_F_CREATE | unix.NLM_F_REPLACE},
		unix.RtMsg{
			Family: unix.AF_INET, Dst_len: 4, Table: unix.RT_TABLE_MAIN, Protocol: unix.RTPROT_STATIC,
			Scope: unix.RT_SCOPE_LINK, Type: unix.RTN_UNICAST,
		},
		attribute{8, unix.RTA_DST, [4]byte{224, 0, 0, 0}},
		out,
	}
	request.Header.Len = uint32(binary.Size(request))
	packet, err := binary.Append(nil, binary.NativeEndian, request)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, packet, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	if err != nil || n < unix.NLMSG_HDRLEN+4 {
		t.Fatalf("adding a route: answer of %d bytes, %v", n, err)
	}
	if code := int32(binary.NativeEndian.Uint32(answer[unix.NLMSG_HDRLEN:])); code != 0 {
		t.Fatalf("adding a route: %v", syscall.Errno(-code))
	}
}
