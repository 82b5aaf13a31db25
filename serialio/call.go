package serialio

import (
	"context"
	"encoding/json"
	"fmt"
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
	case []swap:
		return list(v)
	case swap:
		return "(" + expression(v.path) + "," + expression(v.keep) + ")"
	}
	return fmt.Sprint(arg)
}

func list[T any](items []T) string {
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
	Size   int64
	SHA256 string // lower hex; empty when the board cannot hash
}

// UnmarshalJSON decodes [size, "hash"].
func (s *state) UnmarshalJSON(text []byte) error {
	pair := []any{&s.Size, &s.SHA256}
	if err := json.Unmarshal(text, &pair); err != nil {
		return err
	}
	if len(pair) != 2 || s.Size < 0 {
		return fmt.Errorf("%s is no file's state", text)
	}
	return nil
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
