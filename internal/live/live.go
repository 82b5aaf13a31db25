// Package live redraws a few lines of a terminal in place.
package live

import (
	"fmt"
	"os"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"
	"golang.org/x/term"

	"mpctl/internal/console/termsafe"
)

const (
	defaultWidth, defaultHeight = 80, 24 // of a terminal that does not tell

	// While a frame is written the cursor is hidden and lines do not wrap: terminals disagree about the width of
	// some characters. Both end with the frame, so that there is nothing to restore, however the program ends.
	begin = "\x1b[?25l\x1b[?7l"
	end   = "\x1b[?7h\x1b[?25h"
	up    = "\x1b[%dA"
	erase = "\x1b[K" // to the end of the line; before it is written, or it would take its last column along
	below = "\x1b[J" // from the cursor to the end of the screen
)

// Screen is the lines at the cursor of a terminal. Nobody else must write to it between two frames.
type Screen struct {
	file  *os.File
	drawn []int // width of each line of the last frame
}

// New returns a Screen on a terminal.
func New(f *os.File) *Screen {
	_, _ = termenv.EnableVirtualTerminalProcessing(termenv.NewOutput(f)) // does something on Windows only
	return &Screen{file: f}
}

// Size returns how many columns and lines a frame can have. The last line of the terminal is the cursor's.
func (s *Screen) Size() (columns, lines int) {
	columns, lines, err := term.GetSize(int(s.file.Fd()))
	if err != nil || columns <= 0 || lines <= 0 {
		columns, lines = defaultWidth, defaultHeight
	}
	return columns, max(lines-1, 1)
}

// Draw puts a frame in the place of the last one. Lines hold no control characters but those of colours; what does not
// fit is left out.
func (s *Screen) Draw(lines []string) error {
	columns, most := s.Size()
	return s.write(lines[:min(len(lines), most)], columns, most)
}

// Print puts lines in the place of the last frame, all of them, and leaves them there.
func (s *Screen) Print(lines []string) error {
	columns, most := s.Size()
	err := s.write(lines, columns, most)
	s.drawn = nil
	return err
}

func (s *Screen) write(lines []string, columns, most int) error {
	var b strings.Builder
	b.WriteString(begin + "\r")
	// A terminal that has become narrower has wrapped the lines that no longer fit.
	rows := 0
	for _, width := range s.drawn {
		rows += max(1, (width+columns-1)/columns)
	}
	if rows = min(rows, most); rows > 0 {
		fmt.Fprintf(&b, up, rows)
	}
	s.drawn = s.drawn[:0]
	for _, line := range lines {
		width := termsafe.Width(ansi.Strip(line))
		if width > columns {
			line = ansi.Truncate(line, columns, "")
		}
		b.WriteString(erase + line + "\r\n")
		s.drawn = append(s.drawn, min(width, columns))
	}
	b.WriteString(below + end)
	_, err := s.file.WriteString(b.String())
	return err
}
