package partfile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var source = Source{URL: "http://desk/x", ETag: `"1"`, Size: 10}

// download opens path, calls use with the file, and closes it.
func download(t *testing.T, path string, use func(*File)) {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	use(f)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, f *File, text string) {
	t.Helper()
	_, err := f.Write([]byte(text))
	must(t, err)
}

// contents lists the files of a folder as name=text.
func contents(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	var all []string
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
		all = append(all, e.Name()+"="+string(text))
	}
	return all
}

const recordText = `{"mpctl":"a part of a download","url":"http://desk/x","etag":"\"1\"","size":10}`

func expect(t *testing.T, dir string, want ...string) {
	t.Helper()
	if got := contents(t, dir); !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
}

func TestResume(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	download(t, path, func(f *File) {
		if s, n := f.Kept(); s != (Source{}) || n != 0 {
			t.Errorf("of a new file %+v and %d bytes are kept", s, n)
		}
		must(t, f.Begin(source))
		write(t, f, "hello")
	})
	expect(t, dir, "x.part=hello", "x.part.json="+recordText)
	download(t, path, func(f *File) {
		if s, n := f.Kept(); s != source || n != 5 {
			t.Errorf("%+v and %d bytes are kept", s, n)
		}
		must(t, f.Continue())
		write(t, f, "world")
		must(t, f.Commit())
	})
	expect(t, dir, "x=helloworld")
}

func TestAnotherSource(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	must(t, os.WriteFile(path, []byte("old"), 0o640))
	download(t, path, func(f *File) { must(t, f.Begin(source)); write(t, f, "hello") })
	download(t, path, func(f *File) {
		must(t, f.Begin(Source{URL: "http://desk/y", LastModified: "Wed, 25 Nov 2026 12:00:00 GMT", Size: -1}))
		write(t, f, "bye")
	})
	expect(t, dir, "x=old", "x.part=bye", `x.part.json={"mpctl":"a part of a download","url":"http://desk/y","last_modified":"Wed, 25 Nov 2026 12:00:00 GMT","size":-1}`)
	download(t, path, func(f *File) { must(t, f.Begin(source)); write(t, f, "new"); must(t, f.Commit()) })
	expect(t, dir, "x=new")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v, want that of the replaced file", info.Mode(), err)
	}
}

func TestUselessPartIsRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	download(t, path, func(*File) {})
	download(t, path, func(f *File) { must(t, f.Begin(source)) })
	download(t, path, func(f *File) { must(t, f.Begin(Source{URL: "http://desk/x", Size: -1})); write(t, f, "hello") })
	expect(t, dir)
}

// A killed mpctl may leave a part that cannot be continued. The next download discards it.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	must(t, os.WriteFile(path+".part", []byte("hello"), 0o600))
	must(t, os.WriteFile(path+".part.json", []byte(`{"mpctl":"a part of a download","url":"http://desk/x","size":-1}`), 0o600))
	download(t, path, func(f *File) {
		if s, n := f.Kept(); s != (Source{}) || n != 0 {
			t.Errorf("%+v and %d bytes are kept", s, n)
		}
		must(t, f.Begin(source))
		write(t, f, "whole")
		must(t, f.Commit())
	})
	expect(t, dir, "x=whole")
}

func TestForeignFiles(t *testing.T) {
	for name, foreign := range map[string]map[string]string{
		"a part":     {"x.part": "theirs"},
		"a record":   {"x.part.json": "theirs"},
		"both":       {"x.part": "theirs", "x.part.json": `{"url":"http://desk/x","size":10}`},
		"a bad tag":  {"x.part": "theirs", "x.part.json": `{"mpctl":"a part of a download","url":"http://desk/x","etag":"\"a\nb\"","size":10}`},
		"a bad date": {"x.part": "theirs", "x.part.json": `{"mpctl":"a part of a download","url":"http://desk/x","last_modified":"now","size":10}`},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "x")
			for file, text := range foreign {
				must(t, os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600))
			}
			before := contents(t, dir)
			download(t, path, func(f *File) {
				if _, n := f.Kept(); n != 0 {
					t.Errorf("%d bytes are kept", n)
				}
				must(t, f.Begin(source))
				write(t, f, "half")
			})
			expect(t, dir, before...)
			download(t, path, func(f *File) { must(t, f.Begin(source)); write(t, f, "whole"); must(t, f.Commit()) })
			expect(t, dir, append([]string{"x=whole"}, before...)...)
		})
	}
}

func TestLinks(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	victim := filepath.Join(other, "victim")
	must(t, os.WriteFile(victim, []byte("precious"), 0o600))
	must(t, os.Symlink(victim, filepath.Join(dir, "x.part")))
	must(t, os.WriteFile(filepath.Join(dir, "x.part.json"), []byte(recordText), 0o600))
	download(t, filepath.Join(dir, "x"), func(f *File) { must(t, f.Begin(source)); write(t, f, "hello") })
	expect(t, other, "victim=precious")
	must(t, os.Symlink(victim, filepath.Join(dir, "link")))
	download(t, filepath.Join(dir, "link"), func(f *File) { must(t, f.Begin(source)); write(t, f, "hello"); must(t, f.Commit()) })
	expect(t, other, "victim=hello")
}

func TestBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	download(t, path, func(f *File) {
		_, err := Open(path)
		if !errors.Is(err, ErrBusy) {
			t.Errorf("opened twice: %v (%T)", err, err)
		}
	})
	download(t, path, func(*File) {})
}

func TestNoFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nothing", "x")
	if _, err := Open(path); !errors.Is(err, os.ErrNotExist) || !strings.HasSuffix(err.Error(), path+": no such file or directory") {
		t.Errorf("error = %v", err)
	}
}

func TestDevice(t *testing.T) {
	download(t, os.DevNull, func(f *File) {
		must(t, f.Begin(source))
		write(t, f, "hello")
		must(t, f.Commit())
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(recordText))
	f.Add([]byte(`{"mpctl":"a part of a download","url":"u","last_modified":"Wed, 25 Nov 2026 12:00:00 GMT","size":-1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		s := parse(text)
		if strings.ContainsAny(s.Validator(), "\r\n\x00") || s.Size < -1 || s.URL == "" && s != (Source{}) {
			t.Errorf("parse(%q) = %+v", text, s)
		}
	})
}
