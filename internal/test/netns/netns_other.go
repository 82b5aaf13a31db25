//go:build !linux

package netns

import (
	"errors"
	"runtime"
)

// Enter returns at once: only Linux has network namespaces.
func Enter() { missing = runtime.GOOS + " has no network namespaces" }

// SmallBuffers returns an error: it needs a network namespace.
func SmallBuffers() (restore func(), err error) {
	return nil, errors.New("making TCP's buffers small: " + missing)
}
