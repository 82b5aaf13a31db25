package console

import (
	"io"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/muesli/termenv"

	"mpctl/internal/console/termsafe"
)

const (
	columnGap  = 2  // columns between cells
	narrowest  = 4  // a cell is never cut below this
	leading    = 3  // columns at most that say what a row is about
	widestCell = 30 // that a column is kept for when others could be left out instead
)

// Table is rows under a header. Cells may come from outside: they are made harmless.
type Table struct {
	columns []Column
	rows    [][]string
}

// Column is a column of a Table.
type Column struct {
	Title string // a column without a title is for marks, which are there or not
	// LeftOut says in which order columns are left out where a terminal is too narrow for all: the highest first. 0 is
	// never left out.
	LeftOut int
}

// NewTable returns a table with the given columns.
func NewTable(columns ...Column) *Table { return &Table{columns: columns} }

// Titles are columns that are never left out.
func Titles(titles ...string) []Column {
	columns := make([]Column, len(titles))
	for i, title := range titles {
		columns[i].Title = title
	}
	return columns
}

// Add appends a row. What is not known is an empty cell.
func (t *Table) Add(cells ...string) {
	row := make([]string, len(t.columns))
	for i := range row {
		if i < len(cells) {
			row[i] = termsafe.Line(cells[i])
		}
	}
	t.rows = append(t.rows, row)
}

func (t *Table) tabbed() string {
	var b strings.Builder
	for _, row := range t.rows {
		b.WriteString(tabbed(row))
	}
	return b.String()
}

// Lines returns the table as a terminal shows it, header first, no line wider than width.
func (t *Table) Lines(width int, colour bool) []string {
	t = t.fitted(width)
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
		at := 0
		for i, cell := range cells {
			cell = termsafe.Cut(cell, min(widths[i], width-at))
			b.WriteString(style(i).Render(cell))
			if at += widths[i] + columnGap; i == len(cells)-1 || at >= width {
				break
			}
			b.WriteString(strings.Repeat(" ", widths[i]-termsafe.Width(cell)+columnGap))
		}
		return b.String()
	}
	header := make([]string, len(t.columns))
	for i, c := range t.columns {
		header[i] = c.Title
	}
	lines := []string{line(header, func(int) lipgloss.Style { return title })}
	name := slices.IndexFunc(t.columns, func(c Column) bool { return c.Title != "" })
	for _, row := range t.rows {
		cells := slices.Clone(row)
		for i := range cells {
			if cells[i] == "" && t.columns[i].Title != "" {
				cells[i] = "-"
			}
		}
		lines = append(lines, line(cells, func(column int) lipgloss.Style {
			switch {
			case t.columns[column].Title == "":
				return mark
			case column == name:
				return first
			}
			return plain
		}))
	}
	return lines
}

// fitted returns the table without the columns that have to be left out in the given width.
func (t *Table) fitted(width int) *Table {
	fitted := &Table{slices.Clone(t.columns), t.rows}
	for fitted.wanted() > width {
		worst := 0
		for i, c := range fitted.columns {
			if c.LeftOut > fitted.columns[worst].LeftOut {
				worst = i
			}
		}
		if len(fitted.columns) == 0 || fitted.columns[worst].LeftOut == 0 {
			break
		}
		fitted.columns = slices.Delete(fitted.columns, worst, worst+1)
		rows := make([][]string, len(fitted.rows))
		for i, row := range fitted.rows {
			rows[i] = slices.Delete(slices.Clone(row), worst, worst+1)
		}
		fitted.rows = rows
	}
	return fitted
}

// wanted is how wide the table is when nothing is cut but what is longer than anybody expects.
func (t *Table) wanted() int {
	sum := columnGap * (len(t.columns) - 1)
	for i, c := range t.columns {
		widest := termsafe.Width(c.Title)
		for _, row := range t.rows {
			widest = max(widest, min(termsafe.Width(row[i]), widestCell))
		}
		sum += widest
	}
	return sum
}

// widths returns each column's width. Where a line would not fit into total, titles are cut first, then the widest
// columns, and last the leading ones, by which rows are known.
func (t *Table) widths(total int) []int {
	widths, least := make([]int, len(t.columns)), make([]int, len(t.columns))
	sum := columnGap * (len(widths) - 1)
	for i, c := range t.columns {
		least[i] = 1
		for _, row := range t.rows {
			least[i] = max(least[i], termsafe.Width(row[i]))
		}
		widths[i] = max(least[i], termsafe.Width(c.Title))
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
