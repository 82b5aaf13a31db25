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
	err = r.again(ctx, func(ctx context.Context) error {
		data, ok, err = readFile(ctx, r, path, limit)
		return err
	})
	return data, ok, err
}

func readFile(ctx context.Context, r *REPL, path string, limit int) (data []byte, ok bool, err error) {
	states, err := stat(ctx, r, []string{path})
	if err != nil || states[0] == nil || states[0].Size > int64(limit) {
		return nil, false, err
	}
	data = make([]byte, 0, states[0].Size)
	for int64(len(data)) < states[0].Size {
		var text string
		if err := r.ask(ctx, &text, "_m_read", path, len(data), readChunk); err != nil {
			return nil, false, err
		}
		chunk, err := base64.StdEncoding.DecodeString(text) // which ignores the newline at the end
		if err != nil || len(chunk) == 0 {
			return nil, false, &ProtocolError{"reading " + path, text}
		}
		data = append(data, chunk...)
	}
	if states[0].Sum != "" && !states[0].matches(data) {
		return nil, false, &ProtocolError{"reading " + path, "other bytes than it has"}
	}
	return data, true, nil
}
