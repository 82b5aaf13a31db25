package serialio

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"path"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeBoard speaks the REPL's protocol as MicroPython's shared/runtime/pyexec.c does, and carries out this package's
// calls on a file system in memory. It records what would overrun a real board.
type fakeBoard struct {
	mu      sync.Mutex
	out     []byte
	arrived chan struct{} // has a token when out is not empty
	timeout time.Duration
	sent    int // bytes that the host has written

	window  int    // of raw-paste mode; 0: older than 1.14
	banner  string // printed before the raw prompt; the usual one if empty
	state   fakeState
	line    []byte
	credit  int
	pending int // raw-paste: bytes taken since the last credit

	onInterrupt func(n int) string // returns the answer to the nth ctrlC, empty for the usual one
	interrupts  int
	run         func(code string) (out, traceback string, ok bool) // runs code that is not this package's own
	alter       func(path string, data []byte) []byte              // returns what the flash makes of data
	beforeCall  func(call string) (traceback string)               // or restarted, or garbled
	resets      int                                                // soft resets that were made
	ignores     int                                                // soft resets that are yet to be ignored
	chatters    bool                                               // until a soft reset, something prints into every answer
	helped      bool                                               // the helpers are in memory

	files      map[string][]byte
	dirs       map[string]bool
	swapped    []string
	violations []string
	scripts    []string
}

type fakeState int

const (
	friendly fakeState = iota
	program            // main.py runs: the board takes nothing but ctrlC
	raw
	probing1 // raw, after 05
	probing2 // raw, after 05 A
	pasting
	aborted // pasting code that does not compile
	deaf    // a device without MicroPython
	looping // code from the raw prompt runs until it is interrupted
)

// Outputs of code that are not printed.
const (
	forever   = "\x00forever" // the code does not end
	restarted = "\x00restart" // the board restarts while the code runs
	garbled   = "\x00garbled" // the line alters the answer
)

func newFakeBoard(window int) *fakeBoard {
	return &fakeBoard{window: window, arrived: make(chan struct{}, 1), files: map[string][]byte{}, dirs: map[string]bool{"/": true}}
}

func (b *fakeBoard) SetReadTimeout(d time.Duration) error { b.timeout = d; return nil }

func (b *fakeBoard) Read(p []byte) (int, error) {
	timer := time.NewTimer(b.timeout)
	defer timer.Stop()
	select {
	case <-b.arrived:
	case <-timer.C:
		return 0, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n := copy(p, b.out)
	b.out = b.out[n:]
	if len(b.out) > 0 {
		b.signal()
	}
	return n, nil
}

func (b *fakeBoard) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent += len(p)
	if b.window == 0 && len(p) > 256 {
		b.violations = append(b.violations, fmt.Sprintf("%d bytes at once", len(p)))
	}
	for _, c := range p {
		b.take(c)
	}
	return len(p), nil
}

func (b *fakeBoard) say(s string) { b.out = append(b.out, s...); b.signal() }

func (b *fakeBoard) signal() {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}

func (b *fakeBoard) rawPrompt() {
	b.state, b.line = raw, nil
	if b.banner != "" {
		b.say(b.banner)
		return
	}
	b.say("raw REPL; CTRL-B to exit\r\n>")
}

func (b *fakeBoard) take(c byte) {
	if c == 3 && b.onInterrupt != nil {
		b.interrupts++
		if text := b.onInterrupt(b.interrupts); text != "" {
			b.say(text)
			return
		}
	}
	switch b.state {
	case program:
		if c == 3 {
			b.state = friendly
			b.say("Traceback (most recent call last):\r\nKeyboardInterrupt: \r\nMicroPython v1.12 on 2026-01-01; fake\r\nType \"help()\" for more information.\r\n>>> ")
		}
	case friendly:
		switch c {
		case 1:
			b.say("\r\n")
			b.rawPrompt()
		case 3, '\r':
			b.say("\r\n>>> ")
		}
	case raw:
		b.takeRaw(c)
	case probing1:
		b.state = raw
		if b.line = append(b.line, c); c == 'A' && b.window > 0 {
			b.state = probing2
		}
	case probing2:
		b.state, b.line = raw, nil
		if c == 1 {
			b.state, b.credit, b.pending = pasting, 2*b.window, 0
			b.say("R\x01" + string([]byte{byte(b.window), byte(b.window >> 8)}) + "\x01")
		}
	case pasting:
		b.takePaste(c)
	case aborted:
		if c == 3 || c == 4 {
			b.state = raw
			b.say("\x04Traceback (most recent call last):\r\n  File \"<stdin>\", line 1\r\nSyntaxError: invalid syntax\r\n\x04>")
		}
	case looping:
		if c == 3 {
			b.state, b.line = raw, nil
			b.say("\x04Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n\x04>")
		}
	}
}

func (b *fakeBoard) takeRaw(c byte) {
	switch c {
	case 1:
		b.rawPrompt()
	case 2:
		b.state, b.line = friendly, nil
		b.say("\r\nMicroPython v1.12 on 2026-01-01; fake\r\nType \"help()\" for more information.\r\n>>> ")
	case 3:
		b.line = nil
	case 4:
		code := string(bytes.TrimLeft(b.line, "\r"))
		b.line = nil
		if code == "" {
			if b.ignores > 0 {
				b.ignores--
				b.say("OK\r\n\x04\x04>")
				return
			}
			b.resets++
			b.helped, b.chatters = false, false
			b.say("OK\r\nmpython: soft reboot\r\n=$%#==$%#=\r\n")
			b.rawPrompt()
			return
		}
		if len(code) > scriptPlain {
			b.violations = append(b.violations, fmt.Sprintf("a script of %d bytes", len(code)))
		}
		b.say("OK")
		b.execute(code)
	case 5:
		b.line = append(b.line, c)
		if len(b.line) == 1 {
			b.state = probing1
		}
	default:
		b.line = append(b.line, c)
	}
}

func (b *fakeBoard) takePaste(c byte) {
	if c == 4 {
		code := string(b.line)
		b.line, b.state = nil, raw
		b.say("\x04")
		b.execute(code)
		return
	}
	if c == 3 {
		b.line, b.state = nil, raw
		b.say("\x04\x04Traceback (most recent call last):\r\nKeyboardInterrupt: \r\n\x04>")
		return
	}
	if b.credit--; b.credit < 0 {
		b.violations = append(b.violations, "more than the credit")
	}
	b.line = append(b.line, c)
	if strings.HasPrefix(string(b.line), "syntax error") {
		b.line, b.state = nil, aborted
		b.say("\x04")
		return
	}
	if b.pending++; b.pending == b.window {
		b.pending = 0
		b.credit += b.window
		b.say("\x01")
	}
}

func (b *fakeBoard) execute(code string) {
	b.scripts = append(b.scripts, code)
	out, traceback := b.python(code)
	if out == forever {
		b.state = looping
		b.say("still here\r\n")
		return
	}
	if out == restarted {
		b.state, b.helped = friendly, false
		b.say("rst:0x8 (TG1WDT_SYS_RESET)\r\nMicroPython v1.12 on 2026-01-01; fake\r\nType \"help()\" for more information.\r\n>>> ")
		return
	}
	b.say(strings.ReplaceAll(out, "\n", "\r\n") + "\x04" + strings.ReplaceAll(traceback, "\n", "\r\n") + "\x04>")
}

var (
	echoCode = regexp.MustCompile(`^print\('mp'\+'([A-Z0-9]+)'\)$`)
	callCode = regexp.MustCompile(`(?s)^_m_call\((\d+),(\d+),(b'.*'),'([A-Z0-9]{12})'\)$`)
	function = regexp.MustCompile(`^(\w+)\((.*)\)$`)
)

func (b *fakeBoard) python(code string) (out, traceback string) {
	if m := echoCode.FindStringSubmatch(code); m != nil {
		return "mp" + m[1] + "\n", ""
	}
	if _, after, found := strings.Cut(code, "exec(_m_s)\n"); found { // the first piece of the helpers
		code, b.helped = after, true
	}
	if code == "" || b.helped && strings.HasPrefix(code, "_m_load(") {
		return "", ""
	}
	if m := callCode.FindStringSubmatch(code); m != nil && b.helped {
		value, traceback := b.call(m[1], m[2], m[3])
		switch {
		case traceback == restarted:
			return restarted, ""
		case traceback == garbled || b.chatters:
			return "tick\n", ""
		case traceback != "":
			return "", traceback
		}
		text, _ := json.Marshal(value)
		return fmt.Sprintf("noise from a timer\n%s %d %s %s\n", m[4], crc32.ChecksumIEEE(text), text, m[4]), ""
	}
	if b.run != nil {
		if out, traceback, ok := b.run(code); ok {
			return out, traceback
		}
	}
	return "", "Traceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\nNameError: name not defined\n"
}

func (b *fakeBoard) call(crc, window, literal string) (value any, traceback string) {
	payload, _ := pyBytes(literal)
	if fmt.Sprint(crc32.ChecksumIEEE(payload)) != crc {
		return nil, "Traceback (most recent call last):\nValueError: altered on the line\n"
	}
	if window != "0" {
		var err error
		if payload, err = io.ReadAll(flate.NewReader(bytes.NewReader(payload))); err != nil {
			return nil, "Traceback (most recent call last):\nValueError: -3\n"
		}
		if bits, _ := strconv.Atoi(window); len(payload) > 1<<bits || bits > 13 {
			b.violations = append(b.violations, fmt.Sprintf("%d bytes in a window of %s bits", len(payload), window))
		}
	}
	code, data, _ := bytes.Cut(payload, []byte{'\n'})
	if b.beforeCall != nil {
		if traceback := b.beforeCall(string(code)); traceback != "" {
			return nil, traceback
		}
	}
	if string(code) == "_m_inflate is not None" {
		return true, ""
	}
	m := function.FindStringSubmatch(string(code))
	if m == nil {
		return nil, "Traceback (most recent call last):\nSyntaxError: " + string(code) + "\n"
	}
	args := (&pyParser{m[2]}).items()
	switch m[1] {
	case "_m_board":
		return map[string]any{"implementation": "micropython", "version": "1.12.0", "platform": "esp32", "machine": "mpython with ESP32",
			"id": "a0b1c2d3e4f5", "heap_free": 90000, "flash_free": 1 << 20, "inflate": true, "sha256": true,
			"wifi": true, "folders": true}, ""
	case "_m_stat":
		return b.states(args), ""
	case "_m_digest":
		var all []byte
		for _, state := range b.states(args) {
			text := "null"
			if pair, ok := state.([]any); ok {
				text = fmt.Sprintf("[%d, %q]", pair...)
			}
			all = append(all, text+","...)
		}
		return fmt.Sprintf("%x", sha256.Sum256(all)), ""
	case "_m_read":
		data := b.files[args[0].(string)][args[1].(int):]
		return base64.StdEncoding.EncodeToString(data[:min(len(data), args[2].(int))]) + "\n", ""
	case "_m_put":
		return b.put(args[0].([]any), data)
	case "_m_mkdir":
		for _, p := range args[0].([]any) {
			if !b.dirs[path.Dir(p.(string))] {
				return nil, "OSError: 2\n"
			}
			b.dirs[p.(string)] = true
		}
	case "_m_rm":
		for _, p := range args[0].([]any) {
			delete(b.files, p.(string)+args[1].(string))
		}
	case "_m_begin":
		if code, ok := b.files[journalPath]; ok && !strings.HasPrefix(string(code), journalMark) {
			return false, ""
		}
		for _, d := range args[1].([]any) {
			for p := range b.files {
				if path.Dir(p) == d.(string) && strings.HasSuffix(p, ".new") {
					delete(b.files, p)
				}
			}
		}
		return true, ""
	case "_m_keep":
		p := args[0].(string)
		b.files[p+".bak"] = b.files[p]
		return p + ".bak", ""
	case "_m_place":
		b.place(args[0].(string))
		return true, ""
	case "_m_commit":
		b.files[journalPath] = b.files[journalPath+".new"]
		delete(b.files, journalPath+".new")
	case "_m_run":
		m := regexp.MustCompile(`FILES=\[(.*)\]`).FindSubmatch(b.files[journalPath])
		for p := range strings.SplitSeq(strings.TrimSuffix(string(m[1]), ","), ",") {
			b.place(strings.Trim(p, "'"))
		}
		delete(b.files, journalPath)
	}
	return "", ""
}

func (b *fakeBoard) place(p string) {
	b.files[p] = b.files[p+".new"]
	delete(b.files, p+".new")
	b.swapped = append(b.swapped, p)
}

// states returns what _m_stat returns.
func (b *fakeBoard) states(args []any) []any {
	states := []any{}
	for _, p := range args[0].([]any) {
		data, ok := b.files[p.(string)+args[1].(string)]
		if !ok {
			states = append(states, nil)
			continue
		}
		states = append(states, []any{len(data), fmt.Sprintf("%x", sha256.Sum256(data))})
	}
	return states
}

func (b *fakeBoard) put(spans []any, data []byte) (any, string) {
	for _, s := range spans {
		p, at, n := s.([]any)[0].(string), s.([]any)[1].(int), s.([]any)[2].(int)
		if !b.dirs[path.Dir(p)] {
			return nil, "OSError: [Errno 2] ENOENT\n"
		}
		if at == 0 {
			b.files[p] = nil
		}
		piece := data[:n]
		data = data[n:]
		if b.alter != nil {
			piece = b.alter(p, piece)
		}
		if len(b.files[p]) == at {
			b.files[p] = append(b.files[p], piece...)
		}
	}
	return nil, ""
}

// pyParser parses the Python that this package writes for a call.
type pyParser struct{ s string }

func (p *pyParser) items() (items []any) {
	for p.s != "" && p.s[0] != ']' && p.s[0] != ')' {
		items = append(items, p.item())
		p.s = strings.TrimPrefix(p.s, ",")
	}
	if p.s != "" {
		p.s = p.s[1:]
	}
	return items
}

func (p *pyParser) item() any {
	switch {
	case p.s[0] == '[' || p.s[0] == '(':
		p.s = p.s[1:]
		return p.items()
	case p.s[0] == '\'':
		value, rest := pyBytes("b" + p.s)
		p.s = rest
		return string(value)
	case strings.HasPrefix(p.s, "b'"):
		value, rest := pyBytes(p.s)
		p.s = strings.TrimPrefix(rest, ".decode()")
		return string(value)
	}
	n := 0
	for p.s != "" && p.s[0] >= '0' && p.s[0] <= '9' {
		n, p.s = n*10+int(p.s[0]-'0'), p.s[1:]
	}
	return n
}

// pyBytes parses a bytes literal as MicroPython's py/lexer.c does, with the escapes for n, r, quotes and octal numbers.
func pyBytes(s string) (value []byte, rest string) {
	s = s[2:]
	for s[0] != '\'' {
		c := s[0]
		s = s[1:]
		if c != '\\' {
			value = append(value, c)
			continue
		}
		c, s = s[0], s[1:]
		switch {
		case c == 'n':
			value = append(value, '\n')
		case c == 'r':
			value = append(value, '\r')
		case c >= '0' && c <= '7':
			n := c - '0'
			for digits := 1; digits < 3 && s[0] >= '0' && s[0] <= '7'; digits++ {
				n, s = n<<3|(s[0]-'0'), s[1:]
			}
			value = append(value, n)
		default:
			value = append(value, c)
		}
	}
	return value, s[1:]
}

func (b *fakeBoard) check(t *testing.T) {
	t.Helper()
	for _, v := range b.violations {
		t.Errorf("would overrun a board: %s", v)
	}
}
