package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/remembered"
	"mpctl/internal/test/boardtest"
)

// lockedBuffer is output that can be looked at while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// mpctl runs a command line until it ends, or until enough is content with what it has printed; then as by Ctrl-C.
func mpctl(t *testing.T, enough func(stdout, stderr string) bool, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	return mpctlWith(t, remembered.File{}, enough, args...)
}

func mpctlWith(t *testing.T, memory remembered.File, enough func(stdout, stderr string) bool, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs lockedBuffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	a := appOn(new(bytes.Buffer), &out, &errs)
	a.memory = memory
	root := newRootCmd(a)
	root.SetArgs(args)
	ended := make(chan error)
	go func() { ended <- root.ExecuteContext(ctx) }()
	for {
		select {
		case err := <-ended:
			return out.String(), errs.String(), err
		case <-time.After(10 * time.Millisecond):
			if enough != nil && enough(out.String(), errs.String()) {
				cancel()
			}
		}
	}
}

func has(text string) func(stdout, stderr string) bool {
	return func(stdout, stderr string) bool { return strings.Contains(stdout+stderr, text) }
}

func TestWatchCount(t *testing.T) {
	desk := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", counting)).String()
	lab := boardtest.Address(boardtest.ServeStream(t, "lab", "a1b2c3d4e5f7", stalling(7, 8, 9))).String()
	stdout, stderr, err := mpctl(t, nil, "read", "light", desk, lab, "--count", "3")
	var want []string
	for _, row := range []string{"desk\tlight\t1", "desk\tlight\t2", "desk\tlight\t3", "lab\tlight\t7", "lab\tlight\t8", "lab\tlight\t9"} {
		want = append(want, row+"\traw\n")
	}
	if sortedLines(stdout) != strings.Join(want, "") || err != nil {
		t.Errorf("%q, %v", stdout, err)
	}
	if stderr != "desk\tlight\t3\t1\t2\t3\traw\nlab\tlight\t3\t7\t8\t9\traw\n" {
		t.Errorf("summary %q", stderr)
	}
	stdout, stderr, err = mpctl(t, nil, "read", "light", desk, "--count", "2", "-q")
	if stdout != "1\n2\n" || stderr != "" || err != nil {
		t.Errorf("-q: %q, %q, %v", stdout, stderr, err)
	}
}

func TestWatchOneThatIsNotThere(t *testing.T) {
	desk := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", counting)).String()
	stdout, stderr, err := mpctl(t, nil, "read", "light", desk, "127.0.0.1:1", "--count", "2")
	if exitCode(err) != exitNetwork || !strings.Contains(stdout, "desk\tlight\t2\traw\n") || !strings.Contains(stderr, "127.0.0.1:1: ") {
		t.Errorf("%q, %q, %v, want what there is, and exit %d", stdout, stderr, err, exitNetwork)
	}
	_, _, err = mpctl(t, nil, "read", "smell", desk, "--count", "2")
	if err == nil || exitCode(err) == 0 {
		t.Errorf("a sensor that the board does not have: %v", err)
	}
}

func TestWatchJSON(t *testing.T) {
	desk := boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", func(n int, w http.ResponseWriter, r *http.Request) {
		boardtest.Send(w, boardtest.Light(float64(n)))
		if n == 2 {
			<-r.Context().Done()
		}
	})
	stdout, stderr, err := mpctl(t, has(`"value":2`), "read", "light", boardtest.Address(desk).String(), "--watch", "--json")
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	var rows []string
	for line := range strings.Lines(stdout) {
		var row readRow
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if _, err := time.Parse(time.RFC3339, row.Time); err != nil || row.Board != "desk" || row.ID == nil {
			t.Errorf("%q: %v", line, err)
		}
		rows = append(rows, cmpOr(row.Error, formatOptional(row.Value)))
	}
	if len(rows) != 3 || rows[0] != "1" || !strings.Contains(rows[1], "ended the stream") || rows[2] != "2" {
		t.Errorf("%q, want 1, the loss, 2", rows)
	}
	if !strings.Contains(stderr, "desk: connection to") || !strings.Contains(stderr, "desk is back after") ||
		!strings.Contains(stderr, `{"summary":{"board":"desk","id":"a1b2c3d4e5f6","sensor":"light","unit":"raw","n":2,"min":1,"mean":1.5,"max":2}}`) {
		t.Errorf("stderr %q", stderr)
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestWatchUntil(t *testing.T) {
	desk := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", counting)).String()
	stdout, _, err := mpctl(t, nil, "read", "light", desk, "--until", "light>=4", "-q")
	if stdout != "1\n2\n3\n4\n" || err != nil {
		t.Errorf("%q, %v", stdout, err)
	}
	_, _, err = mpctl(t, nil, "read", "light", desk, "--until", "light<1", "--count", "5")
	if exitCode(err) != exitFailure || err.Error() != "light<1 did not become true within 5 readings" || hintOf(err) != "the last reading was 5" {
		t.Errorf("%v, %s", err, hintOf(err))
	}
	lab := boardtest.Address(boardtest.ServeStream(t, "lab", "a1b2c3d4e5f7", stalling(1))).String()
	_, _, err = mpctl(t, nil, "read", "light", lab, "--until", "light>1", "--for", "300ms")
	if exitCode(err) != exitFailure || err.Error() != "light>1 did not become true within 300ms" {
		t.Error(err)
	}
	if _, _, err = mpctl(t, nil, "read", "light", lab, "--for", "300ms"); err != nil {
		t.Errorf("without a condition: %v", err)
	}
}

func TestWatchSensorThatFails(t *testing.T) {
	broken := httpclient.Reading{Sensor: "light", Error: "no answer on the bus"}
	desk := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", func(_ int, w http.ResponseWriter, r *http.Request) {
		boardtest.Send(w, broken, boardtest.Light(1), broken)
		<-r.Context().Done()
	})).String()
	stdout, _, err := mpctl(t, nil, "read", "light", desk, "--count", "3")
	if stdout != "desk\tlight\t\t\ndesk\tlight\t1\traw\ndesk\tlight\t\t\n" || err != nil {
		t.Errorf("%q, %v", stdout, err)
	}
	stdout, _, err = mpctl(t, nil, "read", "light", desk, "--count", "1")
	if stdout != "desk\tlight\t\t\n" || exitCode(err) != exitFailure || !strings.Contains(err.Error(), "no answer on the bus") {
		t.Errorf("nothing else was read: %q, %v", stdout, err)
	}
}

func TestWatchBoardsThatAppear(t *testing.T) {
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", stalling(1))))
	lab := boardtest.Address(boardtest.ServeStream(t, "lab", "a1b2c3d4e5f7", stalling(2)))
	memory := remembered.At(filepath.Join(t.TempDir(), "boards.json"))
	announced := false
	stdout, _, err := mpctlWith(t, memory, func(stdout, _ string) bool {
		if !announced && len(memory.Boards()) > 0 { // the first search is over
			announced = true
			boardtest.Announce(t, "lab", "a1b2c3d4e5f7", lab)
		}
		return strings.Contains(stdout, "lab\tlight\t2")
	}, "read", "light", "--watch")
	if stdout != "desk\tlight\t1\traw\nlab\tlight\t2\traw\n" || !errors.Is(err, context.Canceled) {
		t.Errorf("%q, %v", stdout, err)
	}
}

// A board that is lost may come back at another address.
func TestWatchBoardThatMoves(t *testing.T) {
	first := boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", stalling(1))
	stop := boardtest.Announce(t, "desk", "a1b2c3d4e5f6", boardtest.Address(first))
	second := boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", stalling(2))
	moved := false
	stdout, stderr, _ := mpctl(t, func(stdout, _ string) bool {
		if !moved && strings.Contains(stdout, "desk") {
			moved = true
			stop()
			boardtest.Announce(t, "desk", "a1b2c3d4e5f6", boardtest.Address(second))
			first.Listener.Close()
			first.CloseClientConnections()
		}
		return strings.Contains(stdout, "desk\tlight\t2")
	}, "read", "light", "desk", "--watch")
	if stdout != "desk\tlight\t1\traw\ndesk\tlight\t\t\ndesk\tlight\t2\traw\n" {
		t.Errorf("%q, %q", stdout, stderr)
	}
}

func TestWatchChart(t *testing.T) {
	desk := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", counting)).String()
	file := filepath.Join(t.TempDir(), "light.png")
	stdout, _, err := mpctl(t, nil, "read", "light", desk, "--count", "20", "--plot", "-o", file)
	if err != nil || !strings.Contains(stdout, "light [raw]\n") || !strings.Contains(stdout, "┤") || !strings.Contains(stdout, "─ desk\n") || strings.Contains(stdout, "\t") {
		t.Errorf("%s\n%v", stdout, err)
	}
	if data, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(data, []byte("\x89PNG\r\n")) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	_, _, err = mpctl(t, nil, "read", "light", desk, "--count", "1", "-o", filepath.Join(file, "no.png"))
	if err == nil || !strings.Contains(err.Error(), "creating the chart") {
		t.Errorf("a folder that is none: %v", err)
	}
	none := filepath.Join(t.TempDir(), "none.png")
	_, _, err = mpctl(t, nil, "read", "light", "127.0.0.1:1", "--count", "1", "-o", none)
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(none), "*")); err == nil || len(left) != 0 {
		t.Errorf("nothing was read: %v, %v", left, err)
	}
}

func TestReadUsage(t *testing.T) {
	for _, c := range []struct{ args, hint string }{
		{"light --format xml", "text, csv and json"},
		{"light --json --format csv", "leave one"},
		{"light --json -q", "leave one"},
		{"light -q --format csv", "leave one"},
		{"light --watch --plot --json", "-o FILE.png"},
		{"light --watch --plot -q", "-o FILE.png"},
		{"light --plot", "--count 20"},
		{"light -o light.png", "--count 20"},
		{"light --watch -o light.jpg", "-o light.png"},
		{"light --watch -o -", "-o light.png"},
		{"light --watch=1ms", "--watch=1s"},
		{"light --watch=2m", "--watch=1s"},
		{"light --count 0", "1 or more"},
		{"light --for 0s", "10s"},
		{"light --until light", "'light>2000'"},
		{"light --until temp>30", "same sensor"},
		{"--watch 500ms", "--watch=500ms"},
	} {
		_, _, err := mpctl(t, nil, append([]string{"read"}, strings.Fields(c.args)...)...)
		if exitCode(err) != exitUsage || !strings.Contains(hintOf(err), c.hint) {
			t.Errorf("read %s: %v, %q, want a usage error with %q", c.args, err, hintOf(err), c.hint)
		}
	}
}
