package serialio

import (
	"io/fs"
	"strings"
	"testing"
)

func TestCompact(t *testing.T) {
	for name, tt := range map[string]struct{ source, want string }{
		"comments":              {"# It's all\nx = 1  # one\n\n\n    # indented\ny = 2\n", "x=1\ny=2\n"},
		"strings":               {`x = "a = # 'b'  " + '" = #'` + "\n", `x="a = # 'b'  "+'" = #'` + "\n"},
		"escaped quotes":        {`x = "\" = " + '\' = '` + "\n", `x="\" = "+'\' = '` + "\n"},
		"levels":                {"if x:\n    if y:\n        z()\n    -y\n", "if x:\n if y:\n  z()\n -y\n"},
		"words":                 {"return -x if not (y) else [z for z in [1]]\n", "return-x if not(y)else[z for z in[1]]\n"},
		"lines in brackets":     {"x = {\n    \"a\": 1,\n    \"b\": f(\n        2\n    ),\n}\ny = 3\n", "x={\"a\":1,\"b\":f(2)}\ny=3\n"},
		"a tuple of one":        {"x = (1,)\n", "x=(1,)\n"},
		"imports":               {"import a as b, c as d\n", "import a as b,c as d\n"},
		"no newline at its end": {"x = 1", "x=1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := compact(tt.source); got != tt.want {
				t.Errorf("compact(%q)\n got %q\nwant %q", tt.source, got, tt.want)
			}
		})
	}
}

// What compact does not know would come out of it altered: strings over several lines, and other indentation.
func TestBoardFilesCanBeCompacted(t *testing.T) {
	err := fs.WalkDir(boardFiles, "board", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		source, err := boardFiles.ReadFile(path)
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(source)) {
			indent := len(line) - len(strings.TrimLeft(line, " \t"))
			if indent%4 != 0 || strings.Contains(line, "\t") || strings.Contains(line, `"""`) || strings.ContainsAny(token.ReplaceAllString(line, ""), `"'\`) {
				t.Errorf("%s: %q", path, line)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
