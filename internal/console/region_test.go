//go:build unix

package console

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"mpctl/internal/test/termtest"
)

func frame(n int, text string) []string {
	var lines []string
	for i := range n {
		lines = append(lines, fmt.Sprintf("%s %d", text, i))
	}
	return lines
}

func shows(t *testing.T, terminal *termtest.Terminal, want ...string) {
	t.Helper()
	terminal.Await(t, strings.Join(want, " / "), func(lines []string) bool { return slices.Equal(lines, want) })
}

func TestRedraw(t *testing.T) {
	terminal := termtest.New(t, 20, 6)
	if _, err := terminal.File.WriteString("$ mpctl\n"); err != nil {
		t.Fatal(err)
	}
	r := newRegion(terminal.File)
	for _, lines := range [][]string{
		{"looking"}, {"NAME", "desk"}, {"NAME", "desk", "lamp"}, {strings.Repeat("x", 20), strings.Repeat("y", 20)}, {"a"},
		{"\x1b[1mbold\x1b[0m"},
	} {
		if err := r.draw(lines); err != nil {
			t.Fatal(err)
		}
		shows(t, terminal, append([]string{"$ mpctl"}, strings.Split(ansi.Strip(strings.Join(lines, "\n")), "\n")...)...)
	}
	if err := r.draw([]string{strings.Repeat("\x1b[1mlong\x1b[0m", 9)}); err != nil {
		t.Fatal(err)
	}
	shows(t, terminal, "$ mpctl", strings.Repeat("long", 5))
	if err := r.leave(nil); err != nil {
		t.Fatal(err)
	}
	shows(t, terminal, "$ mpctl")
}

func TestNoHigherThanTheTerminal(t *testing.T) {
	terminal := termtest.New(t, 20, 6)
	r := newRegion(terminal.File)
	if columns, lines := r.size(); columns != 20 || lines != 5 {
		t.Errorf("size = %d, %d", columns, lines)
	}
	for range 3 {
		if err := r.draw(frame(50, "line")); err != nil {
			t.Fatal(err)
		}
	}
	shows(t, terminal, frame(5, "line")...)
	if err := r.leave(frame(9, "all")); err != nil {
		t.Fatal(err)
	}
	shows(t, terminal, frame(9, "all")...)
	if err := r.draw([]string{"next"}); err != nil { // below, not over what was printed
		t.Fatal(err)
	}
	shows(t, terminal, append(frame(9, "all"), "next")...)
}
