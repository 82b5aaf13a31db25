//go:build unix

// Package termtest is a terminal for tests. It understands what this program may send and reports all else.
package termtest

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/mattn/go-runewidth"
)

// Terminal is a terminal.
type Terminal struct {
	File          *os.File // for the program to write to
	columns, rows int
	master        *os.File

	mu       sync.Mutex
	screen   [][]rune // what is on it; 0 is the right half of a wide character
	scrolled []string
	row, col int
	wrap     bool // off while a frame is drawn
	faults   []string
	pending  []byte
}

// New returns a terminal for a test.
func New(t testing.TB, columns, rows int) *Terminal {
	t.Helper()
	master, file, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		t.Fatal(err)
	}
	term := &Terminal{File: file, master: master, columns: columns, rows: rows, wrap: true}
	for range rows {
		term.screen = append(term.screen, nil)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, err := master.Read(buf)
			term.write(buf[:n])
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		file.Close()
		<-done
		master.Close()
		for _, fault := range term.faults {
			t.Error("terminal: " + fault)
		}
		if !term.wrap {
			t.Error("terminal: lines are left not to wrap")
		}
	})
	return term
}

// Resize changes the size. Lines that no longer fit are wrapped, as terminals do it.
func (t *Terminal) Resize(test testing.TB, columns, rows int) {
	test.Helper()
	t.mu.Lock()
	defer t.mu.Unlock()
	var screen [][]rune
	cursor := t.row
	for i, line := range t.screen {
		if i == cursor {
			t.row = len(screen)
		}
		for len(line) > columns {
			screen = append(screen, line[:columns:columns])
			line = line[columns:]
		}
		screen = append(screen, line)
	}
	for len(screen) > rows { // from the end as long as that is empty, then from the beginning
		if len(screen[len(screen)-1]) == 0 && t.row < len(screen)-1 {
			screen = screen[:len(screen)-1]
			continue
		}
		t.scrolled = append(t.scrolled, strings.TrimRight(strings.ReplaceAll(string(screen[0]), "\x00", ""), " "))
		screen = screen[1:]
		t.row--
	}
	for len(screen) < rows {
		screen = append(screen, nil)
	}
	t.screen, t.columns, t.rows, t.col = screen, columns, rows, min(t.col, columns-1)
	if err := pty.Setsize(t.master, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)}); err != nil {
		test.Fatal(err)
	}
}

// Lines returns what is on the screen and above it, without the empty end.
func (t *Terminal) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := append([]string(nil), t.scrolled...)
	for _, row := range t.screen {
		lines = append(lines, strings.TrimRight(strings.ReplaceAll(string(row), "\x00", ""), " "))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// Await waits until the screen is as ok wants it.
func (t *Terminal) Await(test testing.TB, what string, ok func(lines []string) bool) []string {
	test.Helper()
	for begin := time.Now(); time.Since(begin) < 30*time.Second; time.Sleep(5 * time.Millisecond) {
		if lines := t.Lines(); ok(lines) {
			return lines
		}
	}
	test.Fatalf("never on the terminal: %s; it shows\n%s", what, strings.Join(t.Lines(), "\n"))
	return nil
}

// sequence is a control sequence as this program uses them.
var sequence = regexp.MustCompile(`^\x1b\[(\??)([0-9;]*)([A-Za-z])`)

func (t *Terminal) write(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p = append(t.pending, p...)
	for len(p) > 0 {
		if p[0] == '\x1b' {
			m := sequence.FindSubmatch(p)
			if m == nil && len(p) < 16 && !bytes.ContainsAny(p[1:], "\x1b\n") {
				break // the rest is to come
			}
			if m == nil {
				t.fault("escape in %q", p[:min(len(p), 40)])
				p = p[1:]
				continue
			}
			t.control(string(m[1]), string(m[2]), m[3][0])
			p = p[len(m[0]):]
			continue
		}
		if !utf8.FullRune(p) {
			break
		}
		r, size := utf8.DecodeRune(p)
		if r == utf8.RuneError && size == 1 {
			t.fault("byte %#x", p[0])
		}
		p = p[size:]
		t.put(r)
	}
	t.pending = append([]byte(nil), p...)
}

func (t *Terminal) control(private, args string, kind byte) {
	n, _ := strconv.Atoi(args)
	switch {
	case private == "" && kind == 'm':
	case private == "?" && n == 25:
	case private == "?" && n == 7:
		t.wrap = kind == 'h'
	case private == "" && kind == 'A':
		t.row = max(0, t.row-max(n, 1))
	case private == "" && kind == 'K' && n == 0:
		t.erase(t.row, t.col)
	case private == "" && kind == 'J' && n == 0:
		t.erase(t.row, t.col)
		for row := t.row + 1; row < t.rows; row++ {
			t.erase(row, 0)
		}
	default:
		t.fault("control sequence %s%s%c", private, args, kind)
	}
}

func (t *Terminal) erase(row, col int) { t.screen[row] = t.screen[row][:min(col, len(t.screen[row]))] }

func (t *Terminal) put(r rune) {
	switch {
	case r == '\r':
		t.col = 0
	case r == '\n':
		t.newline()
	case r < ' ' || r >= 0x7f && r < 0xa0:
		t.fault("control character %U", r)
	default:
		width := runewidth.RuneWidth(r)
		if width == 0 {
			return
		}
		if t.col+width > t.columns {
			t.fault("%q is beyond column %d of %q", r, t.columns, string(t.screen[t.row]))
			if !t.wrap {
				return
			}
			t.newline()
			t.col = 0
		}
		line := t.screen[t.row]
		for len(line) < t.col+width {
			line = append(line, ' ')
		}
		line[t.col] = r
		for i := 1; i < width; i++ {
			line[t.col+i] = 0
		}
		t.screen[t.row] = line
		t.col += width
	}
}

func (t *Terminal) newline() {
	if t.row < t.rows-1 {
		t.row++
		return
	}
	t.scrolled = append(t.scrolled, strings.TrimRight(strings.ReplaceAll(string(t.screen[0]), "\x00", ""), " "))
	t.screen = append(t.screen[1:], nil)
}

func (t *Terminal) fault(format string, args ...any) {
	if len(t.faults) < 20 {
		t.faults = append(t.faults, fmt.Sprintf(format, args...))
	}
}
