// Package netns keeps the packets of tests on this computer. It runs a whole test binary in a private network namespace
// that has nothing but loopback, so that no packet, not even a multicast packet, can leave.
//
//	func TestMain(m *testing.M) {
//		netns.Enter()
//		os.Exit(m.Run())
//	}
package netns

import (
	"os"
	"slices"
	"strings"
	"testing"

	"mpctl/internal/test/need"
)

// inside marks the re-executed test binary.
const inside = "MPCTL_TEST_NETNS"

// Outside returns an environment without the mark: a test binary started with it makes a namespace of its own.
func Outside(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(v string) bool { return strings.HasPrefix(v, inside+"=") })
}

// missing is why there is no namespace; empty if there is one.
var missing string

// Require ends a test that sends packets if there is no private namespace to send them in.
func Require(t testing.TB) {
	t.Helper()
	if missing != "" || os.Getenv(inside) == "" {
		need.Missing(t, "no private network namespace: "+missing)
	}
}
