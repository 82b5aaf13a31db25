package firmware

import (
	"bytes"
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// shorten gives names that no user sees a few short ones, shared as far as possible. MicroPython keeps every name that
// it has ever compiled on the heap, some 17 bytes each, and without this the firmware has many hundreds.
//
// Renamed are local variables, constants of one module, and attributes that begin with an underscore. Not renamed is
// what stands in a traceback, the names of functions and classes; and what other modules or the user's code can see:
// other attributes, what is imported, keyword arguments.
//
// A name is renamed everywhere at once, whatever it means in each place, so the code does the same as before. Two
// names can become the same one where no function sees both; a module sees the attributes of one whose class it
// inherits from, and that one its.
func shorten(files []File) {
	kept := map[string]bool{}
	for _, name := range strings.Fields(reserved) {
		kept[name] = true
	}
	var modules []*module
	home := map[string]*module{} // of each class
	for _, f := range files {
		if isPython(f.Path) {
			m := survey(f.Data, kept)
			modules = append(modules, m)
			for _, class := range m.classes {
				home[class] = m
			}
		}
	}
	for _, m := range modules {
		for _, base := range m.bases {
			if other := home[base]; other != nil {
				maps.Copy(m.names, other.names)
				maps.Copy(other.names, m.names)
			}
		}
	}
	var seen []map[string]bool // the names that each function sees
	for _, m := range modules {
		for _, function := range m.functions {
			maps.Copy(function, m.names)
		}
		seen = append(append(seen, m.functions...), m.names)
	}
	short := assign(seen, kept)
	for i, f := range files {
		if !isPython(f.Path) {
			continue
		}
		var out bytes.Buffer
		at := 0
		for _, w := range words(f.Data) {
			if name, found := short[w.text]; found {
				out.Write(f.Data[at:w.start])
				out.WriteString(name)
				at = w.start + len(w.text)
			}
		}
		out.Write(f.Data[at:])
		files[i].Data = out.Bytes()
	}
}

// module is what a stripped source has of names.
type module struct {
	names     map[string]bool   // outside of functions, and attributes
	functions []map[string]bool // the other names in each function, with those that are nested in it
	classes   []string
	bases     []string // of the classes
}

// survey takes a stripped source apart, and adds to kept what must not be renamed.
func survey(source []byte, kept map[string]bool) *module {
	m := &module{names: map[string]bool{}}
	var function map[string]bool // the outermost one; nil between functions
	indent := 0                  // of its def
	first, before := "", ""      // the first word of the line, and the one before
	for _, w := range words(source) {
		if w.leads {
			first, before = w.text, ""
			if w.indent <= indent {
				function = nil
			}
			if function == nil && w.text == "def" {
				function, indent = map[string]bool{}, w.indent
				m.functions = append(m.functions, function)
			}
		}
		private := strings.HasPrefix(w.text, "_") && !strings.HasPrefix(w.text, "__")
		switch {
		case before == "class":
			m.classes = append(m.classes, w.text)
		case first == "class" && before != "":
			m.bases = append(m.bases, w.text)
		}
		switch {
		case w.attribute && !private, w.keyword, first == "import", first == "from", before == "def", before == "class",
			strings.HasPrefix(w.text, "__"):
			kept[w.text] = true
		case function == nil || w.attribute:
			m.names[w.text] = true
		default:
			function[w.text] = true
		}
		before = w.text
	}
	return m
}

// assign chooses short names for those that are not kept: the most frequent names first, each the first short name
// that no function which has it has already.
func assign(functions []map[string]bool, kept map[string]bool) map[string]string {
	in := map[string][]int{} // functions that have the name
	for i, function := range functions {
		for name := range function {
			if !kept[name] {
				in[name] = append(in[name], i)
			}
		}
	}
	names := slices.SortedFunc(maps.Keys(in), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(in[b]), len(in[a])), cmp.Compare(a, b))
	})
	short := map[string]string{}
	taken := make([]map[string]bool, len(functions))
	for i := range taken {
		taken[i] = map[string]bool{}
	}
	for _, name := range names {
		for n := 0; ; n++ {
			candidate := shortName(n)
			free := func(function int) bool { return !taken[function][candidate] }
			if kept[candidate] || !all(in[name], free) {
				continue
			}
			for _, function := range in[name] {
				taken[function][candidate] = true
			}
			short[name] = candidate
			break
		}
	}
	return short
}

func all(functions []int, is func(int) bool) bool {
	return !slices.ContainsFunc(functions, func(i int) bool { return !is(i) })
}

// shortName is the n-th of a, b, … z, a1, b1, …
func shortName(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	name := letters[n%len(letters):][:1]
	if n >= len(letters) {
		name += string(rune('0' + n/len(letters)))
	}
	return name
}

type word struct {
	text      string
	start     int
	leads     bool // a line
	indent    int  // of its line, if it leads
	attribute bool // what comes before it is a dot
	keyword   bool // of an argument: in brackets, and what follows is =
}

var (
	identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*`)
	number     = regexp.MustCompile(`^[0-9][A-Za-z0-9_]*`)
)

// words gives the names and Python's own words of a stripped source, leaving out what is in strings.
func words(source []byte) []word {
	var found []word
	depth, line := 0, 0 // of brackets; where the line starts
	blank := true       // nothing but blanks on the line so far
	for i := 0; i < len(source); {
		c := source[i]
		text := identifier.Find(source[i:])
		if len(text) == 0 && c >= '0' && c <= '9' {
			// A number, with what belongs to it: 0x1f, 1e5.
			i += len(number.Find(source[i:]))
			blank = false
			continue
		}
		switch {
		case len(text) > 0 && i+len(text) < len(source) && (source[i+len(text)] == '"' || source[i+len(text)] == '\''):
			i += len(text) // the b of b"bytes"
		case len(text) > 0:
			after := bytes.TrimLeft(source[i+len(text):], " ")
			found = append(found, word{
				text: string(text), start: i, leads: blank && depth == 0, indent: i - line,
				attribute: i > 0 && source[i-1] == '.',
				keyword:   depth > 0 && bytes.HasPrefix(after, []byte("=")) && !bytes.HasPrefix(after, []byte("==")),
			})
			i += len(text)
			blank = false
		case c == '"' || c == '\'':
			end := stringEnd(source, i)
			if end < 0 {
				return found
			}
			i = end
			blank = false
		default:
			switch c {
			case '(', '[', '{':
				depth++
			case ')', ']', '}':
				depth--
			case '\n':
				if depth == 0 {
					line, blank = i+1, true
				}
			}
			i++
		}
	}
	return found
}

// reserved are Python's own words and the built-in names; and self, by which every reader of a method knows it.
const reserved = `
False None True and as assert async await break class continue def del elif else except finally for from global if
import in is lambda nonlocal not or pass raise return self try while with yield
ArithmeticError AssertionError AttributeError BaseException EOFError Exception GeneratorExit ImportError IndentationError
IndexError KeyError KeyboardInterrupt LookupError MemoryError NameError NotImplementedError OSError OverflowError
RuntimeError StopIteration SyntaxError SystemExit TypeError UnicodeError ValueError ViewError ZeroDivisionError
abs all any bin bool bytearray bytes callable chr classmethod compile complex delattr dict dir divmod enumerate eval
exec filter float frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len list locals
map max memoryview min next object oct open ord pow print property range repr reversed round set setattr slice sorted
staticmethod str sum super tuple type zip
Ellipsis NotImplemented StopAsyncIteration ViperTypeError execfile
`
