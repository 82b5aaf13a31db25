package serialio

import (
	"path"
	"slices"
	"strings"
)

// The journal is what makes a set of files take their places all or none. It is a module of its own, which goes
// live when every other file has been verified under its travelling name: a rename to a name that is not taken,
// so one write of a directory on any file system. From then on the new files are the board's, whatever happens:
//
//   - while the host is connected, it runs the journal;
//   - else the board does at its next boot, for the journal is found where the firmware is looked for: MicroPython
//     searches / before /lib, and main.py says "import mpctl". The board then resets into the new files;
//   - else the next upload does, before anything else.
//
// To run it twice does no harm, nor does to run half of it first. On littlefs a file takes its place by a rename,
// which is atomic there. On FAT, told by its indifference to capitals, no rename over a file is, and one cut in half
// can leave two names for one chain of clusters. So the file is copied there, and its travelling copy removed when
// it is whole. While a main.py that is not ours is replaced so, boot.py does what main.py would: run the journal.
const journalPath = "/mpctl.py"

// journalMark is its first line: a module of that name without it is somebody else's.
const journalMark = "# mpctl upload"

// journal is the journal of an upload.
func journal(files, stale []string) File {
	return File{Path: journalPath, Data: []byte(journalMark + "\nFILES=" + names(files) + "\nSTALE=" + names(stale) + "\n" + script("journal"))}
}

// names is a list of texts as str literals, which need no method to be called: the board keeps them all at once.
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

// Manifest is a file that lists files, to be uploaded with them. Of a set with a manifest, what the one before
// lists in the manifest's folder and below and the new one does not is removed when the new files are in place.
func Manifest(at string, files []File) File {
	return File{Path: at, Data: []byte(strings.Join(paths(files), "\n") + "\n"), manifest: true}
}

// stale lists what an old manifest has and files have not.
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
