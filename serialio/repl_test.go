package serialio

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// dialects are raw-paste windows by name: none before MicroPython 1.14, the usual one, and the smallest.
var dialects = map[string]int{"plain": 0, "paste": 128, "paste with a small window": 32}

func eachDialect(t *testing.T, test func(t *testing.T, b *fakeBoard)) {
	for name, window := range dialects {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFakeBoard(window)
			test(t, b)
			b.check(t)
		})
	}
}

func enter(t *testing.T, b *fakeBoard) *REPL {
	t.Helper()
	r, err := Enter(t.Context(), b)
	if err != nil {
		t.Fatalf("Enter: %v", err)
	}
	return r
}

func prints(text string) func(string) (string, string, bool) {
	return func(string) (string, string, bool) { return text, "", true }
}

func TestEnter(t *testing.T) {
	noise := func(text string, times int) func(int) string {
		return func(n int) string {
			if n <= times {
				return text
			}
			return ""
		}
	}
	for name, prepare := range map[string]func(*fakeBoard){
		"friendly prompt": func(*fakeBoard) {},
		"already raw":     func(b *fakeBoard) { b.state = raw },
		"program running": func(b *fakeBoard) { b.state = program },
		"program that is slow to stop": func(b *fakeBoard) {
			b.state = program
			b.onInterrupt = noise("stopping\r\n", 3)
		},
		"resetting": func(b *fakeBoard) {
			b.state = program
			b.onInterrupt = noise("ets Jun  8 2016 00:22:57\r\nrst:0x1 (POWERON_RESET)\r\n\xff\xfe=$%#==$%#=\r\n", 1)
		},
		"left in a paste": func(b *fakeBoard) {
			if b.window > 0 {
				b.state, b.credit = pasting, b.window
			}
		},
		"left in a half-sent line": func(b *fakeBoard) { b.state, b.line = raw, []byte("print(") },
		"W600":                     func(b *fakeBoard) { b.banner = "raw REPL; CTRL-B to exit\r\r\n>" },
	} {
		t.Run(name, func(t *testing.T) {
			eachDialect(t, func(t *testing.T, b *fakeBoard) {
				prepare(b)
				r := enter(t, b)
				b.run = prints("2\n")
				if out, err := r.Exec(t.Context(), "print(1+1)"); err != nil || string(out) != "2\n" {
					t.Fatalf("Exec = %q, %v", out, err)
				}
				r.Leave()
				if b.state != friendly {
					t.Fatal("Leave did not leave the board at its friendly prompt")
				}
			})
		})
	}
}

func TestNoREPL(t *testing.T) {
	for name, tt := range map[string]struct{ says, want string }{
		"silent":     {"", "silent"},
		"bootloader": {"waiting for download\r\n", "bootloader"},
		"boot loop":  {"rst:0x10 (RTCWDT_RTC_RESET)\r\n", "again and again"},
		"other":      {"AT+GMR ERROR\r\n", "AT+GMR ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFakeBoard(0)
			b.state = deaf
			if tt.says != "" {
				b.onInterrupt = func(int) string { return tt.says }
			}
			r := &REPL{link: b, in: input{link: b}}
			err := r.sync(t.Context(), 900*time.Millisecond)
			var noREPL *NoREPLError
			if !errors.As(err, &noREPL) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("sync = %v, want a NoREPLError with %q", err, tt.want)
			}
		})
	}
}

func TestEnterCancelled(t *testing.T) {
	b := newFakeBoard(0)
	b.state = program
	ctx, cancel := context.WithCancel(t.Context())
	b.onInterrupt = func(n int) string {
		if n == 1 {
			cancel()
		}
		return ""
	}
	if _, err := Enter(ctx, b); !errors.Is(err, context.Canceled) {
		t.Fatalf("Enter = %v, want context.Canceled", err)
	}
	if b.state != friendly {
		t.Fatal("the board was not left at its friendly prompt")
	}
}

func TestExec(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r := enter(t, b)
		long := "x = '" + strings.Repeat("0123456789", 100) + "'\nprint(x)"
		b.run = func(code string) (string, string, bool) {
			if code == long {
				return "one\ntwo\nthree", "", true
			}
			return "before\n", "Traceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\nOSError: 19\n", true
		}
		var lines []string
		if err := r.ExecLines(t.Context(), long, func(line string) { lines = append(lines, line) }); err != nil {
			t.Fatal(err)
		}
		if want := []string{"one", "two", "three"}; !slices.Equal(lines, want) {
			t.Fatalf("lines = %q, want %q", lines, want)
		}
		out, err := r.Exec(t.Context(), "fail()")
		var exec *ExecError
		if !errors.As(err, &exec) || exec.Error() != "the board raised OSError: 19" || string(out) != "before\n" {
			t.Fatalf("Exec = %q, %v", out, err)
		}
		if !strings.HasPrefix(exec.Traceback, "Traceback (most recent call last):\n") || strings.Contains(exec.Traceback, "\r") {
			t.Fatalf("traceback = %q", exec.Traceback)
		}
		if _, err := r.Exec(t.Context(), "x\x04"); err == nil {
			t.Fatal("code with a control byte was sent")
		}
	})
}

func TestExecCompileErrorWhileSending(t *testing.T) {
	b := newFakeBoard(32)
	r := enter(t, b)
	_, err := r.Exec(t.Context(), "syntax error "+strings.Repeat("x", 1000))
	var exec *ExecError
	if !errors.As(err, &exec) || exec.Error() != "the board raised SyntaxError: invalid syntax" {
		t.Fatalf("Exec = %v", err)
	}
	b.run = prints("fine\n")
	if out, err := r.Exec(t.Context(), "print('fine')"); err != nil || string(out) != "fine\n" {
		t.Fatalf("next Exec = %q, %v", out, err)
	}
	b.check(t)
}

func TestExecCancelled(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r := enter(t, b)
		ctx, cancel := context.WithCancel(t.Context())
		b.run = prints(forever)
		err := r.ExecLines(ctx, "while True: pass", func(string) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("ExecLines = %v, want context.Canceled", err)
		}
		b.run = prints("fine\n")
		if out, err := r.Exec(t.Context(), "print('fine')"); err != nil || string(out) != "fine\n" {
			t.Fatalf("next Exec = %q, %v", out, err)
		}
	})
}

func TestExecTimeout(t *testing.T) {
	b := newFakeBoard(128)
	r := enter(t, b)
	b.run = prints(forever)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := r.Exec(ctx, "while True: pass")
	var timeout *TimeoutError
	if !errors.As(err, &timeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Exec = %v, want a TimeoutError", err)
	}
}

func TestExecOutputBounded(t *testing.T) {
	b := newFakeBoard(128)
	r := enter(t, b)
	b.run = prints(strings.Repeat("x", maxOutput+1))
	out, err := r.Exec(t.Context(), "print('x'*2000000)")
	var output *OutputError
	if !errors.As(err, &output) || len(out) > maxOutput {
		t.Fatalf("Exec = %d bytes, %v", len(out), err)
	}
}

func TestExecRestart(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r := enter(t, b)
		b.run = prints(restarted)
		_, err := r.Exec(t.Context(), "spin()")
		var restart *RestartedError
		if !errors.As(err, &restart) {
			t.Fatalf("Exec = %v, want a RestartedError", err)
		}
	})
}

func TestSoftReset(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r := enter(t, b)
		if _, err := Probe(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if err := r.SoftReset(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := len(b.scripts)
		if _, err := Probe(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(b.scripts[before:], func(code string) bool { return strings.HasPrefix(code, loader()[:20]) }) {
			t.Fatal("the helpers were not sent again to a board that has lost them")
		}
	})
}

func TestReset(t *testing.T) {
	eachDialect(t, func(t *testing.T, b *fakeBoard) {
		r := enter(t, b)
		b.run = prints("boot...\nTraceback (most recent call last):\nImportError: no module named 'mpctl'\n")
		if err := r.Reset(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var lines []string
		err := r.Lines(ctx, func(line string) {
			if lines = append(lines, line); strings.HasPrefix(line, "ImportError") {
				cancel()
			}
		})
		if err != nil || !slices.Contains(lines, "boot...") || !slices.Contains(lines, "ImportError: no module named 'mpctl'") {
			t.Fatalf("Lines = %q, %v", lines, err)
		}
	})
}

// canned is a link that delivers fixed bytes, and then an error.
type canned struct{ data []byte }

func (l *canned) SetReadTimeout(time.Duration) error { return nil }
func (l *canned) Write(p []byte) (int, error)        { return len(p), nil }
func (l *canned) Read(p []byte) (int, error) {
	if len(l.data) == 0 {
		return 0, &GoneError{"fuzz", io.EOF}
	}
	n := copy(p, l.data)
	l.data = l.data[n:]
	return n, nil
}

func FuzzBoardOutput(f *testing.F) {
	f.Add([]byte("OK42\r\n\x04\x04>"))
	f.Add([]byte("raw REPL; CTRL-B to exit\r\n>OK\x04Traceback\r\nOSError: 28\r\n\x04>"))
	f.Add([]byte("R\x01\x80\x00\x01\x04\x04\x04>R\x01\x80\x00\x01\x04AAAA -1 [[1, \"00\"], null] AAAA\r\n\x04\x04>"))
	f.Add([]byte("R\x01\x00\x00"))
	f.Add([]byte("ets Jun  8 2016\r\nrst:0x1 (POWERON_RESET)\r\n=$%#=\r\n>>> "))
	f.Fuzz(func(t *testing.T, data []byte) {
		link := &canned{data}
		r := &REPL{link: link, in: input{link: link}}
		out, err := r.Exec(t.Context(), "print(42)")
		if len(out) > len(data) {
			t.Fatalf("%d bytes of output from %d", len(out), len(data))
		}
		if err == nil && r.dialect == unknown {
			t.Fatal("success without a dialect")
		}
		var states []*state
		if decode(data, "AAAA", &states) == nil {
			for _, s := range states {
				if s != nil && s.Size < 0 {
					t.Fatalf("a file of %d bytes", s.Size)
				}
			}
		}
	})
}

func TestLineSplitter(t *testing.T) {
	var got []string
	var lines lineSplitter
	line := func(s string) { got = append(got, s) }
	for _, chunk := range []string{"a", "b\r", "\nc\n\n", strings.Repeat("x", maxLine+1), "y"} {
		lines.write([]byte(chunk), line)
	}
	lines.flush(line)
	want := []string{"ab", "c", "", strings.Repeat("x", maxLine), "xy"}
	if !slices.Equal(got, want) {
		t.Fatalf("lines = %.40q, want %.40q", fmt.Sprint(got), fmt.Sprint(want))
	}
}
