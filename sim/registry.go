package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// The registry is a folder with a small file for each running board. By it other mpctl processes of the same user see
// simulated boards as if they were plugged in.

func registryDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "mpctl", "sim"), nil
}

func register(b Registered) (unregister func(), err error) {
	dir, err := registryDir()
	if err != nil {
		return func() {}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return func() {}, err
	}
	data, err := json.Marshal(b)
	if err != nil {
		return func() {}, err
	}
	path := filepath.Join(dir, fmt.Sprintf("%s-%d.json", b.ID, b.PID))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return func() {}, err
	}
	return func() { _ = os.Remove(path) }, nil
}

// dirPrefix begins the names of the boards' temporary folders.
const dirPrefix = "mpctl-sim-"

// Running returns the simulated boards that processes of this user are running, sorted by id. It removes the files of
// boards whose process was killed.
func Running() []Registered {
	dir, err := registryDir()
	if err != nil {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	var running []Registered
	for _, path := range files {
		data, err := os.ReadFile(path)
		var b Registered
		if err != nil || json.Unmarshal(data, &b) != nil {
			continue
		}
		if !alive(b.PID) {
			_ = os.Remove(path)
			if filepath.Dir(b.Dir) == filepath.Clean(os.TempDir()) && strings.HasPrefix(filepath.Base(b.Dir), dirPrefix) {
				_ = os.RemoveAll(b.Dir)
			}
			continue
		}
		running = append(running, b)
	}
	sort.Slice(running, func(i, j int) bool { return running[i].ID < running[j].ID })
	return running
}
