package sim

import (
	"embed"
	"os"
	"path/filepath"
)

// hw holds the modules that play the hardware, in place of the modules of a board's MicroPython.
//
//go:embed hw/*.py
var hw embed.FS

func writeHardware(dir string) error {
	entries, err := hw.ReadDir("hw")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		data, err := hw.ReadFile("hw/" + e.Name())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, e.Name()), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}
