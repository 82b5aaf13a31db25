package atomicfile

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"mpctl/internal/test/need"
)

// write creates path, writes text, and commits it if commit is set.
func write(t *testing.T, path, text string, commit bool) {
	t.Helper()
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(f, text); err != nil {
		t.Fatal(err)
	}
	if commit {
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// expectOnly fails the test unless dir holds a single file, called name, with the content text.
func expectOnly(t *testing.T, dir, name, text string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != name {
		t.Fatalf("entries = %v, %v, want only %s", entries, err, name)
	}
	if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != text {
		t.Fatalf("%s holds %q, %v, want %q", name, got, err, text)
	}
}

func TestCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write(t, path, "one", true)
	expectOnly(t, dir, "f", "one")
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, path, "two", true)
	expectOnly(t, dir, "f", "two")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode = %v, %v, want that of the replaced file", info.Mode(), err)
	}
}

func TestWithoutCommit(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	write(t, path, "old", true)
	write(t, path, "new", false)
	expectOnly(t, dir, "f", "old")
}

func TestResume(t *testing.T) {
	dir := t.TempDir()
	path, temporary := filepath.Join(dir, "f"), filepath.Join(dir, "f.part")
	step := func(text string, end func(*File) error) {
		t.Helper()
		f, err := Resume(path, temporary)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Seek(0, io.SeekEnd); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
		if err := end(f); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	step("one", (*File).Suspend)
	expectOnly(t, dir, "f.part", "one")
	step("two", (*File).Commit)
	expectOnly(t, dir, "f", "onetwo")
	step("three", func(*File) error { return nil })
	expectOnly(t, dir, "f", "onetwo")
}

func TestThroughLink(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, "f")
	write(t, path, "old", true)
	link := filepath.Join(other, "link")
	if err := os.Symlink(path, link); err != nil {
		need.Missing(t, err.Error())
	}
	write(t, link, "new", true)
	expectOnly(t, dir, "f", "new")
	expectOnly(t, other, "link", "new")
}

func TestDeviceStays(t *testing.T) {
	before, err := os.Stat(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	write(t, os.DevNull, "x", true)
	after, err := os.Stat(os.DevNull)
	if err != nil || !os.SameFile(before, after) {
		t.Fatalf("%s was replaced: %v", os.DevNull, err)
	}
}

func TestNoSuchDirectory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no", "f")
	if _, err := Create(path); !os.IsNotExist(err) {
		t.Fatalf("error = %v, want not-exist", err)
	}
}
