// Package firmware holds the files that go onto a board, as they are sent: the Python without comments, docstrings
// and blank lines, which cost upload time and nothing reads there, and with short names for what nobody sees, which
// cost heap.
package firmware

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"mpctl/internal/python"
)

//go:embed all:board
var board embed.FS

// File is one file of the firmware.
type File struct {
	Path string // on the board, absolute
	Data []byte // Python stripped and shortened, other files as they are
}

// MainPath is the file that starts the firmware at boot.
const MainPath = "/main.py"

// Files returns the firmware, to be kept and changed at will. The order is the one in which the files should go live:
// main.py is last, so that a board that stops half-way never starts a firmware that is not complete.
func Files() []File {
	files := slices.Clone(embedded())
	for i := range files {
		files[i].Data = bytes.Clone(files[i].Data)
	}
	return files
}

// embedded is the firmware, made once. It is the same on every computer, so an error is a fault of the program.
var embedded = sync.OnceValue(func() []File {
	files, err := build(board)
	if err != nil {
		panic(fmt.Sprintf("firmware: %v", err))
	}
	return files
})

// build makes the firmware from the folder board of a file system. It returns a *python.Error for source that cannot
// be made smaller.
func build(source fs.FS) ([]File, error) {
	var files []File
	var sources []*python.Source // of those that are Python
	err := fs.WalkDir(source, "board", func(name string, entry fs.DirEntry, err error) error {
		extension := path.Ext(name)
		if err != nil || entry.IsDir() || extension != ".py" && extension != ".html" {
			return err
		}
		data, err := fs.ReadFile(source, name)
		if err != nil {
			return err
		}
		if extension == ".py" {
			parsed, err := python.Parse(name, data)
			if err != nil {
				return err
			}
			parsed.Strip()
			sources = append(sources, parsed)
		}
		files = append(files, File{Path: strings.TrimPrefix(name, "board"), Data: data})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := python.Shorten(sources); err != nil {
		return nil, err
	}
	for i, f := range files {
		if path.Ext(f.Path) == ".py" {
			files[i].Data = sources[0].Bytes()
			sources = sources[1:]
		}
	}
	last := func(f File) int {
		if f.Path == MainPath {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(last(a), last(b)) })
	return files, nil
}

var versionLine = regexp.MustCompile(`(?m)^VERSION = "([^"]+)"`)

// Version is the firmware's own version, as boards report it.
func Version() string {
	source, err := board.ReadFile("board/lib/mpctl/__init__.py")
	if err != nil {
		panic(fmt.Sprintf("firmware: %v", err))
	}
	if m := versionLine.FindSubmatch(source); m != nil {
		return string(m[1])
	}
	panic("firmware: __init__.py names no VERSION")
}

// IsMain reports whether a board's main.py is this firmware's, of whatever version, and not the user's own work.
func IsMain(source []byte) bool {
	parsed, err := python.Parse(MainPath, source)
	if err != nil {
		return false
	}
	parsed.Strip()
	files := embedded()
	return bytes.Equal(bytes.TrimSpace(parsed.Bytes()), bytes.TrimSpace(files[len(files)-1].Data))
}
