package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mpctl/internal/test/netns"
)

const lightJSON = `{"sensor":"light","value":%d,"unit":"raw","min":0,"max":4095}`

// streamServer starts a board whose streams are served by serveStream; n counts them from 1.
func streamServer(t *testing.T, serveStream func(n int, w http.ResponseWriter, r *http.Request)) *httptest.Server {
	t.Helper()
	netns.Require(t)
	var n atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/api/info", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, infoJSON) })
	mux.HandleFunc("/api/read/light", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, lightJSON, 7) })
	mux.HandleFunc("/api/read", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"readings":[`+lightJSON+`]}`, 8) })
	mux.HandleFunc("/api/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		serveStream(int(n.Add(1)), w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// send writes text to the client without a delay.
func send(w http.ResponseWriter, text string) {
	io.WriteString(w, text)
	w.(http.Flusher).Flush()
}

func sendLight(w http.ResponseWriter, value int) {
	send(w, fmt.Sprintf("data: "+lightJSON+"\n\n", value))
}

// waitForClose waits until the client closes the connection.
func waitForClose(r *http.Request) { <-r.Context().Done() }

// follow follows a board until enough reports true for the events so far, and returns these as text.
func follow(t *testing.T, s *httptest.Server, o StreamOptions, enough func(events []string) bool) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var events []string
	board := New(Options{Idle: 300 * time.Millisecond}).Board(netip.MustParseAddrPort(s.Listener.Addr().String()))
	err := board.Stream(ctx, o, func(e StreamEvent) {
		switch {
		case e.Info != nil:
			events = append(events, "info "+e.Info.Name)
		case e.Err != nil:
			events = append(events, e.Err.Error())
		default:
			for _, r := range e.Readings {
				events = append(events, fmt.Sprint(r.Sensor, " ", *r.Value))
			}
		}
		if enough(events) {
			cancel()
		}
	})
	return events, err
}

// followLight returns the first n events of a stream of the light sensor.
func followLight(t *testing.T, s *httptest.Server, n int) []string {
	t.Helper()
	events, err := follow(t, s, StreamOptions{Sensor: "light", Interval: MinInterval}, func(events []string) bool { return len(events) >= n })
	if !errors.Is(err, context.Canceled) || len(events) < n {
		t.Fatalf("%q, %v", events, err)
	}
	return events[:n]
}

func TestStream(t *testing.T) {
	s := streamServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if got := r.URL.RawQuery; got != "interval=100&sensor=light" {
			t.Errorf("asked for %s", got)
		}
		send(w, "retry: 2000\n\n")
		sendLight(w, 1)
		sendLight(w, 2)
		waitForClose(r)
	})
	if got := strings.Join(followLight(t, s, 3), ", "); got != "info desk, light 1, light 2" {
		t.Error(got)
	}
}

func TestStreamOfAllSensors(t *testing.T) {
	s := streamServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		send(w, `data: {"readings":[{"sensor":"light","value":1},{"sensor":"temp","value":2.5}],"uptime_ms":5}`+"\n\n")
		waitForClose(r)
	})
	got, _ := follow(t, s, StreamOptions{}, func(events []string) bool { return len(events) == 3 })
	if strings.Join(got, ", ") != "info desk, light 1, temp 2.5" {
		t.Error(got)
	}
}

// Every error of the first stream is reported, and the second stream follows.
func TestStreamRetries(t *testing.T) {
	for _, c := range []struct {
		name, want string
		fault      func(http.ResponseWriter, *http.Request)
	}{
		{"it ends", "has ended the stream", func(w http.ResponseWriter, _ *http.Request) { sendLight(w, 1) }},
		{"it breaks off within an event", "incomplete", func(w http.ResponseWriter, _ *http.Request) {
			sendLight(w, 1)
			send(w, `data: {"sensor":"li`)
			panic(http.ErrAbortHandler)
		}},
		{"it falls silent", "nothing for 400ms", func(w http.ResponseWriter, r *http.Request) { sendLight(w, 1); waitForClose(r) }},
		{"it sends no header", "waiting for an answer", func(_ http.ResponseWriter, r *http.Request) { waitForClose(r) }},
		{"an event never ends", "longer than 64 KB", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				send(w, "data: "+strings.Repeat("x", 4096)+"\n")
			}
		}},
		{"it sends invalid data", "not an mpctl board", func(w http.ResponseWriter, r *http.Request) { send(w, "data: {}\n\n"); waitForClose(r) }},
		{"it sends another sensor", `asked for "light" it sent "smell"`, func(w http.ResponseWriter, r *http.Request) {
			send(w, `data: {"sensor":"smell","value":1}`+"\n\n")
			waitForClose(r)
		}},
		{"it is a web page", "text/html", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") }},
		{"the server fails", "500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := streamServer(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					c.fault(w, r)
					return
				}
				sendLight(w, 2)
				waitForClose(r)
			})
			got, err := follow(t, s, StreamOptions{Sensor: "light", Interval: MinInterval}, func(events []string) bool { return events[len(events)-1] == "light 2" })
			n := len(got)
			if n < 4 || !strings.Contains(got[n-3], c.want) || got[n-2] != "info desk" || got[n-1] != "light 2" {
				t.Errorf("%q, %v, want %q, and the board again after it", got, err, c.want)
			}
		})
	}
}

func TestStreamHeartbeats(t *testing.T) {
	s := streamServer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		for range 10 { // takes more than twice the limit for silence
			send(w, ":\n\n")
			select {
			case <-time.After(MinInterval):
			case <-r.Context().Done():
			}
		}
		sendLight(w, 1)
		waitForClose(r)
	})
	if got := strings.Join(followLight(t, s, 2), ", "); got != "info desk, light 1" {
		t.Errorf("%s, want one connection", got)
	}
}

func TestStreamRefused(t *testing.T) {
	s := streamServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"error":"no more than 3 streams"}`)
	})
	if got := strings.Join(followLight(t, s, 3), ", "); got != "info desk, light 7, light 7" {
		t.Errorf("%s, want single readings", got)
	}
	got, _ := follow(t, s, StreamOptions{Interval: MinInterval}, func(events []string) bool { return len(events) == 2 })
	if strings.Join(got, ", ") != "info desk, light 8" {
		t.Errorf("all sensors: %s", got)
	}
}

func TestStreamOfUnknownSensor(t *testing.T) {
	s := streamServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		io.WriteString(w, `{"error":"no sensor 'smell'; there is: light"}`)
	})
	_, err := follow(t, s, StreamOptions{Sensor: "smell"}, func([]string) bool { return false })
	var status *StatusError
	if !errors.As(err, &status) || !strings.Contains(status.Message, "there is: light") {
		t.Errorf("%v (%T), want the board's own error", err, err)
	}
}

func TestStreamOfAnotherBoard(t *testing.T) {
	s := streamServer(t, func(int, http.ResponseWriter, *http.Request) { t.Error("its stream was asked for") })
	got, err := follow(t, s, StreamOptions{ID: "000000000001"}, func(events []string) bool { return len(events) == 2 })
	if !errors.Is(err, context.Canceled) || !strings.Contains(got[0], "board a1b2c3d4e5f6 answers at") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestStreamInterval(t *testing.T) {
	for _, interval := range []time.Duration{time.Millisecond, time.Hour, -1} {
		board := New(Options{}).Board(netip.MustParseAddrPort("127.0.0.1:1"))
		if err := board.Stream(t.Context(), StreamOptions{Interval: interval}, nil); err == nil || !strings.Contains(err.Error(), "interval") {
			t.Errorf("%s: %v", interval, err)
		}
	}
}
