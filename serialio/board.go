package serialio

import (
	"context"
	"encoding/base64"
)

// Board is what a board says of itself.
type Board struct {
	ID          string `json:"id"`         // machine.unique_id() in lower hex, the MAC on ESP chips; may be empty
	Machine     string `json:"machine"`    // os.uname().machine, as "mpython with ESP32"
	Platform    string `json:"platform"`   // sys.platform, as "esp32"
	MicroPython string `json:"version"`    // sys.implementation's version, as "1.12.0": the language level, whatever the banner says
	HeapFree    int64  `json:"heap_free"`  // bytes, -1 if unknown
	FlashFree   int64  `json:"flash_free"` // bytes in the root file system, -1 if there is none
	Inflate     bool   `json:"inflate"`    // it can inflate raw deflate data
	SHA256      bool   `json:"sha256"`     // it can hash files
	WiFi        bool   `json:"wifi"`       // its MicroPython has a WiFi interface
	Folders     bool   `json:"folders"`    // its file system has folders, and renames files; without, see [Upload]

	Implementation string `json:"implementation"` // sys.implementation's name, "micropython"
}

// Probe asks a board what it is. The error for a board that runs something else is *NotMicroPythonError;
// otherwise it is one of Exec's.
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

// readChunk is how much of a file is read at once, in bytes; a board holds it about five times over.
const readChunk = 1024

// ReadFile reads a file of at most limit bytes; ok is false if there is none, or a larger one.
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
