// Package need is what a test calls that cannot run everywhere: it skips with the reason, except under CI=true,
// where such a test must run and a skip would hide that it does not.
package need

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Program returns the path of a program from the package that has it.
func Program(t testing.TB, name, packageName string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, fmt.Sprintf("there is no %s: install %s", name, packageName))
	}
	return path
}

// Missing ends the test for want of something.
func Missing(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
