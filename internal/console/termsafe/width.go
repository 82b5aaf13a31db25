package termsafe

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// Width returns how many columns a Line takes. Character by character, as most terminals count: what they join
// into one, like a flag or a syllable, may take less but never more.
func Width(line string) int {
	width := 0
	for _, r := range line {
		width += runeWidth(r)
	}
	return width
}

// Cut returns a Line that takes no more than the given columns, with an ellipsis where it was cut.
func Cut(line string, columns int) string {
	var width, end int // of what leaves a column for the ellipsis
	for i, r := range line {
		w := runeWidth(r)
		if width+w > columns {
			if columns < 1 {
				return ""
			}
			return strings.TrimRight(line[:end], " ") + "…"
		}
		if width += w; width < columns {
			end = i + len(string(r))
		}
	}
	return line
}

// narrow leaves characters of ambiguous width narrow, as terminals do by default whatever the language.
var narrow = &runewidth.Condition{}

func runeWidth(r rune) int { return narrow.RuneWidth(r) }
