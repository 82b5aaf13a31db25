package serialio_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mpctl/serialio"
	"mpctl/serialio/repltest"
)

// recorded are the boards whose dialogues are in testdata/dialogue, with the words in which they differ.
var recorded = map[string]wording{
	"mpython":  {"esp32", "mpython: soft reboot"},
	"esp32":    {"esp32", "MPY: soft reboot"},
	"microbit": {"microbit", "soft reboot"},
}

type wording struct{ platform, reset string }

func dialogue(name string) string { return filepath.Join("testdata", "dialogue", name+".txt") }

// TestReplay replays dialogues that were recorded with real MicroPythons, so it needs none. To record them anew:
// MPCTL_RECORD=1 go test -run TestRecord ./serialio
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
			if err := converse(t.Context(), player, want); err != nil {
				t.Error(err)
			}
			if text := string(recording); !strings.Contains(text, want.reset) {
				t.Errorf("there is no %q in it", want.reset)
			}
			if err := player.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// converse has the dialogue: running code, and what can go wrong. It uses none of the Python in board/, so a change there
// needs no new recording.
func converse(ctx context.Context, link serialio.Link, want wording) error {
	r, err := serialio.Enter(ctx, link)
	if err != nil {
		return err
	}
	if out, err := r.Exec(ctx, "import sys\nprint(sys.platform)\nkept=1"); err != nil || string(out) != want.platform+"\n" {
		return fmt.Errorf("printing: %q, %w", out, err)
	}
	var exec *serialio.ExecError
	if out, err := r.Exec(ctx, "print('it\\'s')\nraise ValueError('no')"); string(out) != "it's\n" || !errors.As(err, &exec) ||
		exec.Error() != "the board raised ValueError: no" {
		return fmt.Errorf("raising: %q, %w", out, err)
	}
	// The code is longer than what a board takes at once.
	if out, err := r.Exec(ctx, "x = = 1  # "+strings.Repeat("2", 500)); len(out) > 0 || !errors.As(err, &exec) ||
		exec.Error() != "the board raised SyntaxError: invalid syntax" {
		return fmt.Errorf("a syntax error: %q, %w", out, err)
	}
	stopped, stop := context.WithCancel(ctx)
	defer stop()
	err = r.ExecLines(stopped, "print(kept)\nwhile True: pass", func(line string) {
		if line == "1" {
			stop()
		}
	})
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("interrupting: %w", err)
	}
	if err := r.SoftReset(ctx); err != nil {
		return fmt.Errorf("resetting: %w", err)
	}
	if out, err := r.Exec(ctx, "print('kept' in globals())"); err != nil || string(out) != "False\n" {
		return fmt.Errorf("after a soft reset: %q, %w", out, err)
	}
	r.Leave()
	return nil
}
