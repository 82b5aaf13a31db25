// Package netns keeps tests on this machine: it runs a whole test binary in a private network namespace
// in which there is nothing but loopback, so that no packet, multicast included, can leave.
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

// Outside is an environment in which Enter makes a namespace of its own once more.
func Outside(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(v string) bool { return strings.HasPrefix(v, inside+"=") })
}

// missing says why there is no namespace; empty when there is one.
var missing string

// Require ends a test that would send packets when there is no private namespace to send them in.
func Require(t testing.TB) {
	t.Helper()
	if missing != "" || os.Getenv(inside) == "" {
		need.Missing(t, "no private network namespace: "+missing)
	}
}
