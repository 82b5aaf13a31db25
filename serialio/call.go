package serialio

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// callTime is the time limit of one call. The slowest calls hash several files or put all files in place.
var callTime = 20 * time.Second

// minWindow is the smallest deflate window that a board is asked for, in bits.
const minWindow = 9

// Eval evaluates a MicroPython expression on one line and decodes its value, as JSON, into v, which may be nil.
// Expression and value are both checked against being altered on the line, if the board can compute a CRC-32; other
// output of the board in between does no harm. The expression may be evaluated more than once. Errors are those of Exec.
func (r *REPL) Eval(ctx context.Context, expression string, v any) error {
	return r.retry(ctx, false, func(ctx context.Context) error { return r.evalOnce(ctx, execTime, expression, nil, v) })
}

// ask calls a function of this package on the board and decodes its result into v, which may be nil. Errors are those
// of Exec, and *AlteredError.
func (r *REPL) ask(ctx context.Context, v any, function string, args ...any) error {
	return r.send(ctx, expression(function, args...), nil, v)
}

// send is ask of an expression that finds data in _m_in.
func (r *REPL) send(ctx context.Context, expression string, data []byte, v any) error {
	return r.retry(ctx, true, func(ctx context.Context) error { return r.evalOnce(ctx, callTime, expression, data, v) })
}

// askOnce is ask without a second try.
func (r *REPL) askOnce(ctx context.Context, v any, function string, args ...any) error {
	return r.evalOnce(ctx, callTime, expression(function, args...), nil, v)
}

// evalOnce makes sure of the helpers and makes a call.
func (r *REPL) evalOnce(ctx context.Context, limit time.Duration, expression string, data []byte, v any) error {
	if err := r.install(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return r.call(ctx, expression, data, v)
}

// call sends an expression and data. The answer carries a nonce, so that an older answer is not taken for it.
func (r *REPL) call(ctx context.Context, expression string, data []byte, v any) error {
	nonce := newNonce()
	out, err := r.Exec(ctx, r.calling(expression, data, nonce))
	if err != nil {
		return err
	}
	return decode(out, nonce, v)
}

// calling returns the script of a call.
func (r *REPL) calling(expression string, data []byte, nonce string) string {
	return "_m_call(" + r.packed(append([]byte(expression+"\n"), data...)) + ",'" + nonce + "')"
}

// newNonce returns a mark that nothing else prints. MicroPython interns every string of up to ten characters and never
// frees it, so the mark is longer.
func newNonce() string { return rand.Text()[:12] }

// decode finds the answer in the board's output and decodes it into v, which may be nil. Between two nonces stand the
// CRC-32 of the answer, or -1 from a board that cannot compute it, and the answer as JSON.
func decode(out []byte, nonce string, v any) error {
	const doing = "asking the board"
	_, rest, found := bytes.Cut(out, []byte(nonce+" "))
	answer, _, ended := bytes.Cut(rest, []byte(" "+nonce))
	sum, text, spaced := bytes.Cut(answer, []byte{' '})
	crc, err := strconv.ParseInt(string(sum), 10, 64)
	switch {
	case !found || !ended || !spaced || err != nil:
		return &ProtocolError{doing, lastLine(string(out))}
	case crc >= 0 && crc != int64(crc32.ChecksumIEEE(text)):
		return &ProtocolError{doing, "something that was altered on the line"}
	case v == nil:
		return nil
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &ProtocolError{doing, string(text[:min(len(text), 200)])}
	}
	return nil
}

// packed returns data as the first three arguments of _m_open: the CRC-32, the bits of the window to inflate with, or 0
// if the data are not deflated, and the data.
func (r *REPL) packed(data []byte) string {
	literal, window := Bytes(data), 0
	if r.inflates && !r.literal {
		small := deflated(data)
		if text := Bytes(small); len(text) < len(literal) {
			window = max(minWindow, bits.Len(uint(len(data)-1)))
			data, literal = small, text
		}
	}
	return fmt.Sprintf("%d,%d,%s", crc32.ChecksumIEEE(data), window, literal)
}

// expression returns a Python call of a function with strings, ints, bools and lists as arguments.
func expression(function string, args ...any) string { return function + "(" + items(args) + ")" }

// items returns the elements of a list in Python, separated by commas.
func items[T any](list []T) string {
	texts := make([]string, len(list))
	for i, item := range list {
		switch v := any(item).(type) {
		case string:
			texts[i] = Quote(v)
		case []string:
			texts[i] = "[" + items(v) + "]"
		case []span:
			texts[i] = "[" + items(v) + "]"
		case span:
			texts[i] = "[" + items([]any{v.path + staged, v.at, len(v.data)}) + "]"
		default:
			texts[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(texts, ",")
}
