package httpclient

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

const maxEvent = 64 << 10 // bytes of an event, including the comments before it

var errLongEvent = errors.New("an event is longer than 64 KB")

// event is a server-sent event: data, a retry time, or both.
type event struct {
	data  string
	retry time.Duration // pause before reconnecting that the server asks for; 0 if it asks for none
}

// eventReader parses a text/event-stream (HTML standard, 9.2.6).
type eventReader struct {
	r       *bufio.Reader
	started bool
	afterCR bool // the last line ended with CR: an LF that follows belongs to it
}

func newEventReader(r io.Reader) *eventReader { return &eventReader{r: bufio.NewReader(r)} }

// next returns the next event. It skips comments, which servers send as heartbeats, and an event that the end of the
// stream truncates. It returns io.EOF at the end of the stream, and errLongEvent for an event longer than maxEvent.
func (e *eventReader) next() (event, error) {
	var got event
	var data strings.Builder
	left := maxEvent
	for {
		line, err := e.line(&left)
		if err != nil {
			return event{}, err
		}
		if line == "" {
			if got.data = strings.TrimSuffix(data.String(), "\n"); got != (event{}) {
				return got, nil
			}
			data.Reset()
			left = maxEvent
			continue
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch field {
		case "data":
			data.WriteString(value + "\n")
		case "retry":
			if ms, err := strconv.ParseUint(value, 10, 31); err == nil {
				got.retry = time.Duration(ms) * time.Millisecond
			}
		}
	}
}

// line returns the next line without its end, which is LF, CR or both, and subtracts its length from left.
func (e *eventReader) line(left *int) (string, error) {
	var line []byte
	for {
		c, err := e.r.ReadByte()
		if err != nil {
			return "", err
		}
		if *left--; *left < 0 {
			return "", errLongEvent
		}
		afterCR := e.afterCR
		if e.afterCR = c == '\r'; afterCR && c == '\n' {
			continue
		}
		if c != '\n' && c != '\r' {
			line = append(line, c)
			continue
		}
		text := string(line)
		if !e.started {
			e.started = true
			text = strings.TrimPrefix(text, "\ufeff")
		}
		return text, nil
	}
}
