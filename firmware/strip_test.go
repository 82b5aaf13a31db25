package firmware_test

import (
	"bytes"
	"testing"

	"mpctl/firmware"
)

func TestStrip(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"comment":                     {"# all\nx = 1  # one\n", "x = 1\n"},
		"number sign in a string":     {"x = '# no'  # yes\n", "x = '# no'\n"},
		"quote in a comment":          {"# don't\nx = 1\n", "x = 1\n"},
		"escaped quote":               {`x = 'it\'s # it'` + "\n", `x = 'it\'s # it'` + "\n"},
		"other quote":                 {`x = "it's" # it` + "\n", `x = "it's"` + "\n"},
		"docstring of a module":       {"\"\"\"About.\n\n# all\n\"\"\"\n\nx = 1\n", "x = 1\n"},
		"docstring of a function":     {"def f():\n    \"\"\"Do.\"\"\"\n    return 1\n", "def f():\n    return 1\n"},
		"docstring before a comment":  {"def f():\n  'Do.'  # it\n  # more\n\n  return 1\n", "def f():\n  return 1\n"},
		"docstring is the body":       {"class E(Exception):\n    \"\"\"Bad.\"\"\"\n\n\nx = 1\n", "class E(Exception):\n    \"\"\"Bad.\"\"\"\nx = 1\n"},
		"docstring is the last body":  {"def f():\n    'Do.'\n", "def f():\n    'Do.'\n"},
		"docstring on the same line":  {"def f(): 'Do.'\n", "def f(): 'Do.'\n"},
		"triple quotes as a value":    {"x = \"\"\"a  \n\n  # b\n\"\"\"\n", "x = \"\"\"a  \n\n  # b\n\"\"\"\n"},
		"quotes in triple quotes":     {"x = '''it's \"\"\" '''\n", "x = '''it's \"\"\" '''\n"},
		"string joined to the next":   {"x = (\n    'a'  # first\n    'b'\n)\n", "x = (\n    'a'\n    'b'\n)\n"},
		"comment between brackets":    {"x = [\n\n    # one\n    1,\n]\n", "x = [\n    1,\n]\n"},
		"bracket in a string":         {"x = '('\n\n'doc'\ny = 1\n", "x = '('\ny = 1\n"},
		"line continuation":           {"x = \\\n    'a'\ny = 1\n", "x = \\\n    'a'\ny = 1\n"},
		"line continuation with CRLF": {"x = \\\r\n'a'\r\ny = 1\r\n", "x = \\\n'a'\ny = 1\n"},
		"CRLF":                        {"# all\r\nx = 1 # one\r\n\r\n'doc'\r\ny = 2\r\n", "x = 1\ny = 2\n"},
		"blank lines and blanks":      {"\n  \nx = 1   \n\t\n\ny = 2\t\n", "x = 1\ny = 2\n"},
		"no newline at the end":       {"x = 1 # one", "x = 1"},
		"unclosed string":             {"# all\nx = 'a\ny = 1\n", "# all\nx = 'a\ny = 1\n"},
		"unclosed triple quotes":      {"# all\n\"\"\"a\n", "# all\n\"\"\"a\n"},
		"empty":                       {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(firmware.Strip([]byte(c.source))); got != c.want {
				t.Errorf("Strip(%q)\n got %q\nwant %q", c.source, got, c.want)
			}
		})
	}
}

func FuzzStrip(f *testing.F) {
	for _, seed := range []string{
		"def f():\n    \"\"\"doc\"\"\"\n    return '#'  # x\n", "x = (\\\r\n 'a' # b\n)\n", "'", "'''", "\\", "\\\r", "\\ \n\n'a'\n",
		"\"\\", ")\n'a'\n", "'a'\n 'b'\n'c'\n", "r'\\'\n",
	} {
		f.Add([]byte(seed))
	}
	for _, file := range firmware.Files() {
		f.Add(file.Data)
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		once := firmware.Strip(bytes.Clone(source))
		if len(once) > len(source) {
			t.Errorf("grew from %q to %q", source, once)
		}
		if twice := firmware.Strip(bytes.Clone(once)); !bytes.Equal(once, twice) {
			t.Errorf("%q\n once: %q\ntwice: %q", source, once, twice)
		}
	})
}

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
		"a part of it":         {"import mpctl\n", false},
		"the user's":           {"from machine import Pin\nPin(2, Pin.OUT).on()\n", false},
		"empty":                {"", false},
		"own, but in a string": {"'''\n" + string(own) + "'''\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := firmware.IsMain([]byte(c.source)); got != c.want {
				t.Errorf("IsMain(%q) = %v", c.source, got)
			}
		})
	}
}
