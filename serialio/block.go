package serialio

import (
	"bytes"
	"compress/flate"
)

const (
	// maxBlock is how many bytes are deflated at once. The board then never needs a window of more than 8 KB,
	// although Go's compressor always works with one of 32 KB.
	maxBlock = 8192
	minBlock = 256

	lowHeap = 60 << 10 // a board with fewer bytes of free heap gets smaller blocks

	// Sizes of one script, in bytes.
	scriptPaste = 4096
	scriptPlain = 3072 // the board stores it whole, in a buffer that grows 16 bytes at a time
	scriptLow   = 1400

	callOverhead = 40 // bytes of a script beside the packed data
)

// limits are the sizes of the blocks into which files are cut.
type limits struct {
	block   int // bytes of a block before it is packed, with the expression of its call
	payload int // bytes of the packed block in a script
	minimum int // bytes of files in a block, whatever the other limits say
}

// carefulLimits returns the limits for files that arrived altered. A board that stores a script before it compiles
// it then gets scripts that fit into its receive buffer of 255 bytes. It loses nothing, even when something keeps it
// from emptying that buffer.
func (u *upload) carefulLimits() limits {
	if u.r.dialect == paste {
		return limits{2 * minBlock, 4 * minBlock, minBlock}
	}
	return limits{minBlock / 2, minBlock - callOverhead, minBlock / 8}
}

// limits returns the limits that suit the board.
func (u *upload) limits() limits {
	if u.r.flat {
		return u.carefulLimits()
	}
	l := limits{maxBlock, scriptPaste - callOverhead, minBlock}
	if u.r.dialect != paste {
		l.payload = scriptPlain - callOverhead
	}
	if u.board.HeapFree >= 0 && u.board.HeapFree < lowHeap {
		l.block, l.payload = maxBlock/2, scriptLow-callOverhead
	}
	return l
}

// span is a piece of a file, to be written at an offset.
type span struct {
	path string
	at   int
	data []byte
}

// spans returns files as one span each.
func spans(files []File) []span {
	all := make([]span, len(files))
	for i, f := range files {
		all[i] = span{f.Path, 0, f.Data}
	}
	return all
}

// split cuts spans after size bytes. Empty spans at the cut are taken too. Data is not copied.
func split(spans []span, size int) (taken, left []span) {
	for i, s := range spans {
		if len(s.data) > size {
			if size == 0 {
				return taken, spans[i:]
			}
			rest := span{s.path, s.at + size, s.data[size:]}
			s.data = s.data[:size]
			return append(taken, s), append([]span{rest}, spans[i+1:]...)
		}
		taken, size = append(taken, s), size-len(s.data)
	}
	return taken, nil
}

// put returns the expression and the data of a call that writes spans.
func put(spans []span) (string, []byte) {
	var data []byte
	for _, s := range spans {
		data = append(data, s.data...)
	}
	return expression("_m_put", spans), data
}

// nextBlock takes as many bytes off the front of spans as fit into one script.
func (r *REPL) nextBlock(spans []span, l limits) (block, left []span) {
	for size := l.block; ; {
		block, left = split(spans, size)
		code, data := put(block)
		text := append([]byte(code+"\n"), data...)
		literal := len(r.packed(text))
		if size <= l.minimum || len(text) <= l.block && literal <= l.payload {
			return block, left
		}
		fit := min(size-1, size*l.block/len(text), size*l.payload/literal)
		size = max(l.minimum, fit)
	}
}

// deflated returns data as a raw deflate stream (RFC 1951).
func deflated(data []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic("deflate into memory: " + err.Error()) // the level is a constant, and a Buffer takes everything
	}
	return out.Bytes()
}
