// Package firmware holds the files that go onto a board, as they are sent: the Python without comments, docstrings
// and blank lines, which cost upload time and nothing reads there, and with short names for what nobody sees, which
// cost heap.
package firmware

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

//go:embed all:board
var board embed.FS

// File is one file of the firmware.
type File struct {
	Path string // on the board, absolute
	Data []byte // stripped and shortened source; other than Python as it is
}

// MainPath is the file that starts the firmware at boot.
const MainPath = "/main.py"

// Files gives the firmware in the order in which it should go live: main.py last, so that a board that stops
// half-way never starts a firmware that is not all there.
func Files() []File {
	var files []File
	err := fs.WalkDir(board, "board", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := board.ReadFile(path)
		switch {
		case isPython(path):
			data = Strip(data)
		case strings.HasSuffix(path, ".html"):
		default:
			return err
		}
		files = append(files, File{Path: strings.TrimPrefix(path, "board"), Data: data})
		return err
	})
	if err != nil {
		panic(fmt.Sprintf("firmware: reading what was embedded: %v", err))
	}
	shorten(files)
	slices.SortStableFunc(files, func(a, b File) int {
		switch {
		case a.Path == b.Path:
			return 0
		case a.Path == MainPath:
			return 1
		case b.Path == MainPath:
			return -1
		}
		return strings.Compare(a.Path, b.Path)
	})
	return files
}

func isPython(path string) bool { return strings.HasSuffix(path, ".py") }

var versionLine = regexp.MustCompile(`(?m)^VERSION = "([^"]+)"`)

// Version is the firmware's own version, as boards report it.
func Version() string {
	source, err := board.ReadFile("board/lib/mpctl/__init__.py")
	if err != nil {
		panic(fmt.Sprintf("firmware: reading what was embedded: %v", err))
	}
	if m := versionLine.FindSubmatch(source); m != nil {
		return string(m[1])
	}
	panic("firmware: __init__.py names no VERSION")
}

// IsMain tells whether a board's main.py is this firmware's, of whatever version, and not the user's own work.
func IsMain(source []byte) bool {
	return bytes.Equal(bytes.TrimSpace(Strip(source)), bytes.TrimSpace(mainSource()))
}

func mainSource() []byte {
	source, err := board.ReadFile("board" + MainPath)
	if err != nil {
		panic(fmt.Sprintf("firmware: reading what was embedded: %v", err))
	}
	return Strip(source)
}
