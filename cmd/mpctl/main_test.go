package main

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"mpctl/internal/netns"
)

func TestMain(m *testing.M) {
	// As mpctl, run by a script, this binary is in the namespace already.
	if filepath.Base(os.Args[0]) != "mpctl" {
		netns.Enter()
		_ = flag.Set("test.parallel", "8") // simulated boards wait for their lines and for each other, mostly
	}
	testscript.Main(m, map[string]func(){"mpctl": main})
}
