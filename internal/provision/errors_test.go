package provision

import (
	"net/netip"
	"strings"
	"testing"
)

func TestUnreachableSaysWhy(t *testing.T) {
	near := unreachable(netip.MustParseAddr("127.0.0.9")) // Loopback is a network that every computer is on.
	if !strings.Contains(near.Error(), "do not reach each other") || !strings.Contains(near.Hint(), "keep their clients apart") {
		t.Errorf("in the same network: %q, hint %q", near, near.Hint())
	}
	far := unreachable(netip.MustParseAddr("198.51.100.7"))
	if !strings.Contains(far.Error(), "another network") || !strings.Contains(far.Hint(), "board's WiFi") {
		t.Errorf("in another network: %q, hint %q", far, far.Hint())
	}
}
