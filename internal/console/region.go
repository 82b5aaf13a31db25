package console

import (
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
	// some characters. Both end with the frame, so there is nothing to restore, however the program ends.
	beginFrame = ansi.HideCursor + ansi.ResetModeAutoWrap + "\r"
	endFrame   = ansi.SetModeAutoWrap + ansi.ShowCursor
)

// region is the lines at a terminal's cursor, which are redrawn in place.
type region struct {
	terminal      *os.File
	holdsMessages bool     // else they are written above it
	lines         []string // of the last frame
	widths        []int    // of the lines that are on the terminal
}

func newRegion(terminal *os.File) *region {
	_, _ = termenv.EnableVirtualTerminalProcessing(termenv.NewOutput(terminal)) // does something on Windows only
	return &region{terminal: terminal}
}

// size returns how many columns and lines a frame can have. The last line of the terminal is the cursor's.
func (r *region) size() (columns, lines int) {
	columns, lines = terminalSize(r.terminal)
	return columns, max(lines-1, 1)
}

func terminalSize(f *os.File) (columns, lines int) {
	columns, lines, err := term.GetSize(int(f.Fd()))
	if err != nil || columns <= 0 || lines <= 0 {
		return defaultWidth, defaultHeight
	}
	return columns, lines
}

// draw puts a frame in the place of the last one. Lines hold no control characters but those of colours; what does
// not fit is left out.
func (r *region) draw(lines []string) error {
	r.lines = lines
	return r.redraw()
}

// redraw draws the last frame again, for the size that the terminal has now.
func (r *region) redraw() error {
	columns, height := r.size()
	return r.write(r.lines[:min(len(r.lines), height)], columns, height)
}

// erase takes the frame off the terminal.
func (r *region) erase() error {
	columns, height := r.size()
	return r.write(nil, columns, height)
}

// leave puts lines in the place of the last frame, all of them, and lets them stand.
func (r *region) leave(lines []string) error {
	columns, height := r.size()
	err := r.write(lines, columns, height)
	r.lines, r.widths = nil, nil
	return err
}

func (r *region) write(lines []string, columns, height int) error {
	if len(lines)+len(r.widths) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(beginFrame)
	// A terminal that has become narrower has wrapped the lines that no longer fit.
	rows := 0
	for _, width := range r.widths {
		rows += max(1, (width+columns-1)/columns)
	}
	if rows = min(rows, height); rows > 0 {
		b.WriteString(ansi.CursorUp(rows))
	}
	r.widths = r.widths[:0]
	for _, line := range lines {
		width := termsafe.Width(ansi.Strip(line))
		if width > columns {
			line = ansi.Truncate(line, columns, "")
		}
		// Erased before it is written: afterwards its last column would be taken along.
		b.WriteString(ansi.EraseLineRight + line + "\r\n")
		r.widths = append(r.widths, min(width, columns))
	}
	b.WriteString(ansi.EraseScreenBelow + endFrame)
	_, err := r.terminal.WriteString(b.String())
	return err
}
