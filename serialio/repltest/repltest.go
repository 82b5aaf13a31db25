// Package repltest records the dialogue of a program and a board, and plays the board's part again in a test:
//
//	link := repltest.Record(conn, file) // once, with a board
//
//	board, err := repltest.Play(text)   // in the test
//	…                                   // the same calls on board as on link
//	err = board.Close()                 // was everything said?
//
// A recording is text. Each line has a direction, > to the board or < from it, and a Go string. Successive lines of one
// direction are one piece, and it has no meaning where they are cut. Package serialio's random marks, twelve capitals
// and digits in quotes, are recorded as the word nonce in angle quotes; they may differ in every play.
package repltest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"mpctl/serialio"
)

const (
	toBoard   = '>'
	fromBoard = '<'

	// nonce stands for a random mark of nonceLength bytes.
	nonce       = "‹nonce›"
	nonceLength = 12
)

var mark = regexp.MustCompile(`'([A-Z2-7]{12})'`)

// Recorder is a link that records what passes through it.
type Recorder struct {
	serialio.Link
	w         io.Writer
	direction byte
	piece     []byte // bytes in this direction since the last change of direction
	nonce     string // the latest one
	err       error
}

// Record returns a link like link that writes the dialogue to w. Call Close to complete the recording.
func Record(link serialio.Link, w io.Writer) *Recorder { return &Recorder{Link: link, w: w} }

func (r *Recorder) Read(p []byte) (int, error) {
	n, err := r.Link.Read(p)
	r.add(fromBoard, p[:n])
	return n, err
}

func (r *Recorder) Write(p []byte) (int, error) {
	n, err := r.Link.Write(p)
	r.add(toBoard, p[:n])
	return n, err
}

// Close completes the recording and leaves the link open. It returns the first error of the writer.
func (r *Recorder) Close() error {
	r.flush()
	return r.err
}

func (r *Recorder) add(direction byte, data []byte) {
	if len(data) == 0 {
		return
	}
	if direction != r.direction {
		r.flush()
	}
	r.direction, r.piece = direction, append(r.piece, data...)
}

func (r *Recorder) flush() {
	text := string(r.piece)
	if found := mark.FindStringSubmatch(text); found != nil && r.direction == toBoard {
		r.nonce = found[1]
	}
	if r.nonce != "" {
		text = strings.ReplaceAll(text, r.nonce, nonce)
	}
	for line := range strings.Lines(text) {
		if _, err := fmt.Fprintf(r.w, "%c %q\n", r.direction, line); err != nil && r.err == nil {
			r.err = err
		}
	}
	r.piece = nil
}

// Player is a link to a board that answers as it did in the recording, and accepts only the input in the recording.
type Player struct {
	pieces  []piece
	nonce   string
	timeout time.Duration
	err     error
}

type piece struct {
	direction byte
	text      string
}

// Play returns a board that plays a recording. The error is that of a line that is not in the format of a recording.
func Play(recording string) (*Player, error) {
	p := &Player{}
	lines := bufio.NewScanner(strings.NewReader(recording))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if len(line) < 3 || line[0] != toBoard && line[0] != fromBoard || line[1] != ' ' {
			return nil, fmt.Errorf("a line of the recording is %q", line)
		}
		text, err := strconv.Unquote(line[2:])
		if err != nil {
			return nil, fmt.Errorf("a line of the recording is %q: %w", line, err)
		}
		if last := len(p.pieces) - 1; last >= 0 && p.pieces[last].direction == line[0] {
			p.pieces[last].text += text
		} else {
			p.pieces = append(p.pieces, piece{line[0], text})
		}
	}
	return p, lines.Err()
}

// SetReadTimeout sets how long Read waits when it is not the board's turn.
func (p *Player) SetReadTimeout(d time.Duration) error {
	p.timeout = d
	return nil
}

// Read returns the board's next output, after it has had all the input before that in the recording.
func (p *Player) Read(buf []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if len(p.pieces) == 0 || p.pieces[0].direction != fromBoard {
		time.Sleep(p.timeout)
		return 0, nil
	}
	output := &p.pieces[0]
	output.text = strings.ReplaceAll(output.text, nonce, p.nonce)
	n := copy(buf, output.text)
	p.take(n)
	return n, nil
}

// Write sends input to the board. Input that is not in the recording is an error of this and all later calls.
func (p *Player) Write(data []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	for rest := data; len(rest) > 0; {
		if len(p.pieces) == 0 || p.pieces[0].direction != toBoard {
			return 0, p.fail(rest)
		}
		// A mark may arrive in two parts.
		if text := p.pieces[0].text; strings.HasPrefix(text, nonce) {
			n := min(nonceLength-len(p.nonce)%nonceLength, len(rest))
			if len(p.nonce) == nonceLength {
				p.nonce = ""
			}
			p.nonce += string(rest[:n])
			rest = rest[n:]
			if len(p.nonce) == nonceLength {
				p.take(len(nonce))
			}
			continue
		}
		expected, _, _ := strings.Cut(p.pieces[0].text, nonce)
		n := min(len(expected), len(rest))
		if !bytes.Equal(rest[:n], []byte(expected[:n])) {
			return 0, p.fail(rest)
		}
		p.take(n)
		rest = rest[n:]
	}
	return len(data), nil
}

// take drops n bytes off the front of the recording.
func (p *Player) take(n int) {
	p.pieces[0].text = p.pieces[0].text[n:]
	if p.pieces[0].text == "" {
		p.pieces = p.pieces[1:]
	}
}

func (p *Player) fail(input []byte) error {
	p.err = fmt.Errorf("the board heard %q, where the recording has %s", input, p.next())
	return p.err
}

// next describes the next piece of the recording.
func (p *Player) next() string {
	if len(p.pieces) == 0 {
		return "its end"
	}
	const maxText = 200
	current := p.pieces[0]
	return fmt.Sprintf("%c %q", current.direction, current.text[:min(maxText, len(current.text))])
}

// Close returns an error unless the dialogue was the recorded one, up to its end.
func (p *Player) Close() error {
	if p.err == nil && len(p.pieces) > 0 {
		return errors.New("the dialogue ended early: the recording goes on with " + p.next())
	}
	return p.err
}
