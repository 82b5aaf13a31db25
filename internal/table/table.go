// Package table writes rows for people and for programs: on a terminal aligned under a header and cut to its
// width, anywhere else tab-separated with no header. Cells may come from outside: all pass termsafe.Line.
package table

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"
	"golang.org/x/term"

	"mpctl/internal/termsafe"
)

const (
	gap          = 2  // columns between cells
	narrowest    = 4  // a cell is never cut below this
	defaultWidth = 80 // of a terminal that does not tell
)

// Table is rows under a header.
type Table struct {
	header []string
	rows   [][]string
}

// New returns a table with the given column titles.
func New(header ...string) *Table { return &Table{header: header} }

// Add appends a row. What is not known is an empty cell.
func (t *Table) Add(cells ...string) {
	row := make([]string, len(t.header))
	for i := range row {
		if i < len(cells) {
			row[i] = termsafe.Line(cells[i])
		}
	}
	t.rows = append(t.rows, row)
}

// Write writes the table onto w, in the form that suits it. A table without rows writes nothing.
func (t *Table) Write(w io.Writer, colour bool) error {
	if len(t.rows) == 0 {
		return nil
	}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		_, err := io.WriteString(w, t.tabbed())
		return err
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil || width <= 0 {
		width = defaultWidth
	}
	_, err = io.WriteString(w, strings.Join(t.Lines(width, colour), "\n")+"\n")
	return err
}

func (t *Table) tabbed() string {
	var b strings.Builder
	for _, row := range t.rows {
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return b.String()
}

// Lines returns the table as a terminal shows it, header first, no line wider than width. A column without a title
// is for marks, which are there or not.
func (t *Table) Lines(width int, colour bool) []string {
	// The profile is given, not asked for: whether to colour is decided by flags, not by this process's stdout.
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	if colour {
		renderer.SetColorProfile(termenv.ANSI)
	}
	title := renderer.NewStyle().Bold(true)
	mark := renderer.NewStyle().Bold(true).Foreground(lipgloss.Color("3"))
	first := renderer.NewStyle().Foreground(lipgloss.Color("6"))
	plain := renderer.NewStyle()

	widths := t.widths(width)
	line := func(cells []string, style func(column int) lipgloss.Style) string {
		var b strings.Builder
		column := 0
		for i, cell := range cells {
			cell = termsafe.Cut(cell, min(widths[i], width-column))
			b.WriteString(style(i).Render(cell))
			if column += widths[i] + gap; i == len(cells)-1 || column >= width {
				break
			}
			b.WriteString(strings.Repeat(" ", widths[i]-termsafe.Width(cell)+gap))
		}
		return b.String()
	}
	lines := []string{line(t.header, func(int) lipgloss.Style { return title })}
	leading := slices.IndexFunc(t.header, func(title string) bool { return title != "" })
	for _, row := range t.rows {
		shown := slices.Clone(row)
		for i := range shown {
			if shown[i] == "" && t.header[i] != "" {
				shown[i] = "-"
			}
		}
		lines = append(lines, line(shown, func(column int) lipgloss.Style {
			switch {
			case t.header[column] == "":
				return mark
			case column == leading:
				return first
			}
			return plain
		}))
	}
	return lines
}

// widths returns each column's width, the widest ones cut until a line fits into total.
func (t *Table) widths(total int) []int {
	widths := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], termsafe.Width(cell), 1)
		}
	}
	sum := gap * (len(widths) - 1)
	for _, w := range widths {
		sum += w
	}
	for ; sum > total; sum-- {
		widest := slices.Index(widths, slices.Max(widths))
		if widths[widest] <= narrowest {
			break
		}
		widths[widest]--
	}
	return widths
}
