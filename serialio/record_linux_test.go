package serialio_test

import (
	"bytes"
	"os"
	"testing"

	"mpctl/internal/test/microbit"
	"mpctl/internal/test/netns"
	"mpctl/serialio"
	"mpctl/serialio/repltest"
	"mpctl/sim"
)

// TestRecord has the dialogue with real MicroPythons, and replays what it has recorded. It writes the recording to testdata
// if MPCTL_RECORD is set.
func TestRecord(t *testing.T) {
	for name, want := range recorded {
		t.Run(name, func(t *testing.T) {
			conn, err := serialio.Open(plugIn(t, name))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { conn.Close() })
			var text bytes.Buffer
			recorder := repltest.Record(conn, &text)
			if err := converse(t.Context(), recorder, want); err != nil {
				t.Logf("the dialogue before that:\n%s", text.String())
				t.Fatal(err)
			}
			if err := recorder.Close(); err != nil {
				t.Fatal(err)
			}
			player, err := repltest.Play(text.String())
			if err != nil {
				t.Fatal(err)
			}
			if err := converse(t.Context(), player, want); err != nil {
				t.Error(err)
			}
			if err := player.Close(); err != nil {
				t.Error(err)
			}
			if os.Getenv("MPCTL_RECORD") != "" && !t.Failed() {
				if err := os.WriteFile(dialogue(name), text.Bytes(), 0o644); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// plugIn starts a board and returns its serial port.
func plugIn(t *testing.T, name string) string {
	t.Helper()
	if name == "microbit" {
		return microbit.Start(t)
	}
	netns.Require(t)
	b, err := sim.Start(t.Context(), sim.Config{Model: name, Blank: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Stop() })
	return b.Port()
}
