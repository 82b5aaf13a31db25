package console

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/google/go-cmp/cmp"

	"mpctl/internal/console/termsafe"
)

func sample() *Table {
	t := NewTable(Titles("NAME", "ADDRESS", "BOARD")...)
	t.Add("desk", "192.0.2.7:80", "esp32")
	t.Add("温度计", "", "\x1b[2Jrp2\nx\ty")
	return t
}

func TestPiped(t *testing.T) {
	c, out, _ := buffered()
	if err := c.Table(sample()); err != nil {
		t.Fatal(err)
	}
	if want := "desk\t192.0.2.7:80\tesp32\n温度计\t\t^[[2Jrp2 x y\n"; out.String() != want {
		t.Errorf("piped = %q, want %q", out.String(), want)
	}
}

func TestAligned(t *testing.T) {
	want := []string{
		"NAME    ADDRESS       BOARD",
		"desk    192.0.2.7:80  esp32",
		"温度计  -             ^[[2Jrp2 x y",
	}
	if diff := cmp.Diff(want, sample().Lines(80, false)); diff != "" {
		t.Error(diff)
	}
}

func TestColourChangesNothingElse(t *testing.T) {
	plain, coloured := sample().Lines(80, false), sample().Lines(80, true)
	for i := range coloured {
		if coloured[i] == plain[i] || ansi.Strip(coloured[i]) != plain[i] {
			t.Errorf("coloured = %q, want %q with colour", coloured[i], plain[i])
		}
	}
}

func TestMarks(t *testing.T) {
	marked := NewTable(Titles("", "NAME", "BOARD")...)
	marked.Add("+", "desk", "esp32")
	marked.Add("", "lamp", "")
	want := []string{"   NAME  BOARD", "+  desk  esp32", "   lamp  -"}
	if diff := cmp.Diff(want, marked.Lines(80, false)); diff != "" {
		t.Error(diff)
	}
}

func TestCutToWidth(t *testing.T) {
	hostile := []string{
		strings.Repeat("温", 40), strings.Repeat("b", 10_000), strings.Repeat("\u1100", 3000), strings.Repeat("e\u0301\u0323", 3000),
		"\x1b]52;c;cm0=\x07\x1b[5A\x1b[2J\rrm -rf", strings.Repeat("\u200b\u202e", 3000) + "x", "🇩🇪👍🏽👩‍👩‍👧", "a\nb\tc\x00",
	}
	table := NewTable(Titles("", "A", "B", "C")...)
	for _, s := range hostile {
		table.Add("+", s, s, s)
	}
	for width := range 90 {
		lines := table.Lines(width, false)
		if len(lines) != len(hostile)+1 {
			t.Fatalf("%d rows became %d lines", len(hostile), len(lines))
		}
		for _, line := range lines {
			if w := termsafe.Width(line); w > width || line != termsafe.Line(line) {
				t.Errorf("%q is %d wide, want %d at most, and nothing but text", line, w, width)
			}
		}
	}
}

func TestWhatIsCutFirst(t *testing.T) {
	table := NewTable(Titles("", "NAME", "ADDRESS", "FIRMWARE", "USB")...)
	table.Add("+", "mpy-a1b2c3", "192.168.100.100", "0.1.0", "/dev/ttyUSB0")
	for width, want := range map[int]string{
		58: "+  mpy-a1b2c3  192.168.100.100  0.1.0     /dev/ttyUSB0",
		54: "+  mpy-a1b2c3  192.168.100.100  0.1.0     /dev/ttyUSB0",
		51: "+  mpy-a1b2c3  192.168.100.100  0.1.0  /dev/ttyUSB0",
		45: "+  mpy-a1b2c3  192.168.100.100  0.1.0  /dev/…",
		37: "+  mpy-a1b2c3  192.168.1…  0.1…  /de…",
	} {
		if got := table.Lines(width, false)[1]; got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}

func TestWithoutRows(t *testing.T) {
	c, out, _ := buffered()
	if err := c.Table(NewTable(Titles("A")...)); err != nil || out.Len() != 0 {
		t.Errorf("an empty table wrote %q, %v", out.String(), err)
	}
}

func TestColumnsAreLeftOut(t *testing.T) {
	table := NewTable(Column{Title: "NAME"}, Column{Title: "LEVEL", LeftOut: 2}, Column{Title: "MEAN", LeftOut: 1}, Column{Title: "STATE"})
	table.Add("desk", "#####", "1500", "live")
	for width, want := range map[int]string{
		40: "desk  #####  1500  live",
		22: "desk  1500  live",
		12: "desk  live",
		5:  "desk",
	} {
		if got := table.Lines(width, false)[1]; got != want {
			t.Errorf("%d columns: %q, want %q", width, got, want)
		}
	}
}
