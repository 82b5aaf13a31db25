package serialio

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strings"
)

// call is a Python call of a function with strings, ints, bools, bytes and lists as arguments.
func call(function string, args ...any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = expression(arg)
	}
	return function + "(" + strings.Join(texts, ",") + ")"
}

func expression(arg any) string {
	switch v := arg.(type) {
	case string:
		return Quote(v)
	case []byte:
		return Bytes(v)
	case bool:
		if v {
			return "1"
		}
		return "0"
	case []string:
		return list(v)
	}
	return fmt.Sprint(arg)
}

func list(items []string) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = expression(item)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// listChunk is how many paths go into one call, so that it stays a small script.
const listChunk = 16

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
	sum := fmt.Sprintf("%x", sha256.Sum256(data))
	if len(s.Sum) == 2*crc32.Size {
		sum = fmt.Sprintf("%08x", crc32.ChecksumIEEE(data))
	}
	return s.Size == int64(len(data)) && s.Sum == sum
}

// stat tells of each path what is there, nil if there is no file.
func stat(ctx context.Context, r *REPL, paths []string) ([]*state, error) {
	if err := r.install(ctx); err != nil {
		return nil, err
	}
	var all []*state
	for len(paths) > 0 {
		n := min(listChunk, len(paths))
		var some []*state
		if err := r.Eval(ctx, call("_m_stat", paths[:n]), &some); err != nil {
			return nil, err
		}
		if len(some) != n {
			return nil, &ProtocolError{"asking for files", fmt.Sprintf("%d of %d", len(some), n)}
		}
		all, paths = append(all, some...), paths[n:]
	}
	return all, nil
}
