package python_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"mpctl/internal/python"
)

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct{ code, want string }{
		"f-string":                          {"x = 1\ny = f'{x}'\n", "desk.py:2: an f-string"},
		"f-string in triple quotes":         {"y = F'''\n{x}\n'''\n", "desk.py:1: an f-string"},
		"raw f-string":                      {"\n\ny = rf'{x}'\n", "desk.py:3: an f-string"},
		"word right before a string":        {"return'x'\n", "desk.py:1: a string with the prefix return"},
		"string over the line's end":        {"x = [\n'a,\n]\n", "desk.py:2: a string that is not closed on its line"},
		"string that ends with a backslash": {"x = 'a\\", "desk.py:1: a string that is never closed"},
		"string without an end":             {"x = 1\ny = 'a", "desk.py:2: a string that is never closed"},
		"triple quotes without an end":      {"x = 1\n\"\"\"a\n'''\n", "desk.py:2: a string that is never closed"},
		"function in a string":              {"x = 1\ny = '''\ndef f(x):\n    pass\n'''\n", "desk.py:2: a triple-quoted string that reads like code"},
		"assignment in a string":            {"run('''x = 1''')\n", "desk.py:1: a triple-quoted string that reads like code"},
		"import in a string":                {"x = b\"\"\"\r\n  import time\r\n\"\"\"\r\n", "desk.py:1: a triple-quoted string that reads like code"},
		"call in a string":                  {"x = (1,\n'''\nled.on()\n''')\n", "desk.py:2: a triple-quoted string that reads like code"},
		"loop in a string":                  {"x = '''while led:\n'''\n", "desk.py:1: a triple-quoted string that reads like code"},
		"backslash inside a line":           {"x = 1\ny = \\ 2\n", "desk.py:2: a backslash before the end of a line"},
		"backslash at the end":              {"x = 1\ny = \\", "desk.py:2: a backslash before the end of a line"},
		"continuation by a blank line":      {"x = 1 + \\\n  \ny = 1\n", "desk.py:1: a line continuation with nothing behind it"},
		"continuation by a comment":         {"x = 1 \\\r\n# one\r\n", "desk.py:1: a line continuation with nothing behind it"},
		"continuation by nothing":           {"x = 1\ny = 2 \\\n", "desk.py:2: a line continuation with nothing behind it"},
		"continuation at the start":         {"x = 1\n\\\n  y = 1\n", "desk.py:3: a line continuation before the first word of a line"},
		"bracket never closed":              {"x = 1\ny = (\n[1],\nz = 2\n", "desk.py:2: the bracket ( is never closed"},
		"bracket never opened":              {"x = [1]\ny = 1]\n", "desk.py:2: the bracket ] closes nothing"},
		"bracket of another kind":           {"x = {\n1: (2,\n]}\n", "desk.py:3: the bracket ] closes the ( of line 2"},
		"tab in an indent":                  {"if x:\n\ty = 1\n", "desk.py:2: a tab in an indent"},
		"tab among the blanks of an indent": {"if x:\n    y = 1\n  \tz = 1\n", "desk.py:3: a tab in an indent"},
		"indent of no block":                {"if x:\n        y = 1\n    z = 1\n", "desk.py:3: an indent that no block around it has"},
		"number that runs into a name":      {"x = 1\ny = 2if x else 3\n", "desk.py:2: a number that runs into a name"},
		"number with an underscore":         {"x = 1_000\n", "desk.py:1: a number that runs into a name"},
		"unknown character":                 {"x = 1\ny = $x\n", "desk.py:2: the character '$'"},
		"name that is not ASCII":            {"größe = 1\n", "desk.py:1: the character 'ö'"},
		"byte order mark":                   {"\ufeffx = 1\n", `desk.py:1: the character '\ufeff'`},
		"form feed":                         {"x = 1\n\f\ny = 1\n", `desk.py:2: the character '\f'`},
		"carriage return alone":             {"x = 1\ny = 2\rz = 3\n", "desk.py:2: a carriage return that ends no line"},
		"carriage return in a string":       {"x = '''\n\r'''\n", "desk.py:2: a carriage return that ends no line"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := python.Parse("desk.py", []byte(c.code))
			var refused *python.Error
			if !errors.As(err, &refused) || err.Error() != c.want {
				t.Errorf("parsing %q: %v, want %s", c.code, err, c.want)
			}
		})
	}
}

func TestParseAccepts(t *testing.T) {
	for name, code := range map[string]string{
		"code in a docstring":            "def f():\n    \"\"\"Do.\n\n    x = f()\n    \"\"\"\n    return 1\n",
		"text in triple quotes":          "x = b\"\"\"200 OK\n404 Not Found: at all\n(see below) = <p>\n\"\"\"\n",
		"every prefix":                   "x = b'' + B'' + r'' + br'' + rB'' + u''\n",
		"every operator":                 "x = a + b - c * d / e // f % g ** h << i >> j & k | l ^ ~m @ n < o > p <= q >= r == s != t\n",
		"every assignment":               "x += 1; x -= 1; x *= 1; x /= 1; x //= 1; x %= 1; x **= 1; x >>= 1; x <<= 1; x &= 1; x |= 1; x ^= 1; x @= 1\n",
		"slices, sets and the ellipsis":  "x = a[1:2, ...], {1, 2}, {1: 2}, lambda *a, **b: a\n",
		"annotations":                    "def f(x: int = 1) -> str:\n    pass\n",
		"decorator":                      "@decorated\ndef f():\n    pass\n",
		"continuations in a row":         "x = \\\n\\\n  1\n",
		"blocks end together":            "if x:\n  if y:\n    z = 1\nw = 1\n",
		"comments at any indent":         "if x:\n    y = 1\n  # aside\n\t# aside\n",
		"lines in brackets at any place": "x = [\n\t1,\n      2,\n]\n",
		"line end in a string":           "x = 'a\\\nb' 'c\\\r\nd'\n",
		"escaped quote in triple quotes": "x = '''\\''''\n",
		"tab between words":              "x\t=\t1\n",
		"nothing":                        "",
	} {
		t.Run(name, func(t *testing.T) {
			if got := string(parse(t, code).Bytes()); got != code {
				t.Errorf("%q comes back as %q", code, got)
			}
		})
	}
}

// Whatever the bytes are, the lexer refuses them or gives them back; what is left after stripping is understood too,
// and has nothing more to strip.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"def f():\n    \"\"\"doc\"\"\"\n    return '#'  # x\n", "x = (\\\r\n 'a' # b\n)\n", "'", "'''", "\\", "\\\r", "\\ \n\n'a'\n",
		"\"\\", ")\n'a'\n", "'a'\n 'b'\n'c'\n", "r'\\'\n", "f'{x}'", "x = '''\ny = 1\n'''", "([)]", "\t1", "  1\n 2", "1.5e-3j",
		"def f(a, *b, c=1):\n    a._x = b\n", "exec('')", "x['_y']._y\n",
	} {
		f.Add([]byte(seed))
	}
	modules, err := filepath.Glob(filepath.Join("..", "..", "firmware", "board", "lib", "mpctl", "*.py"))
	if err != nil || len(modules) == 0 {
		f.Fatalf("no modules of the firmware: %v", err)
	}
	for _, path := range modules {
		code, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		s, err := python.Parse("x.py", code)
		if err != nil {
			var refused *python.Error
			if lines := 1 + bytes.Count(code, []byte("\n")); !errors.As(err, &refused) || refused.Line < 1 || refused.Line > lines {
				t.Errorf("%q of %d lines: %v", code, lines, err)
			}
			return
		}
		if got := s.Bytes(); !bytes.Equal(got, code) {
			t.Errorf("%q comes back as %q", code, got)
		}
		s.Strip()
		once := s.Bytes()
		if len(once) > len(code) {
			t.Errorf("%q grows to %q", code, once)
		}
		again := parse(t, string(once))
		again.Strip()
		if twice := again.Bytes(); !bytes.Equal(once, twice) {
			t.Errorf("%q\n once: %q\ntwice: %q", code, once, twice)
		}
		if python.Shorten([]*python.Source{s}) == nil {
			parse(t, string(s.Bytes()))
		}
	})
}
