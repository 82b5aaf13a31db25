//go:build !linux

package serialio

// holder cannot tell: only Linux shows what other processes have open without a helper program.
func holder(string) (program string, pid int) { return "", 0 }
