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

// parse returns all events, and why they end.
func parse(r io.Reader) ([]event, error) {
	var all []event
	for events := newEvents(r); ; {
		e, err := events.next()
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
		{"a mark in front", "\ufeffdata: 1\n\n", []event{{data: "1"}}},
		{"heartbeats", ":\n\n: still here\n\ndata: 1\n:\n\n", []event{{data: "1"}}},
		{"how long to wait", "retry: 2000\n\nretry: soon\n\nretry:-1\n\n", []event{{retry: 2 * time.Second}}},
		{"other fields", "event: x\nid: 7\ndata\nfoo: bar\ndata: 1\n\n", []event{{data: "\n1"}}},
		{"nothing in it", "data:\n\ndata\n\n\n", nil},
		{"cut short", "data: 1\n\ndata: 2\n", []event{{data: "1"}}},
		{"as long as it may be", "data:" + strings.Repeat("x", maxEvent-7) + "\n\n", []event{{data: strings.Repeat("x", maxEvent-7)}}},
	} {
		got, err := parse(strings.NewReader(c.text))
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(event{})); diff != "" || err != io.EOF {
			t.Errorf("%s: %v, %s", c.name, err, diff)
		}
	}
	for name, text := range map[string]string{
		"one line":   "data:" + strings.Repeat("x", maxEvent-6) + "\n\n",
		"many lines": strings.Repeat("data: x\n", maxEvent/8+1),
		"comments":   strings.Repeat(":\n", maxEvent/2+1),
	} {
		if got, err := parse(strings.NewReader(text)); !errors.Is(err, errLongEvent) {
			t.Errorf("%s that do not end: %d events, %v", name, len(got), err)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add("data: 1\n\ndata:2\r\n\r\n:\n\nretry: 2000\rdata: 3\r\r")
	f.Add("\ufeffid\ndata\ndata: x\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parse(strings.NewReader(text))
		if err != io.EOF && !errors.Is(err, errLongEvent) {
			t.Fatalf("%q: %v", text, err)
		}
		if inBytes, _ := parse(iotest.OneByteReader(strings.NewReader(text))); !slices.Equal(got, inBytes) {
			t.Errorf("%q: %v, but byte by byte %v", text, got, inBytes)
		}
		// However its lines end, it is the same.
		if err == io.EOF {
			lf := strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
			if same, _ := parse(strings.NewReader(lf)); !slices.Equal(got, same) {
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
