package serialio

import (
	"context"
	"encoding/base64"
)

// Board is what a board reports about itself.
type Board struct {
	ID          string `json:"id"`         // machine.unique_id() in lower hex; on ESP chips the MAC address; may be empty
	Machine     string `json:"machine"`    // os.uname().machine, like "mpython with ESP32"
	Platform    string `json:"platform"`   // sys.platform, like "esp32"
	MicroPython string `json:"version"`    // the version in sys.implementation, like "1.12.0": the language level, even if the banner differs
	HeapFree    int64  `json:"heap_free"`  // bytes, -1 if unknown
	FlashFree   int64  `json:"flash_free"` // bytes in the root file system, -1 if there is none
	Inflate     bool   `json:"inflate"`    // it can inflate raw deflate data
	SHA256      bool   `json:"sha256"`     // it can hash files
	WiFi        bool   `json:"wifi"`       // its MicroPython has a WiFi interface
	Folders     bool   `json:"folders"`    // its file system has folders and can rename files; see [Upload] for a board without

	Implementation string `json:"implementation"` // the name in sys.implementation: "micropython"
}

// Probe asks a board what it is. Errors: *NotMicroPythonError, *AlteredError, those of [REPL.Exec].
func Probe(ctx context.Context, r *REPL) (Board, error) {
	r.beginOperation()
	board, err := probe(ctx, r)
	if err == nil && board.FlashFree < 0 && board.Folders {
		// An interrupt during boot can have stopped the mounting of the file system. A soft reset mounts it.
		if err := r.SoftReset(ctx); err != nil {
			return Board{}, err
		}
		board, err = probe(ctx, r)
	}
	if err == nil && board.Implementation != "micropython" {
		err = &NotMicroPythonError{board.Implementation}
	}
	return board, err
}

func probe(ctx context.Context, r *REPL) (board Board, err error) {
	err = r.ask(ctx, &board, "_m_board")
	return board, err
}

// readChunk is how many bytes of a file one call reads. The board needs about five times as many of its heap.
const readChunk = 1024

// ReadFile reads a file of at most limit bytes; ok is false if the file is missing or larger. Errors: *AlteredError,
// those of [REPL.Exec].
func ReadFile(ctx context.Context, r *REPL, path string, limit int) (data []byte, ok bool, err error) {
	r.beginOperation()
	return readFile(ctx, r, path, limit)
}

// readFile is ReadFile as a part of another operation.
func readFile(ctx context.Context, r *REPL, path string, limit int) (data []byte, ok bool, err error) {
	var file *state
	err = r.retry(ctx, true, func(ctx context.Context) error {
		if file == nil {
			states, err := statOnce(ctx, r, []string{path})
			if err != nil || states[0] == nil || states[0].Size > int64(limit) {
				return err
			}
			file, data = states[0], make([]byte, 0, states[0].Size)
		}
		for int64(len(data)) < file.Size { // a second try goes on where the first one failed
			chunk, err := readOnce(ctx, r, path, len(data))
			if err != nil {
				return err
			}
			data = append(data, chunk...)
		}
		if file.Sum != "" && !file.matches(data) {
			file = nil
			return &ProtocolError{"reading " + path, "other bytes than it has"}
		}
		ok = true
		return nil
	})
	if err != nil {
		return nil, false, err
	}
	return data, ok, nil
}

// readOnce reads at most readChunk bytes of a file from an offset on, at least one.
func readOnce(ctx context.Context, r *REPL, path string, offset int) ([]byte, error) {
	var text string
	if err := r.askOnce(ctx, &text, "_m_read", path, offset, readChunk); err != nil {
		return nil, err
	}
	chunk, err := base64.StdEncoding.DecodeString(text) // which ignores the newline at the end
	if err != nil || len(chunk) == 0 {
		return nil, &ProtocolError{"reading " + path, text}
	}
	return chunk, nil
}
