package httpclient

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readEvents returns all events of a stream, and the error at its end.
func readEvents(r io.Reader) ([]event, error) {
	var all []event
	for reader := newEventReader(r); ; {
		e, err := reader.next()
		if err != nil {
			return all, err
		}
		all = append(all, e)
	}
}

func TestEvents(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []event
	}{
		{"two", "data: 1\n\ndata:2\n\n", []event{{data: "1"}, {data: "2"}}},
		{"CR LF, and CR alone", "data: 1\r\n\r\ndata: 2\r\rdata: 3\r\n\n", []event{{data: "1"}, {data: "2"}, {data: "3"}}},
		{"several lines", "data: {\ndata:  1}\n\n", []event{{data: "{\n 1}"}}},
		{"a byte-order mark", "\ufeffdata: 1\n\n", []event{{data: "1"}}},
		{"comments", ":\n\n: still here\n\ndata: 1\n:\n\n", []event{{data: "1"}}},
		{"retry times", "retry: 2000\n\nretry: soon\n\nretry:-1\n\n", []event{{retry: 2 * time.Second}}},
		{"other fields", "event: x\nid: 7\ndata\nfoo: bar\ndata: 1\n\n", []event{{data: "\n1"}}},
		{"no data", "data:\n\ndata\n\n\n", nil},
		{"truncated", "data: 1\n\ndata: 2\n", []event{{data: "1"}}},
		{"the longest", "data:" + strings.Repeat("x", maxEvent-7) + "\n\n", []event{{data: strings.Repeat("x", maxEvent-7)}}},
	} {
		got, err := readEvents(strings.NewReader(c.text))
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(event{})); diff != "" || err != io.EOF {
			t.Errorf("%s: %v, %s", c.name, err, diff)
		}
	}
	for name, text := range map[string]string{
		"one line":   "data:" + strings.Repeat("x", maxEvent-6) + "\n\n",
		"many lines": strings.Repeat("data: x\n", maxEvent/8+1),
		"comments":   strings.Repeat(":\n", maxEvent/2+1),
	} {
		if got, err := readEvents(strings.NewReader(text)); !errors.Is(err, errLongEvent) {
			t.Errorf("%s without an end: %d events, %v", name, len(got), err)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("data: 1\n\ndata:2\r\n\r\n:\n\nretry: 2000\rdata: 3\r\r")
	f.Add("\ufeffid\ndata\ndata: x\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := readEvents(strings.NewReader(text))
		if err != io.EOF && !errors.Is(err, errLongEvent) {
			t.Fatalf("%q: %v", text, err)
		}
		if byteByByte, _ := readEvents(iotest.OneByteReader(strings.NewReader(text))); !slices.Equal(got, byteByByte) {
			t.Errorf("%q: %v, but byte by byte %v", text, got, byteByByte)
		}
		// The kind of line end makes no difference.
		if err == io.EOF {
			lf := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
			if same, _ := readEvents(strings.NewReader(lf)); !slices.Equal(got, same) {
				t.Errorf("%q: %v, but with LF alone %v", text, got, same)
			}
		}
		for _, e := range got {
			if strings.ContainsRune(e.data, '\r') || len(e.data) > maxEvent || e == (event{}) {
				t.Errorf("%q has an event %v", text, e)
			}
		}
	})
}
