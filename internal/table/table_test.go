package table

import (
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

func sample() *Table {
	t := New("NAME", "ADDRESS", "BOARD")
	t.Add("desk", "192.0.2.7:80", "esp32")
	t.Add("温度计", "", "\x1b[2Jrp2\nx\ty")
	return t
}

func TestPiped(t *testing.T) {
	var out bytes.Buffer
	if err := sample().Write(&out, true); err != nil {
		t.Fatal(err)
	}
	if want := "desk\t192.0.2.7:80\tesp32\n温度计\t\t^[[2Jrp2 x y\n"; out.String() != want {
		t.Errorf("piped = %q, want %q", out.String(), want)
	}
}

func TestAligned(t *testing.T) {
	want := "NAME    ADDRESS       BOARD\n" +
		"desk    192.0.2.7:80  esp32\n" +
		"温度计  -             ^[[2Jrp2 x y\n"
	if got := sample().aligned(80, false); got != want {
		t.Errorf("aligned =\n%s\nwant\n%s", got, want)
	}
}

func TestColourChangesNothingElse(t *testing.T) {
	plain, coloured := sample().aligned(80, false), sample().aligned(80, true)
	if coloured == plain || ansi.Strip(coloured) != plain {
		t.Errorf("coloured = %q, want %q with colour", coloured, plain)
	}
}

func TestCutToWidth(t *testing.T) {
	wide := New("A", "B")
	wide.Add(strings.Repeat("温", 40), strings.Repeat("b", 30))
	for _, width := range []int{10, 25, 60} {
		for line := range strings.Lines(wide.aligned(width, false)) {
			if w := ansi.StringWidth(strings.TrimSuffix(line, "\n")); w > width {
				t.Errorf("%q is %d wide, want %d at most", line, w, width)
			}
		}
	}
}

func TestWithoutRows(t *testing.T) {
	var out bytes.Buffer
	if err := New("A").Write(&out, true); err != nil || out.Len() != 0 {
		t.Errorf("an empty table wrote %q, %v", out.String(), err)
	}
}
