package provision

import (
	"context"
	"fmt"
	"strings"

	"mpctl/firmware"
	"mpctl/internal/number"
	"mpctl/serialio"
)

// manifestPath is where a board keeps the names of the firmware's files, so that a later one can remove its own.
const manifestPath = "/lib/mpctl/manifest"

// Files are the files of the firmware as a board gets them. The first one is their manifest.
func Files() []serialio.File {
	var all []serialio.File
	for _, f := range firmware.Files() {
		file := serialio.File{Path: f.Path, Data: f.Data}
		if f.Path == firmware.MainPath {
			file.Keep = func(old []byte) bool { return !firmware.IsMain(old) }
		}
		all = append(all, file)
	}
	return append([]serialio.File{serialio.Manifest(manifestPath, all)}, all...)
}

// putFirmware sends the files that differ.
func (t *Target) putFirmware(ctx context.Context, files []serialio.File) (outcome, error) {
	result, err := serialio.Upload(ctx, t.repl, t.Board, files, func(done, total int) { t.p.Reporter.Progress(StepFirmware, done, total) })
	if err != nil {
		return outcome{}, fmt.Errorf("putting the firmware onto the board: %w", err)
	}
	text := fmt.Sprintf("%s, %d files, %s", firmware.Version(), len(result.Sent), number.Bytes(int64(result.Bytes)))
	if len(result.Sent) == 0 {
		text = firmware.Version() + " is up to date"
	}
	if kept := result.Kept[firmware.MainPath]; kept != "" {
		text += "; the old main.py is kept as " + strings.TrimPrefix(kept, "/")
	}
	return outcome{text, map[string]any{
		"fw": firmware.Version(), "files": len(result.Sent), "bytes": result.Bytes, "unchanged": len(result.Equal),
		"retried": len(result.Retried), "kept": result.Kept,
	}}, nil
}
