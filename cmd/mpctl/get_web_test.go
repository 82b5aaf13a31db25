package main

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"mpctl/internal/test/need"
	"mpctl/internal/test/netns"
)

// web is a server with a page for each thing that a page can do to whoever fetches it.
type web struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []string      // Range of each request for /file, and what If-Range said
	release chan struct{} // closed, /held sends its rest
}

// heldBack is how much of a page comes before it is released.
const heldBack = 1 << 20

// file is what /file and /held send.
var file = strings.Repeat("0123456789abcdef", 2*heldBack/16)

const fileDate = "Wed, 25 Nov 2026 12:00:00 GMT"

func startWeb(t testing.TB) *web {
	t.Helper()
	netns.Require(t)
	w := newWeb()
	t.Cleanup(w.Close)
	return w
}

// startServer serves one handler and returns its URL.
func startServer(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	netns.Require(t)
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func newWeb() *web {
	s := &web{release: make(chan struct{})}
	mux := http.NewServeMux()
	page := func(path, contentType, text string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			io.WriteString(w, text)
		})
	}
	page("/hello", "text/plain", "hello\n")
	page("/json", "application/json", `{"name":"desk","values":[1,true,null],"evil":"\u001b]0;x\u0007`+"\u009b\u202e"+`"}`)
	page("/latin", "text/plain; charset=iso-8859-1", "caf\xe9\n")
	page("/picture", "image/png", "\x89PNG\r\n\x1a\n\x00\x00")
	page("/private", "text/plain", "secret\n")
	mux.HandleFunc("/missing", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not here", http.StatusNotFound) })
	mux.HandleFunc("/short", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "hello")
	})
	mux.HandleFunc("/old", raw("HTTP/1.0 200 OK\r\n\r\nno length\n"))
	mux.HandleFunc("/older", raw("<html>0.9</html>"))
	mux.HandleFunc("/silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.Handle("/moved", http.RedirectHandler("/hello", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.Handle("/leave", http.RedirectHandler("file:///etc/passwd", http.StatusFound))
	// What a file can be: with a tag, with a date, with nothing to know it by, cut off in the middle of each.
	mux.HandleFunc("/file/{kind}/{cut}", s.serveFile)
	mux.HandleFunc("/held", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Accept-Ranges", "bytes")
		w.Header().Set("Content-Length", fmt.Sprint(len(file)))
		io.WriteString(w, file[:heldBack])
		w.(http.Flusher).Flush()
		select {
		case <-s.release:
			io.WriteString(w, file[heldBack:])
		case <-r.Context().Done():
		}
	})
	s.Server = httptest.NewUnstartedServer(mux)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.Start()
	return s
}

// serveWeb is the script command "web": a server until the script ends, at $WEB, whose host is $HOST.
func serveWeb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: web")
	}
	w := newWeb()
	ts.Defer(w.Close)
	ts.Setenv("WEB", w.URL)
	ts.Setenv("HOST", w.Listener.Addr().String())
}

func raw(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, answer)
	}
}

// cutWriter breaks the connection after so many bytes.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (c *cutWriter) Write(p []byte) (int, error) {
	if len(p) > c.left {
		_, _ = c.ResponseWriter.Write(p[:c.left])
		c.ResponseWriter.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	c.left -= len(p)
	return c.ResponseWriter.Write(p)
}

func (s *web) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(r.Header.Get("Range")+" "+r.Header.Get("If-Range")))
	s.mu.Unlock()
	var changed time.Time
	switch r.PathValue("kind") {
	case "tag":
		w.Header().Set("ETag", `"1"`)
	case "date":
		changed, _ = http.ParseTime(fileDate)
		w.Header().Set("Date", "Wed, 25 Nov 2026 13:00:00 GMT")
	case "changing":
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, time.Now().UnixNano()))
	case "weak":
		w.Header().Set("ETag", `W/"1"`)
	}
	left := len(file)
	if r.Header.Get("Range") == "" {
		fmt.Sscan(r.PathValue("cut"), &left)
	}
	http.ServeContent(&cutWriter{w, left}, r, "file", changed, strings.NewReader(file))
}

// requests returns what was asked of /file since the last time.
func (s *web) requests() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strings.Join(s.asked, ", ")
	s.asked = nil
	return text
}

// webProgram returns the path of a program that get-peers.sh gets.
func webProgram(t testing.TB, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", ".tools", "web", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		need.Missing(t, "there is no "+name+": run 'make tools'")
	}
	return path
}

// mpctlCommand is mpctl as a process of its own, with nothing of this one's settings.
func mpctlCommand(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "mpctl", args...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=xterm", "GORACE=atexit_sleep_ms=0"}
	return c
}
