package sim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// The registry is a folder of small files, one a running board, so that other mpctl processes of the same user
// see simulated boards as they would see plugged-in ones.

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

// dirPrefix starts the names of the boards' folders among the temporary ones.
const dirPrefix = "mpctl-sim-"

// Running lists the simulated boards that this user's processes are running now, by id. What a killed process
// left behind is cleaned up on the way.
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
