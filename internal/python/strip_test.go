package python_test

import (
	"testing"

	"mpctl/internal/python"
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
		"CRLF in brackets":            {"x = [\r\n\r\n1,\r\n]\r\n", "x = [\n1,\n]\n"},
		"only comments":               {"# one\n\n  # two", ""},
		"empty":                       {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, c.source)
			s.Strip()
			if got := string(s.Bytes()); got != c.want {
				t.Errorf("stripping %q\n got %q\nwant %q", c.source, got, c.want)
			}
		})
	}
}

func parse(t *testing.T, code string) *python.Source {
	t.Helper()
	s, err := python.Parse("x.py", []byte(code))
	if err != nil {
		t.Fatalf("parsing %q: %v", code, err)
	}
	return s
}
