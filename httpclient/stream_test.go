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

// streamer is a board whose n-th stream, counted from 1, is what stream makes of it.
func streamer(t *testing.T, stream func(n int, w http.ResponseWriter, r *http.Request)) *httptest.Server {
	t.Helper()
	netns.Require(t)
	var n atomic.Int32
	mux := http.NewServeMux()
	mux.HandleFunc("/api/info", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, infoJSON) })
	mux.HandleFunc("/api/read/light", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, lightJSON, 7) })
	mux.HandleFunc("/api/read", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"readings":[`+lightJSON+`]}`, 8) })
	mux.HandleFunc("/api/stream", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		stream(int(n.Add(1)), w, r)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

// send writes text to the client at once.
func send(w http.ResponseWriter, text string) {
	io.WriteString(w, text)
	w.(http.Flusher).Flush()
}

func sendLight(w http.ResponseWriter, value int) {
	send(w, fmt.Sprintf("data: "+lightJSON+"\n\n", value))
}

// untilGone waits for the client to leave.
func untilGone(r *http.Request) { <-r.Context().Done() }

// follow follows a board until enough is content with what has happened so far: info, errors, and values.
func follow(t *testing.T, s *httptest.Server, o StreamOptions, enough func(said []string) bool) ([]string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var said []string
	board := New(Options{Idle: 300 * time.Millisecond}).Board(netip.MustParseAddrPort(s.Listener.Addr().String()))
	err := board.Stream(ctx, o, func(e StreamEvent) {
		switch {
		case e.Info != nil:
			said = append(said, "info "+e.Info.Name)
		case e.Err != nil:
			said = append(said, e.Err.Error())
		default:
			for _, r := range e.Readings {
				said = append(said, fmt.Sprint(r.Sensor, " ", *r.Value))
			}
		}
		if enough(said) {
			cancel()
		}
	})
	return said, err
}

func light(t *testing.T, s *httptest.Server, n int) []string {
	t.Helper()
	said, err := follow(t, s, StreamOptions{Sensor: "light", Interval: MinInterval}, func(said []string) bool { return len(said) >= n })
	if !errors.Is(err, context.Canceled) || len(said) < n {
		t.Fatalf("%q, %v", said, err)
	}
	return said[:n]
}

func TestStream(t *testing.T) {
	s := streamer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		if got := r.URL.RawQuery; got != "interval=100&sensor=light" {
			t.Errorf("asked for %s", got)
		}
		send(w, "retry: 2000\n\n")
		sendLight(w, 1)
		sendLight(w, 2)
		untilGone(r)
	})
	if got := strings.Join(light(t, s, 3), ", "); got != "info desk, light 1, light 2" {
		t.Error(got)
	}
}

func TestStreamOfAllSensors(t *testing.T) {
	s := streamer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		send(w, `data: {"readings":[{"sensor":"light","value":1},{"sensor":"temp","value":2.5}],"uptime_ms":5}`+"\n\n")
		untilGone(r)
	})
	got, _ := follow(t, s, StreamOptions{}, func(said []string) bool { return len(said) == 3 })
	if strings.Join(got, ", ") != "info desk, light 1, temp 2.5" {
		t.Error(got)
	}
}

// Whatever goes wrong with the first stream, it is said, and the second goes on.
func TestStreamComesBack(t *testing.T) {
	for _, c := range []struct {
		name, want string
		fault      func(http.ResponseWriter, *http.Request)
	}{
		{"it ends", "has ended the stream", func(w http.ResponseWriter, _ *http.Request) { sendLight(w, 1) }},
		{"it breaks off in an event", "incomplete", func(w http.ResponseWriter, _ *http.Request) {
			sendLight(w, 1)
			send(w, `data: {"sensor":"li`)
			panic(http.ErrAbortHandler)
		}},
		{"it falls silent", "nothing for 400ms", func(w http.ResponseWriter, r *http.Request) { sendLight(w, 1); untilGone(r) }},
		{"no head comes", "waiting for an answer", func(_ http.ResponseWriter, r *http.Request) { untilGone(r) }},
		{"an event does not end", "longer than 64 KB", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				send(w, "data: "+strings.Repeat("x", 4096)+"\n")
			}
		}},
		{"nonsense", "not an mpctl board", func(w http.ResponseWriter, r *http.Request) { send(w, "data: {}\n\n"); untilGone(r) }},
		{"another sensor", `asked for "light" it sent "smell"`, func(w http.ResponseWriter, r *http.Request) {
			send(w, `data: {"sensor":"smell","value":1}`+"\n\n")
			untilGone(r)
		}},
		{"a web page", "text/html", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") }},
		{"the server fails", "500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := streamer(t, func(n int, w http.ResponseWriter, r *http.Request) {
				if n == 1 {
					c.fault(w, r)
					return
				}
				sendLight(w, 2)
				untilGone(r)
			})
			got, err := follow(t, s, StreamOptions{Sensor: "light", Interval: MinInterval}, func(said []string) bool { return said[len(said)-1] == "light 2" })
			n := len(got)
			if n < 4 || !strings.Contains(got[n-3], c.want) || got[n-2] != "info desk" || got[n-1] != "light 2" {
				t.Errorf("%q, %v, want %q, and then the board again", got, err, c.want)
			}
		})
	}
}

func TestStreamHeartbeats(t *testing.T) {
	s := streamer(t, func(_ int, w http.ResponseWriter, r *http.Request) {
		for range 10 { // over twice as long as nothing may come
			send(w, ":\n\n")
			select {
			case <-time.After(MinInterval):
			case <-r.Context().Done():
			}
		}
		sendLight(w, 1)
		untilGone(r)
	})
	if got := strings.Join(light(t, s, 2), ", "); got != "info desk, light 1" {
		t.Errorf("%s, want no connection lost", got)
	}
}

func TestStreamRefused(t *testing.T) {
	s := streamer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, `{"error":"no more than 3 streams"}`)
	})
	if got := strings.Join(light(t, s, 3), ", "); got != "info desk, light 7, light 7" {
		t.Errorf("%s, want one reading after the other", got)
	}
	got, _ := follow(t, s, StreamOptions{Interval: MinInterval}, func(said []string) bool { return len(said) == 2 })
	if strings.Join(got, ", ") != "info desk, light 8" {
		t.Errorf("all sensors: %s", got)
	}
}

func TestStreamOfNoSuchSensor(t *testing.T) {
	s := streamer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
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
	s := streamer(t, func(int, http.ResponseWriter, *http.Request) { t.Error("its stream was asked for") })
	got, err := follow(t, s, StreamOptions{ID: "000000000001"}, func(said []string) bool { return len(said) == 2 })
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
