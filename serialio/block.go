package serialio

import (
	"bytes"
	"compress/flate"
)

const (
	// maxBlock is the most that is deflated at once, in bytes: the board then never needs a window of more than
	// 8 KB, although Go's compressor always works with one of 32 KB.
	maxBlock = 8192
	minBlock = 256

	lowHeap = 60 << 10 // bytes free, below which a board gets smaller pieces

	// Sizes of one script, in bytes.
	scriptPaste = 4096
	scriptLow   = 2048
	scriptPlain = 1400 // the board stores it whole, in a buffer that grows 16 bytes at a time

	callOverhead = 160 // bytes of a script that are not payload: the call, and the longest path that is sensible
)

// limits is how a file is cut.
type limits struct {
	block   int // bytes of the file at once
	payload int // bytes of literal in one script
	deflate bool
}

// careful is how a file is sent again after it went wrong. A board that stores a script before it compiles gets
// scripts that its receive buffer of 255 bytes holds: whatever keeps it from emptying that, it loses nothing.
func careful(d dialect) limits {
	if d == paste {
		return limits{block: minBlock, payload: 4 * minBlock}
	}
	return limits{block: minBlock / 3, payload: 4 * minBlock / 3}
}

// limits suits them to the board.
func (u *upload) limits() limits {
	if u.r.flat {
		return careful(u.r.dialect)
	}
	l := limits{block: maxBlock, payload: scriptPaste - callOverhead, deflate: u.board.Inflate}
	if u.board.HeapFree >= 0 && u.board.HeapFree < lowHeap {
		l.block, l.payload = maxBlock/2, scriptLow-callOverhead
	}
	if u.r.dialect != paste {
		l.payload = scriptPlain - callOverhead
	}
	return l
}

type block struct {
	size     int // bytes of the file
	deflated bool
	payload  []byte
}

// nextBlock takes the largest piece off the front of data that fits into one script. Data is not copied.
func nextBlock(data []byte, l limits) block {
	size := min(l.block, len(data))
	for {
		piece := data[:size]
		b := block{size, false, piece}
		length := len(Bytes(piece))
		if l.deflate {
			if packed := deflated(piece); len(Bytes(packed)) < length {
				b, length = block{size, true, packed}, len(Bytes(packed))
			}
		}
		if length <= l.payload || size <= minBlock {
			return b
		}
		size = max(minBlock, size/2)
	}
}

// deflated is data as a raw deflate stream (RFC 1951).
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
