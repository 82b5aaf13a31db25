// Package pyunit reads the results of unit tests that ran inside MicroPython. Such a test is a function test_* that
// says what must be true with the functions of check.py. A program prints PASS or FAIL and the name of each test, and
// after FAIL the traceback.
package pyunit

import (
	"fmt"
	"os/exec"
	"strings"
)

// Run runs the program cmd and returns the tracebacks of the tests that failed, by name, and how many tests passed. A
// fault of the name "" is that of the program itself: it ended with an error, or ran no test.
func Run(cmd *exec.Cmd) (faults map[string]string, passed int) {
	out, err := cmd.CombinedOutput()
	faults = map[string]string{}
	failed := ""
	for line := range strings.Lines(string(out)) {
		word, test, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "PASS":
			passed++
			failed = ""
		case word == "FAIL":
			failed = test
			faults[failed] = "\n"
		case failed != "":
			faults[failed] += line
		}
	}
	switch {
	case err != nil:
		faults[""] = fmt.Sprintf("%v\n%s", err, out)
	case passed+len(faults) == 0:
		faults[""] = "it has no test"
	}
	return faults, passed
}
