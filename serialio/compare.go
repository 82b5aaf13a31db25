package serialio

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
)

// listText is how many bytes of paths go into one call, so that it stays a small script.
const listText = 1000

// state is what a file on the board is.
type state struct {
	Size int64
	Sum  string // lower hex: SHA-256, of a board without it CRC-32, and empty of one without either
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

// matches tells whether the file is data, as far as the board can tell.
func (s *state) matches(data []byte) bool {
	return s.Size == int64(len(data)) && s.Sum == sumLike(s.Sum, data)
}

// sumLike is the checksum of data of the same kind as another one.
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

// portions cuts a list of paths so that each part can go into one call.
func portions(paths []string) (parts [][]string) {
	for begin := 0; begin < len(paths); {
		end, length := begin+1, len(paths[begin])
		for end < len(paths) && length+len(paths[end]) <= listText {
			length += len(paths[end])
			end++
		}
		parts = append(parts, paths[begin:end])
		begin = end
	}
	return parts
}

// outdated returns those of files that are not on the board, under their paths and a suffix, with the same content.
// That all are, or that none is there, takes one short answer to tell.
func outdated(ctx context.Context, r *REPL, files []File, suffix string) ([]File, error) {
	var others []File
	for _, part := range portions(paths(files)) {
		some := files[:len(part)]
		files = files[len(part):]
		var sum string
		if err := r.ask(ctx, &sum, "_m_digest", part, suffix); err != nil {
			return nil, err
		}
		switch {
		case sum == "":
		case sum == digest(some, sum):
			continue
		case sum == sumLike(sum, bytes.Repeat([]byte("null,"), len(some))):
			others = append(others, some...)
			continue
		}
		differ, err := differing(ctx, r, some, suffix)
		if err != nil {
			return nil, err
		}
		others = append(others, differ...)
	}
	return others, nil
}

// digest is what _m_digest makes of files, with the board's kind of sum.
func digest(files []File, kind string) string {
	var states []byte
	for _, f := range files {
		states = fmt.Appendf(states, "[%d, %q],", len(f.Data), sumLike(kind, f.Data))
	}
	return sumLike(kind, states)
}

// differing is outdated, file by file. What the board cannot hash is read.
func differing(ctx context.Context, r *REPL, files []File, suffix string) (others []File, err error) {
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
			others = append(others, f)
		}
	}
	return others, nil
}
