package sim

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// RuntimeError is returned by [Start], [MicroPython] and [ReadImage] when no suitable MicroPython is installed.
type RuntimeError struct{ Reason string }

func (e *RuntimeError) Error() string { return "starting a simulated board: " + e.Reason }

// Hint says how to install a MicroPython.
func (e *RuntimeError) Hint() string {
	return "run 'make tools' in mpctl's source folder, install the package 'micropython', or name one in MPCTL_MICROPYTHON"
}

var findOnce = sync.OnceValues(findMicroPython)

// MicroPython returns the path of the MicroPython that boards run on.
func MicroPython() (string, error) { return findOnce() }

// findMicroPython looks at MPCTL_MICROPYTHON, then on the PATH, then for a MicroPython that 'make tools' unpacked into a
// source folder around the program or the working directory.
func findMicroPython() (string, error) {
	if named := os.Getenv("MPCTL_MICROPYTHON"); named != "" {
		return named, check(named)
	}
	var candidates []string
	if onPath, err := exec.LookPath("micropython"); err == nil {
		candidates = append(candidates, onPath)
	}
	for _, start := range startFolders() {
		for dir := start; ; dir = filepath.Dir(dir) {
			candidates = append(candidates, filepath.Join(dir, ".tools", "micropython", "run"))
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	var reason error = &RuntimeError{"there is no MicroPython on this computer"}
	for _, path := range candidates {
		if _, err := os.Stat(path); err != nil {
			continue
		}
		if err := check(path); err != nil {
			reason = err
			continue
		}
		return path, nil
	}
	return "", reason
}

func startFolders() []string {
	var folders []string
	if wd, err := os.Getwd(); err == nil {
		folders = append(folders, wd)
	}
	if exe, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(exe))
	}
	return folders
}

// check returns an error unless the MicroPython at path has all that the modules in hw/ need.
func check(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	const needs = "import os, ffi, termios, framebuf, deflate; os.VfsPosix('/')"
	if out, err := exec.CommandContext(ctx, path, "-c", needs).CombinedOutput(); err != nil {
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		return &RuntimeError{fmt.Sprintf("%s does not do (%v: %s)", path, err, lines[len(lines)-1])}
	}
	return nil
}

// ConfigError is returned by [Start] when no board can be simulated with this Config.
type ConfigError struct{ What, hint string }

func (e *ConfigError) Error() string { return "simulating a board: " + e.What }

// Hint says what values are possible.
func (e *ConfigError) Hint() string { return e.hint }
