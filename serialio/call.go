package serialio

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"
)

// callTime is what the board gets for one call: the longest hashes some files, or moves all of them.
var callTime = 20 * time.Second

// tries is how often a call is made that the line may have altered.
const tries = 3

// ask calls a function of this package on the board and decodes what it returns, as JSON, into v, which may be
// nil. Its answer carries a nonce, so that it is the answer to this call, and its arguments a checksum, so that it
// is this call that was answered; where either is wrong, it is made again. It must bear that. Errors are those of
// Exec.
func (r *REPL) ask(ctx context.Context, v any, function string, args ...any) error {
	if v == nil {
		v = new(any)
	}
	return r.again(ctx, func(ctx context.Context) error {
		if err := r.install(ctx); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, callTime)
		defer cancel()
		return r.Eval(ctx, call(function, args...), v)
	})
}

// again tries until the line altered nothing.
func (r *REPL) again(ctx context.Context, do func(context.Context) error) (err error) {
	for range tries {
		if err = do(ctx); !isLine(err) || ctx.Err() != nil {
			return err
		}
		if err := r.recover(ctx); err != nil {
			return err
		}
	}
	return err
}

// recover makes sure of the board after the line altered something. What the board has got of it may still be on its
// way to be run, and answered; and a ctrlB made of another byte has led to the friendly prompt, where the rest of
// it can do anything, a soft reset included.
func (r *REPL) recover(ctx context.Context) error {
	r.helpers = false
	return r.sync(ctx, resyncTime)
}

// isLine tells whether an error may be the line's fault: bytes were lost or altered.
func isLine(err error) bool {
	var protocol *ProtocolError
	var timeout *TimeoutError
	var exec *ExecError
	if errors.As(err, &exec) {
		last := lastLine(exec.Traceback)
		return !strings.HasPrefix(last, "OSError") && !strings.HasPrefix(last, "MemoryError")
	}
	return errors.As(err, &protocol) || errors.As(err, &timeout)
}

// call is a Python call of a function with strings, ints, bools, bytes and lists as arguments, and their checksum.
func call(function string, args ...any) string {
	texts := make([]string, len(args))
	for i, arg := range args {
		texts[i] = "," + expression(arg)
	}
	return fmt.Sprintf("_m_call(%d,'%s'%s)", checksum(0, append([]any{function}, args...)), function, strings.Join(texts, ""))
}

// checksum is what _m_sum makes of the arguments.
func checksum[T any](sum uint32, args []T) uint32 {
	for _, arg := range args {
		switch v := any(arg).(type) {
		case string:
			sum = crc32.Update(sum, crc32.IEEETable, []byte(v))
		case []byte:
			sum = crc32.Update(sum, crc32.IEEETable, v)
		case []string:
			sum = checksum(sum, v)
		default:
			sum = crc32.Update(sum, crc32.IEEETable, []byte(expression(v)))
		}
		sum = crc32.Update(sum, crc32.IEEETable, []byte{','})
	}
	return sum
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
	var all []*state
	for len(paths) > 0 {
		n := min(listChunk, len(paths))
		var some []*state
		if err := r.ask(ctx, &some, "_m_stat", paths[:n]); err != nil {
			return nil, err
		}
		if len(some) != n {
			return nil, &ProtocolError{"asking for files", fmt.Sprintf("%d of %d", len(some), n)}
		}
		all, paths = append(all, some...), paths[n:]
	}
	return all, nil
}
