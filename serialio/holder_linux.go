package serialio

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// holder finds another process that has path open, through /proc. Only root sees the open files of other users'
// processes.
func holder(path string) (program string, pid int) {
	node, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", 0
	}
	processes, err := os.ReadDir("/proc")
	if err != nil {
		return "", 0
	}
	for _, process := range processes {
		pid, err := strconv.Atoi(process.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		dir := filepath.Join("/proc", process.Name())
		descriptors, err := os.ReadDir(filepath.Join(dir, "fd"))
		if err != nil {
			continue
		}
		for _, fd := range descriptors {
			if target, err := os.Readlink(filepath.Join(dir, "fd", fd.Name())); err != nil || target != node {
				continue
			}
			if name, err := os.ReadFile(filepath.Join(dir, "comm")); err == nil {
				return strings.TrimSpace(string(name)), pid
			}
		}
	}
	return "", 0
}
