package serialio

import (
	"path"
	"slices"
	"strings"
)

// The journal lets all files of an upload take their places, or none. It is a Python module that is staged with them.
// When all files have been verified under their staged names, it gets its own name. That is a rename to an unused name,
// which is one write of a directory on any file system. From then on the upload will be completed, whatever happens:
//
//   - a host that is still connected runs the journal;
//   - otherwise the board runs it at its next boot: main.py says "import mpctl", and MicroPython finds the journal in /
//     before it looks for the firmware in /lib. Then the board resets into the new files;
//   - otherwise the next upload runs it before anything else.
//
// Running the journal twice does no harm, and neither does running half of it first. On littlefs a file takes its place
// by a rename, which is atomic. On FAT, recognised by names that ignore capitals, a rename over a file is not atomic:
// cut in half, it can leave two names for one chain of clusters. There the file is copied, and its staged copy is removed
// when the copy is whole. While a main.py of somebody else is being overwritten that way, boot.py runs the journal.
const journalPath = "/mpctl.py"

// journalMark is the first line of a journal. A module of that name without it belongs to somebody else.
const journalMark = "# mpctl upload"

// journal returns the journal of an upload that puts files in place and removes the stale ones.
func journal(files, stale []string) File {
	return File{Path: journalPath, Data: []byte(journalMark + "\nFILES=" + names(files) + "\nSTALE=" + names(stale) + "\n" + script("journal"))}
}

// names returns a Python list of str literals. Unlike [Quote] it never uses .decode(), because the board holds all of
// them in memory at once.
func names(paths []string) string {
	var b strings.Builder
	b.WriteByte('[')
	for _, p := range paths {
		b.WriteByte('\'')
		for _, c := range p {
			if c == '\'' || c == '\\' {
				b.WriteByte('\\')
			}
			b.WriteRune(c)
		}
		b.WriteString("',")
	}
	b.WriteByte(']')
	return b.String()
}

// Manifest returns a file at path at that lists files, to be uploaded with them. The next upload with a manifest at that
// path removes the files that only the older manifest lists, as far as they are in the manifest's folder or below.
func Manifest(at string, files []File) File {
	return File{Path: at, Data: []byte(strings.Join(paths(files), "\n") + "\n"), manifest: true}
}

// stale returns the paths in an old manifest that are not among files.
func stale(manifest File, old []byte, files []File) []string {
	var gone []string
	folder := strings.TrimSuffix(path.Dir(manifest.Path), "/") + "/"
	for line := range strings.Lines(string(old)) {
		name := strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(name, folder) && path.Clean(name) == name && !slices.Contains(paths(files), name) {
			gone = append(gone, name)
		}
	}
	return gone
}
