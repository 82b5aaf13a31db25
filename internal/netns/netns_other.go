//go:build !linux

package netns

import "runtime"

// Enter returns at once: only Linux has network namespaces.
func Enter() { missing = runtime.GOOS + " has no network namespaces" }
