package python

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Shorten gives names that no user sees a few short ones, shared as far as possible. MicroPython keeps every name that
// it has ever compiled on the heap, some 17 bytes each, and a program has many hundreds of names.
//
// Renamed are local variables, constants of one module, and attributes that begin with an underscore. Not renamed is
// what stands in a traceback, the names of functions and classes; and what other modules or the user's code can see:
// other attributes, what is imported, keyword arguments.
//
// A name is renamed everywhere at once, whatever it means in each place, so the code does the same as before. Two
// names can become the same one where no function sees both. A module sees the attributes of a module whose class it
// inherits from, and the other way round.
//
// The sources are all modules of a program. Shorten returns an *Error, and has changed nothing, where names are used in
// a way that it cannot follow.
func Shorten(sources []*Source) error {
	kept := map[string]bool{}
	for _, word := range strings.Fields(reserved) {
		kept[word] = true
	}
	var modules []*module
	home := map[string]*module{} // of each class
	for _, s := range sources {
		m := s.survey(kept)
		modules = append(modules, m)
		for _, class := range m.classes {
			home[class] = m
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
	var scopes []map[string]bool // the names that each function or module sees
	for _, m := range modules {
		for _, function := range m.functions {
			maps.Copy(function, m.names)
		}
		scopes = append(append(scopes, m.functions...), m.names)
	}
	short := shortNames(scopes, kept)
	for _, s := range sources {
		if err := s.check(short); err != nil {
			return err
		}
	}
	for _, s := range sources {
		s.rename(short)
	}
	return nil
}

// check returns an error where the source names something by a string.
func (s *Source) check(short map[string]string) error {
	for _, l := range s.lines {
		for _, t := range l.tokens {
			switch {
			case t.kind == identifier && slices.Contains(dynamic, t.text):
				return &Error{File: s.name, Line: t.line, Reason: t.text + "() sees names that are shortened"}
			case t.kind == literal:
				if _, text := content(t.text); len(text) > 1 && isPrivate(text) && short[text] != "" {
					return &Error{File: s.name, Line: t.line, Reason: "a string that is the name of the private attribute " + text}
				}
			}
		}
	}
	return nil
}

// dynamic are the built-in functions that run code or give variables by their names.
var dynamic = []string{"eval", "exec", "execfile", "locals"}

// isPrivate reports whether an attribute of that name is shortened.
func isPrivate(word string) bool {
	return strings.HasPrefix(word, "_") && !strings.HasPrefix(word, "__")
}

func (s *Source) rename(short map[string]string) {
	for _, l := range s.lines {
		for i, t := range l.tokens {
			if to, found := short[t.text]; found && t.kind == identifier {
				l.tokens[i].text = to
			}
		}
	}
}

// module has the names of a source.
type module struct {
	names     map[string]bool   // outside of functions, and attributes
	functions []map[string]bool // the other names in each outermost function, those in nested functions too
	classes   []string
	bases     []string // of the classes
}

// survey finds the names of a source, and adds to kept what must not be renamed.
func (s *Source) survey(kept map[string]bool) *module {
	m := &module{names: map[string]bool{}}
	var function map[string]bool // the outermost one; nil between functions
	indent := 0                  // of its def
	for _, l := range s.lines {
		code := l.code()
		if len(code) == 0 {
			continue
		}
		if l.indent <= indent {
			function = nil
		}
		switch first := code[0].text; {
		case first == "def" && function == nil:
			function, indent = map[string]bool{}, l.indent
			m.functions = append(m.functions, function)
		case first == "class":
			m.class(code[1:])
		}
		visible := m.names
		if function != nil {
			visible = function
		}
		m.surveyLine(code, visible, kept)
	}
	return m
}

// class adds the class of a line that begins with that word, and its bases.
func (m *module) class(code []token) {
	for i, t := range code {
		switch {
		case t.kind == identifier && i == 0:
			m.classes = append(m.classes, t.text)
		case t.kind == identifier:
			m.bases = append(m.bases, t.text)
		}
	}
}

// surveyLine adds the names of a line to kept, to those of the module, or to visible, where variables go.
func (m *module) surveyLine(code []token, visible, kept map[string]bool) {
	importing := false // an import goes up to the end of its line
	depth := 0         // of brackets
	previous := ""
	for i, t := range code {
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case "import", "from":
			importing = true
		}
		attribute := previous == "."
		keyword := depth > 0 && i+1 < len(code) && code[i+1].text == "="
		switch {
		case t.kind != identifier:
		case attribute && !isPrivate(t.text), keyword, importing, previous == "def", previous == "class", strings.HasPrefix(t.text, "__"):
			kept[t.text] = true
		case attribute:
			m.names[t.text] = true
		default:
			visible[t.text] = true
		}
		previous = t.text
	}
}

// code is the line's tokens without comments and line breaks.
func (l logicalLine) code() []token {
	return slices.DeleteFunc(slices.Clone(l.tokens), func(t token) bool { return t.kind >= comment })
}

// shortNames chooses short names for those that are not kept: the most frequent names first, each the first short name
// that no scope with the name has for another one.
func shortNames(scopes []map[string]bool, kept map[string]bool) map[string]string {
	within := map[string][]int{} // the scopes that have the name
	for i, scope := range scopes {
		for name := range scope {
			if !kept[name] {
				within[name] = append(within[name], i)
			}
		}
	}
	byFrequency := slices.SortedFunc(maps.Keys(within), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(within[b]), len(within[a])), cmp.Compare(a, b))
	})
	short := map[string]string{}
	taken := make([]map[string]bool, len(scopes))
	for i := range taken {
		taken[i] = map[string]bool{}
	}
	for _, name := range byFrequency {
		n := 0
		isTaken := func(scope int) bool { return taken[scope][shortName(n)] }
		for kept[shortName(n)] || slices.ContainsFunc(within[name], isTaken) {
			n++
		}
		short[name] = shortName(n)
		for _, scope := range within[name] {
			taken[scope][short[name]] = true
		}
	}
	return short
}

// shortName is the n-th of a, b, … z, a1, b1, …
func shortName(n int) string {
	const letters = "abcdefghijklmnopqrstuvwxyz"
	name := letters[n%len(letters):][:1]
	if n >= len(letters) {
		name += strconv.Itoa(n / len(letters))
	}
	return name
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
