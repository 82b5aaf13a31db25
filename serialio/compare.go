package serialio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// maxPaths is how many bytes of paths go into one call, so that its script stays small.
const maxPaths = 1000

// state is the size and the checksum of a file on the board.
type state struct {
	Size int64
	Sum  string // lower hex: SHA-256, or CRC-32 from a board without SHA-256; empty from a board without both
}

// UnmarshalJSON decodes [size, "hash"].
func (s *state) UnmarshalJSON(text []byte) error {
	pair := []any{&s.Size, &s.Sum}
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 || s.Size < 0 {
		return fmt.Errorf("%s is no file's state", text)
	}
	return nil
}

// matches reports whether the file's content is data, as far as its checksum shows. Without one it is false.
func (s *state) matches(data []byte) bool {
	return s.Size == int64(len(data)) && s.Sum == sumLike(s.Sum, data)
}

// sumLike returns the checksum of data, of the same kind as sum.
func sumLike(sum string, data []byte) string {
	if len(sum) == 2*crc32.Size {
		return fmt.Sprintf("%08x", crc32.ChecksumIEEE(data))
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// stat returns the state of each path, nil for a missing file.
func stat(ctx context.Context, r *REPL, paths []string) ([]*state, error) {
	var all []*state
	for _, part := range portions(paths) {
		err := r.retry(ctx, true, func(ctx context.Context) error {
			states, err := statOnce(ctx, r, part)
			if err == nil {
				all = append(all, states...)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// statOnce is stat of paths that fit into one call, without a second try.
func statOnce(ctx context.Context, r *REPL, paths []string) ([]*state, error) {
	var states []*state
	if err := r.askOnce(ctx, &states, "_m_stat", paths, ""); err != nil {
		return nil, err
	}
	if len(states) != len(paths) {
		return nil, &ProtocolError{"asking for files", fmt.Sprintf("%d of %d", len(states), len(paths))}
	}
	return states, nil
}

// portions cuts a list of paths into parts that fit into one call.
func portions(paths []string) (parts [][]string) {
	for begin := 0; begin < len(paths); {
		end, length := begin+1, len(paths[begin])
		for end < len(paths) && length+len(paths[end]) <= maxPaths {
			length += len(paths[end])
			end++
		}
		parts = append(parts, paths[begin:end])
		begin = end
	}
	return parts
}

// outdated returns those of files whose content is not on the board at their path and a suffix. If all files are there
// or none is, one short answer is enough.
func outdated(ctx context.Context, r *REPL, files []File, suffix string) ([]File, error) {
	var different []File
	for _, names := range portions(paths(files)) {
		part := files[:len(names)]
		files = files[len(names):]
		var sum string
		if err := r.ask(ctx, &sum, "_m_digest", names, suffix); err != nil {
			return nil, err
		}
		switch {
		case sum == "":
		case sum == digest(part, sum):
			continue
		case sum == sumLike(sum, bytes.Repeat([]byte("null,"), len(part))):
			different = append(different, part...)
			continue
		}
		more, err := differing(ctx, r, part, suffix)
		if err != nil {
			return nil, err
		}
		different = append(different, more...)
	}
	return different, nil
}

// digest returns what _m_digest returns if the board has files. The kind of checksum is taken from the board's answer.
func digest(files []File, kind string) string {
	var states []byte
	for _, f := range files {
		states = fmt.Appendf(states, "[%d, %q],", len(f.Data), sumLike(kind, f.Data))
	}
	return sumLike(kind, states)
}

// differing is outdated file by file. It reads the files if the board cannot hash them.
func differing(ctx context.Context, r *REPL, files []File, suffix string) (different []File, err error) {
	names := paths(files)
	for i := range names {
		names[i] += suffix
	}
	states, err := stat(ctx, r, names)
	if err != nil {
		return nil, err
	}
	for i, f := range files {
		same := states[i] != nil && states[i].matches(f.Data)
		if states[i] != nil && states[i].Sum == "" && states[i].Size == int64(len(f.Data)) {
			data, ok, err := readFile(ctx, r, names[i], len(f.Data))
			if err != nil {
				return nil, err
			}
			same = ok && bytes.Equal(data, f.Data)
		}
		if !same {
			different = append(different, f)
		}
	}
	return different, nil
}
