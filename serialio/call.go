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
// nil. Its answer carries a nonce, so that it is the answer to this call, and the arguments and the answer a
// checksum each; where one is wrong, the call is made again. It must bear that. Errors are those of
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
		var a answer
		if err := r.Eval(ctx, call(function, args...), &a); err != nil {
			return err
		}
		return a.decode(v)
	})
}

// answer is what _m_call returns: JSON, and its CRC-32 or, of a board that has none, -1.
type answer struct {
	sum  int64
	text string
}

// UnmarshalJSON decodes [sum, "text"].
func (a *answer) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&a.sum, &a.text})
}

func (a *answer) decode(v any) error {
	const doing = "asking the board"
	if a.sum >= 0 && a.sum != int64(crc32.ChecksumIEEE([]byte(a.text))) {
		return &ProtocolError{doing, "something that was altered on the line"}
	}
	if err := json.Unmarshal([]byte(a.text), v); err != nil {
		return &ProtocolError{doing, a.text[:min(len(a.text), 200)]}
	}
	return nil
}

// again tries until the line altered nothing, and once more with an empty heap where that was full.
func (r *REPL) again(ctx context.Context, do func(context.Context) error) (err error) {
	for try := range tries {
		err = do(ctx)
		again := r.recover
		switch {
		case ctx.Err() != nil:
			return err
		case isMemory(err) && try == 0:
			again = r.SoftReset
		case !isLine(err):
			return err
		}
		if err := again(ctx); err != nil {
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
