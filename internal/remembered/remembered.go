// Package remembered keeps a file of where boards were when they last answered. It only saves time: every entry has
// to be confirmed by the board itself, and without the file boards are searched for.
package remembered

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"
	"unicode/utf8"

	"mpctl/internal/atomicfile"
	"mpctl/internal/filelock"
	"mpctl/internal/identity"
)

const (
	version   = 1
	maxBoards = 256     // the ones seen last
	maxFile   = 1 << 20 // bytes
	maxText   = 64      // bytes of what a USB device says, and of an address's zone
	maxPath   = 128     // bytes of a serial port's path

	// refresh is the age at which an entry is written again although only its time has changed.
	refresh = time.Hour
)

// Board is a board that has answered before. It has an address, a serial port, or both.
type Board struct {
	ID   string         `json:"id"` // lower hex
	Name string         `json:"name"`
	Addr netip.AddrPort `json:"addr,omitzero"` // of its HTTP API
	USB  Port           `json:"usb,omitzero"`  // where it was plugged in
	Seen time.Time      `json:"seen"`
}

// Port is a serial port and, as far as known, the USB device that provides it.
type Port struct {
	Path   string `json:"path"`
	Device string `json:"device,omitempty"` // vendor and product id: 10c4:ea60
	Serial string `json:"serial,omitempty"` // the device's serial number
}

// File is where boards are remembered. The zero value remembers nothing.
type File struct{ path string }

// At returns the file with the given path.
func At(path string) File { return File{path} }

// Default returns the file in the user's cache folder, or the zero File if there is no such folder.
func Default() File {
	cache, err := os.UserCacheDir()
	if err != nil {
		return File{}
	}
	return At(filepath.Join(cache, "mpctl", "boards.json"))
}

// Boards returns the remembered boards, the one seen last first: none if the file is missing or damaged.
func (f File) Boards() []Board {
	file, err := os.Open(f.path)
	if err != nil {
		return nil
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil
	}
	return parse(data)
}

// Remember adds boards to the file, or updates their entries. A board given without address or port keeps the
// remembered one. Remember returns an error if the file cannot be written, or is locked until ctx ends.
func (f File) Remember(ctx context.Context, boards ...Board) error {
	if _, changed := merge(f.Boards(), boards); !changed || f == (File{}) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return err
	}
	lock, err := filelock.Wait(ctx, f.lockPath())
	if err != nil {
		return err
	}
	defer lock.Close()
	return f.update(boards)
}

func (f File) lockPath() string { return f.path + ".lock" }

// update needs the lock.
func (f File) update(boards []Board) error {
	all, changed := merge(f.Boards(), boards)
	if !changed {
		return nil
	}
	data, err := json.Marshal(document{version, all})
	if err != nil {
		return err
	}
	file, err := atomicfile.Create(f.path)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(append(data, '\n')); err != nil {
		return err
	}
	return file.Commit()
}

type document struct {
	V      int     `json:"v"`
	Boards []Board `json:"boards"`
}

// parse returns the valid entries of a file, which another program may have changed.
func parse(data []byte) []Board {
	var d document
	if len(data) > maxFile || json.Unmarshal(data, &d) != nil || d.V != version {
		return nil
	}
	boards, _ := merge(nil, d.Boards)
	return boards
}

// merge returns the boards of known, updated by those of seen, and reports whether that changes them.
func merge(known, seen []Board) (merged []Board, changed bool) {
	merged = slices.Clone(known)
	for _, b := range seen {
		if !b.isValid() {
			continue
		}
		i := slices.IndexFunc(merged, func(m Board) bool { return m.ID == b.ID })
		if i < 0 {
			merged, changed = append(merged, b), true
			continue
		}
		old := merged[i]
		b.Addr, b.USB = cmp.Or(b.Addr, old.Addr), cmp.Or(b.USB, old.USB)
		changed = changed || b.Name != old.Name || b.Addr != old.Addr || b.USB != old.USB || b.Seen.Sub(old.Seen).Abs() >= refresh
		merged[i] = b
	}
	slices.SortStableFunc(merged, func(a, b Board) int { return b.Seen.Compare(a.Seen) })
	// An address or port belongs to the board that was seen there last.
	addrs, ports := map[netip.AddrPort]bool{}, map[string]bool{}
	for i := range merged {
		b := &merged[i]
		if addrs[b.Addr] {
			b.Addr = netip.AddrPort{}
		}
		if ports[b.USB.Path] {
			b.USB = Port{}
		}
		addrs[b.Addr], ports[b.USB.Path] = b.Addr.IsValid(), b.USB.Path != ""
	}
	merged = slices.DeleteFunc(merged, func(b Board) bool { return !b.Addr.IsValid() && b.USB == Port{} })
	return merged[:min(len(merged), maxBoards)], changed
}

func (b Board) isValid() bool {
	addr := b.Addr.Addr()
	isText := func(s string, maxLen int) bool { return len(s) <= maxLen && utf8.ValidString(s) }
	switch {
	case !identity.IsID(b.ID):
		return false
	case b.Name == "" || !isText(b.Name, identity.MaxText):
		return false
	case b.USB != Port{} && b.USB.Path == "":
		return false
	case !isText(b.USB.Path, maxPath) || !isText(b.USB.Device, maxText) || !isText(b.USB.Serial, maxText):
		return false
	case b.Addr == netip.AddrPort{}:
		return b.USB != Port{}
	}
	return addr.IsValid() && !addr.IsUnspecified() && !addr.IsMulticast() && isText(addr.Zone(), maxText) && b.Addr.Port() != 0
}
