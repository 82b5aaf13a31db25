package firmware_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mpctl/firmware"
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
		"a module's constant":  {"LIMIT = 5\ndef f(n):\n    return n < LIMIT\n", "a = 5\ndef f(b):\n    return b < a\n"},
		"a private attribute":  {"class C:\n    def f(self, n):\n        self._count = n\n", "class C:\n    def f(self, b):\n        self.a = b\n"},
		"a public attribute":   {"def f(x):\n    x.size = 1\n    size = 2\n", "def f(a):\n    a.size = 1\n    size = 2\n"},
		"a keyword argument":   {"def f(fold=True):\n    g(fold, key=1)\n", "def f(fold=True):\n    g(fold, key=1)\n"},
		"a comparison is none": {"def f(x, y):\n    return g(x == y)\n", "def f(a, b):\n    return g(a == b)\n"},
		"imports":              {"def f():\n    import time\n    from a.b import c as d\n    time.x(c, d)\n", "def f():\n    import time\n    from a.b import c as d\n    time.x(c, d)\n"},
		"strings and numbers":  {"def f(x):\n    return b'x', \"\"\"x\nx\"\"\", 0xFF, 1e5, 'it\\'s x', x\n", "def f(a):\n    return b'x', \"\"\"x\nx\"\"\", 0xFF, 1e5, 'it\\'s x', a\n"},
		"a line in brackets":   {"def f(x):\n    return [\nx,\n]\n", "def f(a):\n    return [\na,\n]\n"},
		"a short name in use":  {"def a(x):\n    return a(x)\n", "def a(b):\n    return a(b)\n"},
		"built-in names":       {"def f(x):\n    return len(x) if isinstance(x, str) else None\n", "def f(a):\n    return len(a) if isinstance(a, str) else None\n"},
	} {
		t.Run(name, func(t *testing.T) {
			files := []firmware.File{{"/x.py", []byte("def f()\ndef g()\n")}, {"/y.py", []byte(c.source)}}
			firmware.Shorten(files)
			if diff := cmp.Diff(c.want, string(files[1].Data)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An object has the attributes of its base class too, which another module names.
func TestShortenInheritance(t *testing.T) {
	files := []firmware.File{
		{Path: "/base.py", Data: []byte("class Base:\n    def f(self):\n        self._base = 1\n")},
		{Path: "/other.py", Data: []byte("from base import Base\nclass Other(Base):\n    def f(self):\n        self._other = 2\n")},
	}
	firmware.Shorten(files)
	if a, b := string(files[0].Data[len(files[0].Data)-6:]), string(files[1].Data[len(files[1].Data)-6:]); a[:1] == b[:1] {
		t.Errorf("both attributes have one name: %q, %q", files[0].Data, files[1].Data)
	}
}

// What MicroPython brings along must keep its name, and no list of ours is a proof of that.
func TestShortenLeavesBuiltins(t *testing.T) {
	out, err := exec.Command(micropython(t), "-c", "import builtins; print(' '.join(dir(builtins)))").Output()
	if err != nil {
		t.Fatal(err)
	}
	known := strings.Fields(firmware.Reserved)
	for _, name := range strings.Fields(string(out)) {
		if !strings.HasPrefix(name, "__") && !slices.Contains(known, name) {
			t.Errorf("%s would be renamed", name)
		}
	}
}
