package python_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/internal/python"
	"mpctl/internal/test/pyunit"
)

func TestShorten(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"variables of two functions": {
			"def f(first):\n    second = first\n    return second\ndef g(third):\n    return third\n",
			"def f(a):\n    b = a\n    return b\ndef g(a):\n    return a\n",
		},
		"what a nested function sees": {
			"def f(outer):\n    def g(inner):\n        return inner + outer\n    return lambda last: g(last)\n",
			"def f(c):\n    def g(a):\n        return a + c\n    return lambda b: g(b)\n",
		},
		"a module's constant":           {"LIMIT = 5\ndef f(n):\n    return n < LIMIT\n", "a = 5\ndef f(b):\n    return b < a\n"},
		"a private attribute":           {"class C:\n    def f(self, n):\n        self._count = n\n", "class C:\n    def f(self, b):\n        self.a = b\n"},
		"a public attribute":            {"def f(x):\n    x.size = 1\n    size = 2\n", "def f(a):\n    a.size = 1\n    size = 2\n"},
		"a keyword argument":            {"def f(fold=True):\n    g(fold, key=1)\n", "def f(fold=True):\n    g(fold, key=1)\n"},
		"a comparison is none":          {"def f(x, y):\n    return g(x == y)\n", "def f(a, b):\n    return g(a == b)\n"},
		"imports":                       {"def f():\n    import time\n    from a.b import c as d\n    time.x(c, d)\n", "def f():\n    import time\n    from a.b import c as d\n    time.x(c, d)\n"},
		"strings and numbers":           {"def f(x):\n    return b'x', \"\"\"x\nx\"\"\", 0xFF, 1e5, 'it\\'s x', x\n", "def f(a):\n    return b'x', \"\"\"x\nx\"\"\", 0xFF, 1e5, 'it\\'s x', a\n"},
		"a line in brackets":            {"def f(x):\n    return [\nx,\n]\n", "def f(a):\n    return [\na,\n]\n"},
		"a short name in use":           {"def a(x):\n    return a(x)\n", "def a(b):\n    return a(b)\n"},
		"an import behind an if":        {"def f(x):\n    if x: import time\n    return time\n", "def f(a):\n    if a: import time\n    return time\n"},
		"a keyword on the next line":    {"def f(x):\n    g(key\n=x)\n", "def f(a):\n    g(key\n=a)\n"},
		"an attribute on the next line": {"def f(x):\n    return x. \\\n size, size\n", "def f(a):\n    return a. \\\n size, size\n"},
		"numbers with a dot or a sign":  {"def f(e, x):\n    return 1.5, .5, 1e-5, 0x1e, 2.e+1, e - 1, x\n", "def f(a, b):\n    return 1.5, .5, 1e-5, 0x1e, 2.e+1, a - 1, b\n"},
		"what a comment says":           {"def f(x):\n    return x  # x\n", "def f(a):\n    return a  # x\n"},
		"built-in names":                {"def f(x):\n    return len(x) if isinstance(x, str) else None\n", "def f(a):\n    return len(a) if isinstance(a, str) else None\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := shorten(t, "def f():\n    pass\ndef g():\n    pass\n", c.source)
			if diff := cmp.Diff(c.want, got[1]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func shorten(t *testing.T, modules ...string) []string {
	t.Helper()
	var sources []*python.Source
	for _, code := range modules {
		sources = append(sources, parse(t, code))
	}
	if err := python.Shorten(sources); err != nil {
		t.Fatal(err)
	}
	var short []string
	for _, s := range sources {
		short = append(short, string(s.Bytes()))
	}
	return short
}

// An object has the attributes of its base class too, which another module names.
func TestShortenInheritance(t *testing.T) {
	got := shorten(t,
		"class Base:\n    def f(self):\n        self._base = 1\n",
		"from base import Base\nclass Other(Base):\n    def f(self):\n        self._other = 2\n",
	)
	if a, b := got[0][len(got[0])-6:], got[1][len(got[1])-6:]; a[:1] == b[:1] {
		t.Errorf("both attributes have one name: %q", got)
	}
}

// More names than there are letters and digits for: each name is still a name, and its own.
func TestShortenManyNames(t *testing.T) {
	var code strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&code, "name_%d = 0\n", n)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(shorten(t, code.String())[0]) {
		parse(t, line)
		if seen[line] {
			t.Fatalf("two names became the same: %q", line)
		}
		seen[line] = true
	}
}

func TestShortenRefuses(t *testing.T) {
	for code, want := range map[string]string{
		"x = 1\nexec('y = x')\n":                                                         "x.py:2: exec() sees names that are shortened",
		"def f(x):\n\n    return eval('x')\n":                                            "x.py:3: eval() sees names that are shortened",
		"def f(x):\n    return '%(x)s' % locals()\n":                                     "x.py:2: locals() sees names that are shortened",
		"def f(x):\n    x._size = 1\n    # As f does.\n    return getattr(x, '_size')\n": "x.py:4: a string that is the name of the private attribute _size",
	} {
		s := parse(t, code)
		s.Strip()
		before := string(s.Bytes())
		err := python.Shorten([]*python.Source{s})
		if err == nil || err.Error() != want {
			t.Errorf("shortening %q: %v, want %s", code, err, want)
		}
		if after := string(s.Bytes()); after != before {
			t.Errorf("it was refused and changed, from %q to %q", before, after)
		}
	}
}

// What MicroPython brings along must keep its name, and no list of ours is a proof of that.
func TestShortenLeavesBuiltins(t *testing.T) {
	out, err := exec.Command(pyunit.MicroPython(t), "-c", "import builtins; print(' '.join(dir(builtins)))").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(python.Reserved)
	for _, name := range strings.Fields(string(out)) {
		if !strings.HasPrefix(name, "__") && !slices.Contains(known, name) {
			t.Errorf("%s would be renamed", name)
		}
	}
}
