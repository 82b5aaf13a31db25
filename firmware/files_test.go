package firmware_test

import (
	"bytes"
	"errors"
	"testing"
	"testing/fstest"

	"mpctl/firmware"
	"mpctl/internal/python"
)

func TestFiles(t *testing.T) {
	files := firmware.Files()
	if last := files[len(files)-1].Path; last != firmware.MainPath {
		t.Errorf("the last file is %s, want %s", last, firmware.MainPath)
	}
	seen := map[string]bool{}
	for _, f := range files {
		// A module must compile in the small heap of a board.
		if len(f.Data) == 0 || len(f.Data) >= 8192 {
			t.Errorf("%s has %d bytes, want 1 to 8191", f.Path, len(f.Data))
		}
		if seen[f.Path] {
			t.Errorf("%s is there twice", f.Path)
		}
		seen[f.Path] = true
	}
	if !seen["/lib/mpctl/__init__.py"] {
		t.Errorf("files = %v, want the package mpctl among them", seen)
	}
}

func TestFilesAreTheCallersOwn(t *testing.T) {
	files := firmware.Files()
	main := files[len(files)-1]
	want := bytes.Clone(main.Data)
	main.Data[0] = '#'
	files[0].Path = "/other.py"
	again := firmware.Files()
	if got := again[len(again)-1].Data; !bytes.Equal(got, want) {
		t.Errorf("after a change by a caller, main.py is %q, want %q", got, want)
	}
	if again[0].Path == "/other.py" {
		t.Error("a change of the list by a caller is seen by the next one")
	}
}

func TestBuild(t *testing.T) {
	source := func(text string) fstest.MapFS {
		return fstest.MapFS{
			"board/main.py":    {Data: []byte("import x  # of ours\n")},
			"board/lib/x.py":   {Data: []byte(text)},
			"board/lib/x.html": {Data: []byte("<p> # \n")},
			"board/z.py":       {Data: []byte("def f(long):\n    return long\n")},
			"board/notes.txt":  {Data: []byte("not for a board\n")},
		}
	}
	files, err := firmware.Build(source("x = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range files {
		got += f.Path + ":" + string(f.Data)
	}
	const want = "/lib/x.html:<p> # \n/lib/x.py:x = 1\n/z.py:def f(a):\n    return a\n/main.py:import x\n"
	if got != want {
		t.Errorf("Build gives %q, want %q", got, want)
	}
	for text, want := range map[string]string{
		"\nx = f'{y}'\n":          "board/lib/x.py:2: an f-string",
		"# runs\n\nexec('y = 1')": "board/lib/x.py:3: exec() sees names that are shortened",
	} {
		_, err := firmware.Build(source(text))
		var refused *python.Error
		if !errors.As(err, &refused) || err.Error() != want {
			t.Errorf("Build of %q: %v, want %s", text, err, want)
		}
	}
}

func TestIsMain(t *testing.T) {
	own := firmware.Files()[len(firmware.Files())-1].Data
	for name, c := range map[string]struct {
		source string
		want   bool
	}{
		"own":                  {string(own), true},
		"own with a comment":   {"# started at boot\n" + string(own) + "\n\n", true},
		"own with CRLF":        {string(bytes.ReplaceAll(own, []byte("\n"), []byte("\r\n"))), true},
		"own and more":         {string(own) + "print(1)\n", false},
		"own and an f-string":  {string(own) + "print(f'{1}')\n", false},
		"a part of it":         {"import mpctl\n", false},
		"the user's":           {"from machine import Pin\nPin(2, Pin.OUT).on()\n", false},
		"empty":                {"", false},
		"no Python":            {"\x00\xff'''", false},
		"own, but in a string": {"'''\n" + string(own) + "'''\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := firmware.IsMain([]byte(c.source)); got != c.want {
				t.Errorf("IsMain(%q) = %v", c.source, got)
			}
		})
	}
}
