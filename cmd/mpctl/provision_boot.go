package main

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"mpctl/internal/identity"
)

// bootLines is how much of what a starting board prints is kept.
const bootLines = 40

// bootLog is the end of what a board prints while it starts.
type bootLog struct {
	mu    sync.Mutex
	lines []string
}

// add takes a line. It tells whether the firmware has ended with an exception: the prompt's banner after a
// traceback. One that is printed while the firmware goes on is no end.
func (l *bootLog) add(line string) (crashed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.lines = l.lines[max(0, len(l.lines)-bootLines):]
	return strings.HasPrefix(line, `Type "help()"`) && len(l.traceback()) > 0
}

// address is where the board said that it listens; the zero value if it has not.
func (l *bootLog) address() netip.AddrPort {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range slices.Backward(l.lines) {
		text, found := strings.CutPrefix(line, "Listening, connect your browser to http://")
		if !found {
			continue
		}
		text = strings.TrimSuffix(text, "/")
		if addr, err := netip.ParseAddr(text); err == nil {
			return netip.AddrPortFrom(addr, identity.DefaultPort)
		}
		addr, _ := netip.ParseAddrPort(text)
		return addr
	}
	return netip.AddrPort{}
}

// lastWord is what the firmware said last, empty if nothing.
func (l *bootLog) lastWord() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range slices.Backward(l.lines) {
		if text, found := strings.CutPrefix(line, "mpctl: "); found {
			return text
		}
	}
	return ""
}

// traceback is the last one printed; mu must be held.
func (l *bootLog) traceback() []string {
	for i := len(l.lines) - 1; i >= 0; i-- {
		if !strings.HasPrefix(l.lines[i], "Traceback (most recent call last)") {
			continue
		}
		end := i + 1
		for end < len(l.lines) && strings.HasPrefix(l.lines[end], " ") {
			end++
		}
		return l.lines[i:min(end+1, len(l.lines))] // the exception is the first line that is not indented
	}
	return nil
}

// exception is the last line of the last traceback, empty if there was none.
func (l *bootLog) exception() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.traceback(); len(t) > 1 {
		return t[len(t)-1]
	}
	return ""
}

// end is the last traceback, all of it.
func (l *bootLog) end() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.traceback()...)
}
