//go:build linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mpctl/firmware"
	"mpctl/internal/provision"
	"mpctl/internal/test/netns"
	"mpctl/serialio"
	"mpctl/sim"
)

// olderVersion is what a firmware says of itself that differs in every module, and has one that is gone since.
const olderVersion = "0.0.9"

// Both are made once: a test asks for them often.
var newFiles, olderFiles = sync.OnceValue(provision.Files), sync.OnceValue(makeOlder)

func makeOlder() []serialio.File {
	var older []serialio.File
	for _, f := range provision.Files()[1:] {
		if f.Path != firmware.MainPath && strings.HasSuffix(f.Path, ".py") {
			f.Data = bytes.Replace(f.Data, []byte(firmware.Version()), []byte(olderVersion), 1)
			f.Data = append(slices.Clone(f.Data), "_older=1\n"...)
		}
		older = append(older, f)
	}
	older = slices.Insert(older, 0, serialio.File{Path: "/lib/mpctl/older.py", Data: []byte("gone=1\n")})
	return append([]serialio.File{serialio.Manifest(provision.Files()[0].Path, older)}, older...)
}

// accident is a kind of provisioning that is cut.
type accident struct {
	model, filesystem string
	older             bool // an older firmware is on the board, and its settings; else it is blank
	power             bool // the cable takes the board's power with it
}

func (x accident) String() string {
	return fmt.Sprintf("%s %s older=%v", x.model, x.filesystem, x.older)
}

func accidents() []accident {
	var all []accident
	for _, model := range []string{sim.MPython, sim.ESP32} {
		for _, filesystem := range []string{sim.LFS2, sim.FAT} {
			for _, older := range []bool{true, false} {
				all = append(all, accident{model: model, filesystem: filesystem, older: older})
			}
		}
	}
	return all
}

func (x accident) start(t testing.TB, image string, cut sim.Cut, trace func(string, []byte)) *sim.Board {
	baud := 3_000_000
	if x.model == sim.MPython {
		baud = 230_400 // it has no flow control, and a receive buffer of 255 bytes
	}
	b, err := sim.Start(t.Context(), sim.Config{Model: x.model, Blank: true, Baud: baud, Filesystem: x.filesystem, Image: image, Cut: cut, Trace: trace})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Stop() })
	return b
}

// provisionAt runs the whole command.
func provisionAt(ctx context.Context, b *sim.Board) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	a, _, stderr := testApp()
	a.env = func(name string) string {
		return map[string]string{"MPCTL_WIFI_PASSWORD": "chalk and cheese"}[name]
	}
	cmd := newRootCmd(a)
	cmd.SetArgs([]string{"provision", "--port", b.Port(), "--ssid", "classroom"})
	if err := cmd.ExecuteContext(ctx); err != nil {
		return fmt.Errorf("%w, after\n%s", err, stderr)
	}
	return nil
}

// before makes the flash that is there before the accident. It tells how many bytes cross the line in the
// provisioning of a blank board, which is about as many as in that of any other.
func (x accident) before(t testing.TB) (image string, bytes int) {
	image = filepath.Join(t.TempDir(), "before.img")
	_ = x.start(t, image, sim.Cut{}, nil).Stop()
	blank := copied(t, image)
	var crossed atomic.Int64
	b := x.start(t, blank, sim.Cut{}, func(direction string, data []byte) {
		if direction == "host" || crossed.Load() > 0 { // not what it said before
			crossed.Add(int64(len(data)))
		}
	})
	if err := provisionAt(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	bytes = int(crossed.Load())
	if x.older {
		uploadOlder(t, b)
		image = blank
	}
	_ = b.Stop()
	return image, bytes
}

func uploadOlder(t testing.TB, b *sim.Board) {
	conn, err := serialio.Open(b.Port())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r, err := serialio.Enter(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	info, err := serialio.Probe(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := serialio.Upload(t.Context(), r, info, olderFiles(), nil); err != nil {
		t.Fatal(err)
	}
}

// happen cuts one provisioning, and checks what is left.
func (x accident) happen(t testing.TB, before string, at int) {
	image := copied(t, before)
	cut := sim.Cut{Bytes: at, Powers: x.power}
	b := x.start(t, image, cut, nil)
	first := provisionAt(t.Context(), b)
	live := b
	if x.power || first == nil { // no two go the same way, so the accident may still be to come
		_ = b.Stop()
		live = x.start(t, image, sim.Cut{}, nil)
	}
	fault := func(format string, args ...any) {
		t.Errorf("the cut ended the first provision with %v: %s", first, fmt.Sprintf(format, args...))
	}
	x.checkBoot(t, copied(t, image), fault)
	if err := provisionAt(t.Context(), live); err != nil {
		fault("the second one: %v", err)
	}
	if err := live.Stop(); err != nil {
		fault("the board: %v", err)
	}
	got, err := sim.ReadImage(t.Context(), x.filesystem, image)
	if err != nil {
		fault("%v", err)
		return
	}
	firmware := newFiles()
	for _, path := range slices.Sorted(maps.Keys(got)) {
		if path != "/mpctl.json" && !slices.ContainsFunc(firmware, func(f serialio.File) bool { return f.Path == path }) {
			fault("%s was left behind", path)
		}
	}
	if wrong := differing(got, newFiles()); len(wrong) > 0 {
		fault("%q are wrong", wrong)
	}
}

// checkBoot starts what is left by itself: the old app or the new one, whole.
func (x accident) checkBoot(t testing.TB, image string, fault func(string, ...any)) {
	b := x.start(t, image, sim.Cut{}, nil)
	version, said := boots(t, b)
	_ = b.Stop()
	got, err := sim.ReadImage(t.Context(), x.filesystem, image)
	if err != nil {
		fault("%v", err)
		return
	}
	switch {
	case version == firmware.Version(), version == "" && strings.Contains(said, "no WiFi is configured") && !x.older:
		if wrong := differing(got, newFiles()); len(wrong) > 0 {
			fault("the new app runs, of which %q are not new", wrong)
		}
	case version == olderVersion && x.older:
		if wrong := differing(got, olderFiles()); len(wrong) > 0 {
			fault("the old app runs, of which %q are not old", wrong)
		}
	case version == "" && !x.older && len(got[firmware.MainPath]) == 0 && !strings.Contains(said, "Traceback"):
	default:
		fault("the board boots neither the old app nor the new one: %q, and says %q", version, said)
	}
}

// differing lists those of want that are not so in got.
func differing(got map[string][]byte, want []serialio.File) (wrong []string) {
	for _, f := range want {
		if data, ok := got[f.Path]; !ok || !bytes.Equal(data, f.Data) {
			wrong = append(wrong, f.Path)
		}
	}
	return wrong
}

var atPrompt = regexp.MustCompile(`\n>>> $`)

// boots waits until the board serves, and returns which version does, or until it waits at its prompt.
func boots(t testing.TB, b *sim.Board) (version, said string) {
	port, err := os.OpenFile(b.Port(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer port.Close()
	client := http.Client{Timeout: 3 * time.Second}
	var seen []byte
	buf := make([]byte, 512)
	for deadline := time.Now().Add(40 * time.Second); time.Now().Before(deadline); {
		_, _ = port.WriteString("\r") // shows a prompt, where there is one
		_ = port.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		n, _ := port.Read(buf)
		seen = append(seen, buf[:n]...)
		if atPrompt.Match(seen) {
			return "", string(seen)
		}
		resp, err := client.Get(fmt.Sprintf("http://%s/api/info", b.Addr()))
		if err != nil {
			continue
		}
		var info struct {
			Firmware string `json:"fw"`
		}
		err = json.NewDecoder(resp.Body).Decode(&info)
		_ = resp.Body.Close()
		if err == nil {
			return info.Firmware, string(seen)
		}
	}
	return "nothing in 40 s", string(seen)
}

func copied(t testing.TB, from string) string {
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

// TestCutProvision pulls the cable in a whole provisioning, at points spread over all of it.
func TestCutProvision(t *testing.T) {
	netns.Require(t)
	points := 1
	if os.Getenv("MPCTL_SOAK") != "" {
		points = 32
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Run("all", func(t *testing.T) {
		for i, x := range accidents() {
			t.Run(x.String(), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(5, uint64(i)))
				before, total := x.before(t)
				t.Logf("%d bytes cross the line", total)
				for n := range points {
					for _, x.power = range []bool{true, false} {
						at := 1 + (n*total+random.IntN(total))/points
						t.Run(fmt.Sprintf("power=%v at %d", x.power, at), func(t *testing.T) {
							t.Parallel()
							x.happen(t, before, at)
						})
					}
				}
			})
		}
	})
}
