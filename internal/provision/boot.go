package provision

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"mpctl/internal/identity"
)

// maxBootLines is how much of a starting board's output is kept.
const maxBootLines = 40

// bootLog is the end of a starting board's output.
type bootLog struct {
	mu    sync.Mutex
	lines []string
}

// add takes a line. It reports whether the firmware has ended with an exception: the prompt's banner after a traceback.
// A firmware that prints a traceback and goes on has not ended.
func (l *bootLog) add(line string) (crashed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.lines = l.lines[max(0, len(l.lines)-maxBootLines):]
	return strings.HasPrefix(line, `Type "help()"`) && len(l.lastTraceback()) > 0
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

// lastMessage is the last line that the firmware printed under its name, empty if there is none.
func (l *bootLog) lastMessage() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range slices.Backward(l.lines) {
		if text, found := strings.CutPrefix(line, "mpctl: "); found {
			return text
		}
	}
	return ""
}

// traceback is the last traceback, of which the last line is the exception; empty if there is none.
func (l *bootLog) traceback() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.lastTraceback())
}

// lastTraceback is traceback for those that hold mu.
func (l *bootLog) lastTraceback() []string {
	for i := len(l.lines) - 1; i >= 0; i-- {
		if !strings.HasPrefix(l.lines[i], "Traceback (most recent call last)") {
			continue
		}
		end := i + 1
		for end < len(l.lines) && strings.HasPrefix(l.lines[end], " ") {
			end++
		}
		return l.lines[i:min(end+1, len(l.lines))] // The exception is the first line that is not indented.
	}
	return nil
}
