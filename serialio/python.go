package serialio

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
)

// The Python of this package lies in board/, and for boards with next to nothing in board/flat/. It is written to be
// read; compact makes of it what goes over the line.
//
//go:embed board/*.py board/flat/*.py
var boardFiles embed.FS

// script returns a file of board/, by its name without .py, as it goes over the line.
func script(name string) string {
	source, err := boardFiles.ReadFile("board/" + name + ".py")
	if err != nil {
		panic(fmt.Sprintf("serialio: reading an embedded file: %v", err))
	}
	return compact(string(source))
}

func scripts(names ...string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = script(name)
	}
	return all
}

var (
	// token is what compact looks at within a line: a string, a comment, or punctuation with the blanks around it.
	token = regexp.MustCompile(`"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'| *#.*| *[-+*/%=<>!&|,:;.(){}\[\]]+ *`)

	bracketOpen  = regexp.MustCompile(`([,(\[{])\n *`)  // lines that are joined: what one ends with…
	bracketClose = regexp.MustCompile(`,?\n *([)\]}])`) // …and what one begins with
)

// compact takes comments, blank lines and the blanks that mean nothing out of Python source, and indents by one blank
// a level. It knows no more Python than board/ needs: four blanks a level, and strings that end on their line. Lines are
// joined in brackets only, after a comma or the opening one.
func compact(source string) string {
	var out strings.Builder
	for line := range strings.Lines(source) {
		code := strings.TrimLeft(line, " ")
		indent := (len(line) - len(code)) / 4
		code = token.ReplaceAllStringFunc(strings.TrimRight(code, "\n"), func(part string) string {
			trimmed := strings.TrimSpace(part)
			if strings.HasPrefix(trimmed, "#") {
				return ""
			}
			return trimmed
		})
		if code != "" {
			out.WriteString(strings.Repeat(" ", indent) + code + "\n")
		}
	}
	joined := bracketClose.ReplaceAllString(out.String(), "$1")
	return bracketOpen.ReplaceAllString(joined, "$1")
}
