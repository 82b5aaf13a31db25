// Package table writes rows for people and for programs: on a terminal aligned under a header and cut to its
// width, anywhere else tab-separated with no header. Cells may come from outside: all pass termsafe.Line.
package table

import (
	"io"
	"os"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"
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
	_, err = io.WriteString(w, t.aligned(width, colour))
	return err
}

func (t *Table) tabbed() string {
	var b strings.Builder
	for _, row := range t.rows {
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return b.String()
}

func (t *Table) aligned(width int, colour bool) string {
	// The profile is given, not asked for: whether to colour is decided by flags, not by this process's stdout.
	renderer := lipgloss.NewRenderer(io.Discard)
	renderer.SetColorProfile(termenv.Ascii)
	if colour {
		renderer.SetColorProfile(termenv.ANSI)
	}
	title := renderer.NewStyle().Bold(true)
	first := renderer.NewStyle().Foreground(lipgloss.Color("6"))
	plain := renderer.NewStyle()

	widths := t.widths(width)
	var b strings.Builder
	line := func(cells []string, style func(column int) lipgloss.Style) {
		last := len(cells) - 1
		for i, cell := range cells {
			cell = ansi.Truncate(cell, widths[i], "…")
			b.WriteString(style(i).Render(cell))
			if i < last {
				b.WriteString(strings.Repeat(" ", widths[i]-ansi.StringWidth(cell)+gap))
			}
		}
		b.WriteByte('\n')
	}
	line(t.header, func(int) lipgloss.Style { return title })
	for _, row := range t.rows {
		shown := slices.Clone(row)
		for i := range shown {
			if shown[i] == "" {
				shown[i] = "-"
			}
		}
		line(shown, func(column int) lipgloss.Style {
			if column == 0 {
				return first
			}
			return plain
		})
	}
	return b.String()
}

// widths returns each column's width, the widest ones cut until a line fits into total.
func (t *Table) widths(total int) []int {
	widths := make([]int, len(t.header))
	for _, row := range append([][]string{t.header}, t.rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], ansi.StringWidth(cell), 1)
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
