package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mpctl/internal/test/netns"
)

func TestMain(m *testing.M) {
	// As mpctl, run by a script, this binary is in the namespace already.
	if filepath.Base(os.Args[0]) != "mpctl" {
		netns.Enter()
	}
	testscript.Main(m, map[string]func(){"mpctl": main})
}
