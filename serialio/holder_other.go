//go:build !linux

package serialio

// holder finds nothing: only Linux shows the open files of other processes without a helper program.
func holder(string) (program string, pid int) { return "", 0 }
