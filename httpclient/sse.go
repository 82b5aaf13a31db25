package httpclient

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

const maxEvent = 64 << 10 // bytes of one event, comments before it included

var errLongEvent = errors.New("an event is longer than 64 KB")

// event is a server-sent event. retry is how long the server wants a client to wait before it comes back, 0 if it
// has not said; an event without data is nothing but that.
type event struct {
	data  string
	retry time.Duration
}

// events takes a text/event-stream apart, as the HTML standard has it (9.2.6).
type events struct {
	r       *bufio.Reader
	started bool
	cr      bool // the last line ended with CR: an LF that follows belongs to it
}

func newEvents(r io.Reader) *events { return &events{r: bufio.NewReader(r)} }

// next returns the next event. Passed over are comments, by which a server shows that it is there, and an event that
// the end of the stream cuts short.
func (e *events) next() (event, error) {
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

// line returns the next line without its end, which is LF, CR or both, and takes its length from left.
func (e *events) line(left *int) (string, error) {
	var line []byte
	for {
		c, err := e.r.ReadByte()
		if err != nil {
			return "", err
		}
		if *left--; *left < 0 {
			return "", errLongEvent
		}
		after := e.cr
		if e.cr = c == '\r'; after && c == '\n' {
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
