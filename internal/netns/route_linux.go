package netns

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"mpctl/internal/need"
)

// RouteMulticast gives the namespace a multicast route out of the interface, as a computer on a network has one.
// hashicorp/mdns joins its group where that route leads, and nowhere without.
func RouteMulticast(t testing.TB, ifi *net.Interface) {
	t.Helper()
	Require(t)
	if err := addRoute(ifi, netip.PrefixFrom(netip.AddrFrom4([4]byte{224}), 4)); err != nil {
		t.Fatalf("adding a route: %v", err)
	}
}

// RouteDefault has everything that is not elsewhere go out of the interface. With the interface the route ends.
func RouteDefault(t testing.TB, ifi *net.Interface) {
	t.Helper()
	Require(t)
	if err := addRoute(ifi, netip.PrefixFrom(netip.IPv4Unspecified(), 0)); err != nil {
		t.Fatalf("adding a route: %v", err)
	}
}

func addRoute(ifi *net.Interface, to netip.Prefix) error {
	request := must(binary.Append(nil, binary.NativeEndian, unix.RtMsg{
		Family: unix.AF_INET, Dst_len: uint8(to.Bits()), Table: unix.RT_TABLE_MAIN, Protocol: unix.RTPROT_STATIC,
		Scope: unix.RT_SCOPE_LINK, Type: unix.RTN_UNICAST,
	}))
	request = attribute(request, unix.RTA_DST, to.Addr().AsSlice())
	request = attribute(request, unix.RTA_OIF, binary.NativeEndian.AppendUint32(nil, uint32(ifi.Index)))
	return netlink(unix.RTM_NEWROUTE, unix.NLM_F_CREATE|unix.NLM_F_REPLACE, request)
}

// AddLink makes an interface with an address, which leads to nobody, until the test ends.
func AddLink(t testing.TB, name string, addr netip.Prefix) *net.Interface {
	t.Helper()
	Require(t)
	info := must(binary.Append(nil, binary.NativeEndian, unix.IfInfomsg{}))
	info = attribute(info, unix.IFLA_IFNAME, []byte(name+"\x00"))
	var failed []error
	for _, kind := range []string{"dummy", "bridge"} { // what there is
		err := netlink(unix.RTM_NEWLINK, unix.NLM_F_CREATE|unix.NLM_F_EXCL,
			attribute(info, unix.IFLA_LINKINFO, attribute(nil, unix.IFLA_INFO_KIND, []byte(kind))))
		failed = append(failed, err)
		if err == nil {
			failed = nil
			break
		}
	}
	if failed != nil {
		need.Missing(t, "no interface can be made: "+errors.Join(failed...).Error())
	}
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := netlink(unix.RTM_DELLINK, 0, must(binary.Append(nil, binary.NativeEndian, unix.IfInfomsg{Index: int32(ifi.Index)}))); err != nil {
			t.Errorf("removing %s: %v", name, err)
		}
	})
	request := must(binary.Append(nil, binary.NativeEndian, unix.IfAddrmsg{Family: unix.AF_INET, Prefixlen: uint8(addr.Bits()), Index: uint32(ifi.Index)}))
	request = attribute(request, unix.IFA_LOCAL, addr.Addr().AsSlice())
	if err := netlink(unix.RTM_NEWADDR, unix.NLM_F_CREATE, request); err != nil {
		t.Fatalf("giving %s an address: %v", name, err)
	}
	if err := setLink(ifi.Index, true); err != nil {
		t.Fatalf("bringing %s up: %v", name, err)
	}
	if ifi, err = net.InterfaceByName(name); err != nil {
		t.Fatal(err)
	}
	return ifi
}

// Down takes an interface down until the test ends.
func Down(t testing.TB, ifi *net.Interface) {
	t.Helper()
	Require(t)
	if err := setLink(ifi.Index, false); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := setLink(ifi.Index, true); err != nil {
			t.Error(err)
		}
	})
}

func setLink(index int, up bool) error {
	m := unix.IfInfomsg{Index: int32(index), Change: unix.IFF_UP}
	if up {
		m.Flags = unix.IFF_UP
	}
	return netlink(unix.RTM_NEWLINK, 0, must(binary.Append(nil, binary.NativeEndian, m)))
}

// attribute appends one of rtnetlink(7) to a message.
func attribute(message []byte, kind uint16, value []byte) []byte {
	message = binary.NativeEndian.AppendUint16(message, uint16(4+len(value)))
	message = binary.NativeEndian.AppendUint16(message, kind)
	message = append(message, value...)
	for len(message)%4 != 0 {
		message = append(message, 0)
	}
	return message
}

// netlink sends a request to the kernel and returns what it says to that.
func netlink(kind, flags uint16, message []byte) error {
	header := unix.NlMsghdr{Len: uint32(unix.NLMSG_HDRLEN + len(message)), Type: kind, Flags: unix.NLM_F_REQUEST | unix.NLM_F_ACK | flags}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	packet := append(must(binary.Append(nil, binary.NativeEndian, header)), message...)
	if err := unix.Sendto(fd, packet, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 4096)
	n, _, err := unix.Recvfrom(fd, answer, 0)
	switch {
	case err != nil:
		return err
	case n < unix.NLMSG_HDRLEN+4:
		return errors.New("a short answer")
	}
	if code := int32(binary.NativeEndian.Uint32(answer[unix.NLMSG_HDRLEN:])); code != 0 {
		return syscall.Errno(-code)
	}
	return nil
}

// must is for what only a type without a fixed size could make fail.
func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}
