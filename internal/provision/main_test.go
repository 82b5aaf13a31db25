package provision

import (
	"fmt"
	"os"
	"testing"

	"mpctl/internal/test/netns"
)

func TestMain(m *testing.M) {
	netns.Enter()
	os.Exit(run(m))
}

// run keeps the registry of simulated boards in a folder of its own: tests that run in parallel cannot set it.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mpctl-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("XDG_CACHE_HOME", dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}
