//go:build linux

package serialio_test

import (
	"bytes"
	"context"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"mpctl/internal/test/netns"
	"mpctl/serialio"
	"mpctl/sim"
)

// noisy is a line that alters or loses bytes. Each direction has its own count.
type noisy struct {
	serialio.Link
	sent, received direction
}

type direction struct {
	passed int           // bytes
	faults map[int]fault // by the number of the byte
}

// fault is the bit of a byte that flips, or lost for a byte that does not arrive.
type fault byte

const lost fault = 0

func (d *direction) pass(data []byte) []byte {
	var out []byte
	for _, b := range data {
		f, faulty := d.faults[d.passed]
		d.passed++
		if !faulty || f != lost {
			out = append(out, b^byte(f))
		}
	}
	return out
}

func (n *noisy) Write(p []byte) (int, error) {
	if _, err := n.Link.Write(n.sent.pass(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (n *noisy) Read(p []byte) (int, error) {
	k, err := n.Link.Read(p)
	return copy(p, n.received.pass(p[:k])), err
}

// upload enters, probes and uploads over a link.
func upload(ctx context.Context, link serialio.Link, files []serialio.File) error {
	r, err := serialio.Enter(ctx, link)
	if err != nil {
		return err
	}
	info, err := serialio.Probe(ctx, r)
	if err != nil {
		return err
	}
	_, err = serialio.Upload(ctx, r, info, files, nil)
	return err
}

// flash returns the files on a board whose flash is a folder.
func flash(t testing.TB, b *sim.Board) map[string][]byte {
	files := map[string][]byte{}
	err := filepath.WalkDir(b.Flash(), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path[len(b.Flash()):]] = data
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// missing returns the paths of files that are not in have with the same content.
func missing(have map[string][]byte, files []serialio.File) (wrong []string) {
	for _, f := range files {
		if data, ok := have[f.Path]; !ok || !bytes.Equal(data, f.Data) {
			wrong = append(wrong, f.Path)
		}
	}
	return wrong
}

// TestNoise uploads one generation over the other on a line that alters or loses a byte. The upload ends in success, or in
// an error with the old files in place, or in an error with a journal for the new ones. The next upload succeeds.
func TestNoise(t *testing.T) {
	netns.Require(t)
	cases := 8
	if os.Getenv("MPCTL_SOAK") != "" {
		cases = 250
	}
	serialio.SetCallTime(2 * time.Second)
	for i, model := range []string{sim.MPython, sim.ESP32, sim.MPython, sim.ESP32} {
		t.Run(model, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(6, uint64(i)))
			b := upgrade{model: model}.power(t, "", sim.Cut{}, nil)
			conn, err := serialio.Open(b.Port())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			clean := &noisy{Link: conn}
			if err := upload(t.Context(), clean, generation(1)); err != nil {
				t.Fatal(err)
			}
			failed := 0
			for n := range cases {
				before, after := generation(1+n%2), generation(2-n%2)
				line := &noisy{Link: conn, sent: direction{faults: map[int]fault{}}, received: direction{faults: map[int]fault{}}}
				// Far fewer bytes are received than sent, so the direction is chosen before the byte.
				f := fault(1 << random.IntN(8))
				if n/2%2 == 0 {
					f = lost
				}
				if n/4%2 == 0 {
					line.sent.faults[random.IntN(clean.sent.passed)] = f
				} else {
					line.received.faults[random.IntN(clean.received.passed)] = f
				}
				err := upload(t.Context(), line, after)
				have := flash(t, b)
				_, journal := have["/mpctl.py"]
				switch {
				case err == nil && len(missing(have, after)) > 0:
					t.Errorf("case %d, %+v %+v: success, but %q are wrong", n, line.sent, line.received, missing(have, after))
				case err != nil && !journal && len(missing(have, after)) > 0 && len(missing(have, before)) > 0:
					t.Errorf("case %d, %+v %+v: %v, and the files are neither old nor new", n, line.sent, line.received, err)
				}
				if err != nil {
					failed++
					t.Logf("case %d, %+v %+v: %v", n, line.sent, line.received, err)
				}
				if err := upload(t.Context(), conn, after); err != nil {
					t.Fatalf("case %d, %+v %+v: the upload after it: %v", n, line.sent, line.received, err)
				}
				if have = flash(t, b); len(missing(have, after)) > 0 || len(have) != len(after) {
					t.Errorf("case %d, %+v %+v: then there are %d files, and %q are wrong", n, line.sent, line.received, len(have), missing(have, after))
				}
			}
			t.Logf("%d of %d ended in an error", failed, cases)
		})
	}
}
