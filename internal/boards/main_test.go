package boards

import (
	"os"
	"testing"

	"mpctl/internal/test/netns"
)

func TestMain(m *testing.M) {
	netns.Enter()
	os.Exit(m.Run())
}
