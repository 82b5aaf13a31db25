package main

import (
	"os"
	"testing"

	"mpctl/internal/netns"
)

func TestMain(m *testing.M) {
	netns.Enter()
	os.Exit(m.Run())
}
