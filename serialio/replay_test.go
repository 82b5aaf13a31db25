package serialio_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpctl/serialio"
	"mpctl/serialio/repltest"
)

// recorded are the boards whose dialogues are in testdata/dialogue, and what they say of themselves there.
var recorded = map[string]serialio.Board{
	"mpython":  {Platform: "esp32", Inflate: true, SHA256: true},
	"esp32":    {Platform: "esp32", Inflate: true, SHA256: true},
	"microbit": {Platform: "microbit"},
}

func dialogue(name string) string { return filepath.Join("testdata", "dialogue", name+".txt") }

// TestReplay has the dialogue that was recorded with real MicroPythons, anywhere and without them. When it is to be
// another one: MPCTL_RECORD=1 go test -run TestRecord ./serialio
func TestReplay(t *testing.T) {
	for name, want := range recorded {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			recording, err := os.ReadFile(dialogue(name))
			if err != nil {
				t.Fatal(err)
			}
			player, err := repltest.Play(string(recording))
			if err != nil {
				t.Fatal(err)
			}
			board, err := converse(t.Context(), player)
			if err != nil {
				t.Error(err)
			}
			if board.Platform != want.Platform || board.Inflate != want.Inflate || board.SHA256 != want.SHA256 {
				t.Errorf("the board is %+v", board)
			}
			if err := player.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// converse has the dialogue: everything that a REPL is for.
func converse(ctx context.Context, link serialio.Link) (serialio.Board, error) {
	r, err := serialio.Enter(ctx, link)
	if err != nil {
		return serialio.Board{}, err
	}
	board, err := serialio.Probe(ctx, r)
	if err != nil {
		return board, err
	}
	var exec *serialio.ExecError
	if out, err := r.Exec(ctx, "print(6*7)\nraise ValueError('no')"); string(out) != "42\n" || !errors.As(err, &exec) || exec.Error() != "the board raised ValueError: no" {
		return board, errors.New("Exec printed " + string(out) + ", " + errorText(err))
	}
	file := serialio.File{Path: "/app.py", Data: source()}
	if result, err := serialio.Upload(ctx, r, board, []serialio.File{file}, nil); err != nil || len(result.Sent) != 1 || len(result.Retried) > 0 {
		return board, errors.New("Upload: " + errorText(err))
	}
	if data, ok, err := serialio.ReadFile(ctx, r, file.Path, 4096); err != nil || !ok || !bytes.Equal(data, file.Data) {
		return board, errors.New("ReadFile: " + errorText(err))
	}
	r.Leave()
	return board, nil
}

func errorText(err error) string {
	if err == nil {
		return "no error"
	}
	return err.Error()
}

// source is a Python file of 2 KB, with the bytes in it that a REPL or a literal could stumble over.
func source() []byte {
	return []byte(strings.Repeat("# it's \\ \"quoted\" \u00e4\nx = 1\n", 80)[:2040] + "\x00\x01\x04\x1b\r\n\n")
}
