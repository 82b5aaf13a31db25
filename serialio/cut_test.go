//go:build linux

package serialio_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"mpctl/internal/test/netns"
	"mpctl/serialio"
	"mpctl/sim"
)

// generation returns an app that prints the generation of each of its modules, again and again. Every generation has a
// module that the others do not have.
func generation(n int) []serialio.File {
	mark := fmt.Sprintf("GENERATION = %d\n", n)
	filler := strings.Repeat(fmt.Sprintf("# %d\n", n), 700)
	own := fmt.Sprintf("own%d", n)
	modules := map[string]string{
		"__init__": mark + "def main():\n import time\n from mpctl import a, b, " + own + "\n while True:\n" +
			"  print('app', GENERATION, a.GENERATION, b.GENERATION, " + own + ".GENERATION, '.')\n  time.sleep_ms(20)\n",
		"a": mark + filler, "b": mark, own: mark,
	}
	var files []serialio.File
	for _, name := range slices.Sorted(maps.Keys(modules)) {
		files = append(files, serialio.File{Path: "/lib/mpctl/" + name + ".py", Data: []byte(modules[name])})
	}
	files = append(files, serialio.File{Path: "/main.py", Data: []byte("import mpctl\nmpctl.main()\n"),
		Keep: func(old []byte) bool { return !bytes.HasPrefix(old, []byte("import mpctl")) }})
	return append([]serialio.File{serialio.Manifest("/lib/mpctl/manifest", files)}, files...)
}

const (
	foreignMain = "import time\nwhile True:\n print('mine')\n time.sleep_ms(20)\n"
	foreignBoot = "booted = 'by my own boot.py'\n"
)

// upgrade is a kind of board to upload to, and what it has before.
type upgrade struct{ model, filesystem, from string }

func (u upgrade) String() string { return u.model + " " + u.filesystem + " from " + u.from }

func upgrades() []upgrade {
	var all []upgrade
	for _, model := range models {
		for _, filesystem := range []string{sim.LFS2, sim.FAT} {
			for _, from := range []string{"blank", "older", "foreign"} {
				all = append(all, upgrade{model, filesystem, from})
			}
		}
	}
	return all
}

// image returns the path of a flash image as it is before the upload.
func (u upgrade) image(t testing.TB) string {
	image := filepath.Join(t.TempDir(), "before.img")
	b := u.power(t, image, sim.Cut{}, nil)
	defer b.Stop()
	var files []serialio.File
	switch u.from {
	case "older":
		files = generation(1)
	case "foreign":
		files = []serialio.File{{Path: "/boot.py", Data: []byte(foreignBoot)}, {Path: "/main.py", Data: []byte(foreignMain)}}
	}
	if err := put(t.Context(), b, files); err != nil {
		t.Fatal(err, b.Stop())
	}
	return image
}

func (u upgrade) power(t testing.TB, image string, cut sim.Cut, trace func(string, []byte)) *sim.Board {
	baud := 3_000_000
	if u.model == sim.MPython {
		baud = 230_400 // this model has no flow control, and a receive buffer of 255 bytes
	}
	b, err := sim.Start(t.Context(), sim.Config{Model: u.model, Blank: true, Baud: baud, Filesystem: u.filesystem, Image: image, Cut: cut, Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Stop() })
	return b
}

// put uploads files from opening the port on, as a new program would.
func put(ctx context.Context, b *sim.Board, files []serialio.File) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	conn, err := serialio.Open(b.Port())
	if err != nil {
		return err
	}
	defer conn.Close()
	r, err := serialio.Enter(ctx, conn)
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

var (
	appLine = regexp.MustCompile(`app (\d+) (\d+) (\d+) (\d+) \.`)
	prompt  = regexp.MustCompile(`\n>>> $`)
)

// runs returns what a board does that nobody has interrupted: "app N", "foreign" or "nothing".
func runs(t testing.TB, b *sim.Board) string {
	port, err := os.OpenFile(b.Port(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	var seen []byte
	buf := make([]byte, 512)
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		_, _ = port.WriteString("\r") // a board at its prompt shows it again
		_ = port.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, _ := port.Read(buf)
		seen = append(seen, buf[:n]...)
		if m := appLine.FindSubmatch(seen); m != nil {
			if a := string(m[1]); a == string(m[2]) && a == string(m[3]) && a == string(m[4]) {
				return "app " + a
			}
			return "a mixture: " + string(m[0])
		}
		if bytes.Contains(seen, []byte("mine\r\n")) {
			return "foreign"
		}
		if prompt.Match(seen) {
			if bytes.Contains(seen, []byte("Traceback")) {
				return "a traceback: " + string(seen)
			}
			return "nothing"
		}
	}
	return fmt.Sprintf("unknown: %q", seen)
}

func copyFile(t testing.TB, from string) string {
	to := filepath.Join(t.TempDir(), "flash.img")
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	return to
}

// cut uploads generation 2 with an accident, and checks the result. done reports whether the upload ended before the
// accident.
func (u upgrade) cut(t testing.TB, before string, cut sim.Cut) (done bool) {
	image := copyFile(t, before)
	b := u.power(t, image, cut, nil)
	err := put(t.Context(), b, generation(2))
	live := b
	if pulled := cut.Bytes > 0 && !cut.Powers; !pulled || err == nil { // the accident may not have happened yet
		_ = b.Stop()
		live = u.power(t, image, sim.Cut{}, nil)
	}
	// A copy of the flash shows what would boot if the power failed now.
	booted := u.power(t, copyFile(t, image), sim.Cut{}, nil)
	ran := runs(t, booted)
	_ = booted.Stop()
	old := map[string]string{"blank": "nothing", "older": "app 1", "foreign": "foreign"}[u.from]
	if ran != old && ran != "app 2" || err == nil && ran != "app 2" {
		t.Errorf("%s, %+v: the upload ended with %v, then the board runs %s", u, cut, err, ran)
	}
	if err := put(t.Context(), live, generation(2)); err != nil {
		t.Errorf("%s, %+v: the upload after that: %v", u, cut, err)
	}
	_ = live.Stop()
	u.check(t, image, cut)
	return err == nil
}

// check fails unless the image holds exactly the new files and the user's own.
func (u upgrade) check(t testing.TB, image string, cut sim.Cut) {
	got, err := sim.ReadImage(t.Context(), u.filesystem, image)
	if err != nil {
		t.Errorf("%s, %+v: %v", u, cut, err)
		return
	}
	want := map[string][]byte{}
	for _, f := range generation(2) {
		want[f.Path] = f.Data
	}
	if u.from == "foreign" {
		want["/boot.py"], want["/main.py.bak"] = []byte(foreignBoot), []byte(foreignMain)
	}
	for _, path := range slices.Sorted(maps.Keys(got)) {
		if data, ok := want[path]; !ok {
			t.Errorf("%s, %+v: %s (%d bytes) was left behind", u, cut, path, len(got[path]))
		} else if !bytes.Equal(data, got[path]) {
			t.Errorf("%s, %+v: %s is wrong: %q", u, cut, path, got[path][:min(len(got[path]), 100)])
		}
		delete(want, path)
	}
	for path := range want {
		t.Errorf("%s, %+v: %s is missing", u, cut, path)
	}
}

// bytes returns how many bytes cross the line in an upload without an accident.
func (u upgrade) bytes(t testing.TB, before string) (n int) {
	counting := false
	b := u.power(t, copyFile(t, before), sim.Cut{}, func(direction string, data []byte) {
		if counting = counting || direction == "host"; counting {
			n += len(data)
		}
	})
	if err := put(t.Context(), b, generation(2)); err != nil {
		t.Fatal(err)
	}
	_ = b.Stop()
	return n
}

// TestCut pulls the cable after a random number of bytes, with the board's power and without.
func TestCut(t *testing.T) {
	netns.Require(t)
	points := 1
	if os.Getenv("MPCTL_SOAK") != "" {
		points = 10
	}
	for i, u := range upgrades() {
		t.Run(u.String(), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(4, uint64(i)))
			before := u.image(t)
			total := u.bytes(t, before)
			for range points {
				u.cut(t, before, sim.Cut{Bytes: 1 + random.IntN(total), Powers: true})
				u.cut(t, before, sim.Cut{Bytes: 1 + random.IntN(total)})
			}
		})
	}
}

// TestCutAtWrites lets the power fail after each write to the flash in turn.
func TestCutAtWrites(t *testing.T) {
	if os.Getenv("MPCTL_SOAK") == "" {
		t.Skip("part of make soak")
	}
	netns.Require(t)
	for _, u := range upgrades() {
		t.Run(u.String(), func(t *testing.T) {
			t.Parallel()
			before := u.image(t)
			n := 1
			for !u.cut(t, before, sim.Cut{Writes: n}) && !t.Failed() {
				n++
			}
			t.Logf("%d writes", n-1)
		})
	}
}
