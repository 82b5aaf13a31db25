//go:build linux || darwin

package sim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// makeImage makes a flash image of the flash folder, if the board is to have an image and it does not exist yet.
func (b *Board) makeImage(ctx context.Context, c Config, runtimePath string) error {
	if c.Filesystem == "" {
		return nil
	}
	if _, err := os.Stat(c.Image); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	blocks := strconv.Itoa(models[c.Model].flash / blockSize)
	return runImage(ctx, runtimePath, filepath.Join(b.dir, "hw"), "pack", c.Filesystem, c.Image, b.Flash(), blocks)
}

const blockSize = 4096 // bytes, hw/image.py's BLOCK

// ReadImage returns the files in a flash image by path, without those that cannot be read because a power failure tore the
// file system.
func ReadImage(ctx context.Context, filesystem, image string) (map[string][]byte, error) {
	runtimePath, err := findOnce()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", dirPrefix)
	if err != nil {
		return nil, fmt.Errorf("reading a flash image: %w", err)
	}
	defer os.RemoveAll(dir)
	hardware, flash := filepath.Join(dir, "hw"), filepath.Join(dir, "flash")
	if err := errors.Join(writeHardware(hardware), os.Mkdir(flash, 0o700)); err != nil {
		return nil, fmt.Errorf("reading a flash image: %w", err)
	}
	if err := runImage(ctx, runtimePath, hardware, "unpack", filesystem, image, flash, "0"); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	err = filepath.WalkDir(flash, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files["/"+filepath.ToSlash(path[len(flash)+1:])] = data
		return err
	})
	return files, err
}

func runImage(ctx context.Context, runtimePath, hardware string, args ...string) error {
	cmd := exec.CommandContext(ctx, runtimePath, append([]string{"-X", "heapsize=1m", filepath.Join(hardware, "image.py")}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "MICROPYPATH=" + hardware}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("a flash image: %s: %w: %s", args[0], err, out)
	}
	return nil
}
