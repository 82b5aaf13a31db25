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

	"mpctl/internal/console/termsafe"
)

const (
	gap          = 2  // columns between cells
	narrowest    = 4  // a cell is never cut below this
	leading      = 3  // columns at most that say what a row is about
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
	name := slices.IndexFunc(t.header, func(title string) bool { return title != "" })
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
			case column == name:
				return first
			}
			return plain
		}))
	}
	return lines
}

// widths returns each column's width. Where a line would not fit into total, titles are cut first, then the widest
// columns, and last the leading ones, by which rows are known.
func (t *Table) widths(total int) []int {
	widths, least := make([]int, len(t.header)), make([]int, len(t.header))
	sum := gap * (len(widths) - 1)
	for i, title := range t.header {
		least[i] = 1
		for _, row := range t.rows {
			least[i] = max(least[i], termsafe.Width(row[i]))
		}
		widths[i] = max(least[i], termsafe.Width(title))
		least[i] = min(max(least[i], narrowest), widths[i])
		sum += widths[i]
	}
	cut := func(from int, least func(column int) int) {
		for ; sum > total; sum-- {
			widest := -1
			for i := from; i < len(widths); i++ {
				if widths[i] > least(i) && (widest < 0 || widths[i] > widths[widest]) {
					widest = i
				}
			}
			if widest < 0 {
				return
			}
			widths[widest]--
		}
	}
	cut(0, func(column int) int { return least[column] })
	cut(leading, func(int) int { return narrowest })
	cut(0, func(int) int { return narrowest })
	return widths
}
