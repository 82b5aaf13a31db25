package discover

import (
	"fmt"
	"os"
	"testing"

	"mpctl/internal/test/netns"
)

func TestMain(m *testing.M) {
	netns.Enter()
	os.Exit(m.Run())
}

// loopbackLink returns the only link of the namespace, the one that the tests' responders are on.
func loopbackLink(t *testing.T) link {
	t.Helper()
	netns.Require(t)
	links, err := usableLinks(nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(links) != 1 || links[0].v6 {
		t.Fatalf("links = %v, want loopback's IPv4 alone", links)
	}
	return links[0]
}

func ExampleWarning() {
	fmt.Println(Warning{Source: "mDNS sweep on eth0", Err: os.ErrPermission})
	// Output: mDNS sweep on eth0: permission denied
}
