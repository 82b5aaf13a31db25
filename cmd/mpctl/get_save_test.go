package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"mpctl/httpclient"
)

// saved fetches a file into path and returns what was complained of.
func saved(t *testing.T, url, path string) (stderr string, err error) {
	t.Helper()
	a, stdout, complaints := testApp()
	err = getCommand{a, getOptions{output: path}}.run(t.Context(), url)
	if stdout.Len() > 0 {
		t.Errorf("stdout has %q", stdout)
	}
	return complaints.String(), err
}

// inFolder is the names and sizes in a folder.
func inFolder(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(e.Name(), ".json") {
			all = append(all, e.Name())
		} else {
			all = append(all, fmt.Sprintf("%s %d", e.Name(), info.Size()))
		}
	}
	return strings.Join(all, ", ")
}

func wantFile(t *testing.T, path string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != file {
		t.Errorf("%s holds %d bytes, %v, not the %d of the file", path, len(got), err, len(file))
	}
}

func TestGetGoesOn(t *testing.T) {
	w := startWeb(t)
	for kind, again := range map[string]string{
		"tag":      `bytes=1000000- "1"`,
		"date":     "bytes=1000000- " + fileDate,
		"changing": `bytes=1000000- "`, // another tag each time: then all of it is sent
		"weak":     "",
		"none":     "",
	} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "f")
			url := w.URL + "/file/" + kind + "/1000000"
			said, err := saved(t, url, path)
			var incomplete *httpclient.IncompleteError
			if !errors.As(err, &incomplete) || incomplete.Got != 1000000 {
				t.Fatalf("the first time: %v", err)
			}
			left, note := "f.part 1000000, f.part.json", "mpctl: 1.0 MB kept in "+path+".part: the same command goes on from there\n"
			if again == "" {
				left, note = "", ""
			}
			if got := inFolder(t, dir); got != left || said != note {
				t.Errorf("left behind: %q, and said %q, want %q and %q", got, said, left, note)
			}
			if again == "" {
				return
			}
			w.requests()
			_, err = saved(t, url, path)
			if asked := w.requests(); err != nil || !strings.HasPrefix(asked, again) {
				t.Errorf("the second time: %v, asked for %q, want %q", err, asked, again)
			}
			wantFile(t, path)
			if got := inFolder(t, dir); got != "f 2097152" {
				t.Errorf("left behind: %s", got)
			}
		})
	}
}

func TestGetGoesOnAtNothingElse(t *testing.T) {
	w := startWeb(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	if _, err := saved(t, w.URL+"/file/tag/1000000", path); err == nil {
		t.Fatal("a file that was cut is whole")
	}
	w.requests()
	if _, err := saved(t, w.URL+"/file/tag/1000001", path); err == nil || w.requests() != "" {
		t.Errorf("another URL: %v, with a range", err)
	}
	// An error page says nothing about the file.
	if _, err := saved(t, w.URL+"/missing", path); exitCode(err) != exitHTTPStatus || inFolder(t, dir) != "f.part 1000001, f.part.json" {
		t.Errorf("an error page: %v, left %s", err, inFolder(t, dir))
	}
	// All is there but its name: there is no range after it.
	if err := os.WriteFile(path+".part", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := saved(t, w.URL+"/file/tag/1000001", path); err == nil || w.requests() != `bytes=2097152- "1", ` {
		t.Errorf("all there: %v", err)
	}
}

// A server may answer a Range with whatever it likes.
func TestGetRefusesAnotherRange(t *testing.T) {
	for name, answer := range map[string]string{
		"the right one":   `206 bytes 5-9/10 "1"`,
		"the whole":       `200 - "1"`,
		"another start":   `206 bytes 4-9/10 "1"`,
		"another end":     `206 bytes 5-8/10 "1"`,
		"another size":    `206 bytes 5-10/11 "1"`,
		"not its length":  `206 bytes 5-9/10 "1"`,
		"another tag":     `206 bytes 5-9/10 "2"`,
		"nonsense":        `206 bytes x-y/z "1"`,
		"no range at all": `206 - "1"`,
	} {
		t.Run(name, func(t *testing.T) {
			url := startServer(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Accept-Ranges", "bytes")
				w.Header().Set("ETag", `"1"`)
				if r.Header.Get("Range") == "" {
					w.Header().Set("Content-Length", "10")
					body := "0123456789"
					if r.URL.Path == "/cut" {
						body = body[:5]
					}
					fmt.Fprint(w, body)
					return
				}
				var code int
				fmt.Sscan(answer[:3], &code)
				i := strings.LastIndexByte(answer, ' ')
				w.Header().Set("ETag", answer[i+1:])
				if r := answer[4:i]; r != "-" {
					w.Header().Set("Content-Range", r)
				}
				w.WriteHeader(code)
				switch {
				case code == http.StatusOK:
					fmt.Fprint(w, "0123456789")
				case name == "the right one":
					fmt.Fprint(w, "56789")
				case name == "another size":
					fmt.Fprint(w, "wrong!")
				case name == "not its length":
					fmt.Fprint(w, "567")
				default:
					fmt.Fprint(w, "wrong")
				}
			})
			path := filepath.Join(t.TempDir(), "f")
			if _, err := saved(t, url+"/cut", path); err == nil {
				t.Fatal("a file that was cut is whole")
			}
			// From now on the whole is sent.
			record, err := os.ReadFile(path + ".part.json")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path+".part.json", []byte(strings.Replace(string(record), "/cut", "/now", 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := saved(t, url+"/now", path); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); string(got) != "0123456789" || err != nil {
				t.Errorf("the file holds %q, %v", got, err)
			}
		})
	}
}

func TestGetCannotSave(t *testing.T) {
	w := startWeb(t)
	dir := t.TempDir()
	for _, c := range []struct {
		path, want, hint string
		is               error
	}{
		{"/dev/full", "no space left", "full", syscall.ENOSPC},
		{dir, "is a directory", "name a file", syscall.EISDIR},
		{filepath.Join(dir, "no", "f"), "no such file", "no folder " + filepath.Join(dir, "no"), fs.ErrNotExist},
		{"/sys/f", "permission denied", "folder /sys", fs.ErrPermission},
	} {
		_, err := saved(t, w.URL+"/hello", c.path)
		if !errors.Is(err, c.is) || !strings.HasPrefix(err.Error(), "writing "+c.path+": ") || !strings.Contains(err.Error(), c.want) || !strings.Contains(hintOf(err), c.hint) || exitCode(err) != exitFailure {
			t.Errorf("%s: %v, hint %q", c.path, err, hintOf(err))
		}
	}
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 5-9/10", "bytes 5-9/*", "bytes */10", "bytes 9-5/10", "bytes -5-9/10", "bytes 0-99999999999999999999/5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, last, size, ok := parseContentRange(s)
		if ok && (first < 0 || last < first || size <= last) {
			t.Errorf("parseContentRange(%q) = %d, %d, %d", s, first, last, size)
		}
	})
}
