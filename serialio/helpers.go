package serialio

import (
	"context"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
)

// helpers returns the scripts that this package puts into the board's memory: first board/call.py, by which calls reach
// the board, then the others, which call.py compiles one by one.
var helpers = sync.OnceValue(func() []string {
	return scripts("call", "hash", "probe", "transfer", "stage", "place")
})

// loader returns a script that runs call.py unless the line has altered it. The script needs no helpers.
func loader() string {
	call := []byte(helpers()[0])
	return strings.Replace(script("loader"), "CRC,SOURCE", fmt.Sprintf("%d,%s", crc32.ChecksumIEEE(call), Bytes(call)), 1)
}

// install puts the helpers into the board's memory, once.
func (r *REPL) install(ctx context.Context) error {
	if r.helpers {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r.inflates = false
	nonce := newNonce()
	code := loader() + r.calling("_m_inflate is not None", nil, nonce)
	out, err := r.Exec(ctx, code)
	if isFlat(err) { // asked twice, because a module's name that the line altered cannot be imported either
		out, err = r.Exec(ctx, code)
	}
	switch r.flat = isFlat(err); {
	case r.flat:
		err = r.execAll(ctx, flatHelpers())
	case err == nil:
		if err = decode(out, nonce, &r.inflates); err == nil {
			err = r.execAll(ctx, []string{r.loading()})
		}
	}
	r.helpers = err == nil
	return err
}

func (r *REPL) execAll(ctx context.Context, pieces []string) error {
	for _, code := range pieces {
		if _, err := r.Exec(ctx, code); err != nil {
			return err
		}
	}
	return nil
}

// loading returns the script that runs all helpers but the first.
func (r *REPL) loading() string {
	var pieces []byte
	for _, code := range helpers()[1:] {
		pieces = fmt.Appendf(pieces, "%d\n%s", len(code), code)
	}
	return "_m_load(" + r.packed(pieces) + ")"
}
