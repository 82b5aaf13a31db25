// Package repltest records what a program and a board say to each other, and plays the board's part again in a test:
//
//	link := repltest.Record(conn, file) // once, with a board
//
//	board, err := repltest.Play(text)   // in the test
//	…                                   // the same calls on board as on link
//	err = board.Close()                 // was everything said?
//
// A recording is text. Each line has a direction, > to the board or < from it, and a Go string. Neighbouring lines of
// one direction are one piece: where they are cut has no meaning. Serialio's random marks, twelve capitals and digits
// in quotes, are recorded as the word nonce in angle quotes, and may be others in each play.
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

// Recorder is a link that is listened to.
type Recorder struct {
	serialio.Link
	w         io.Writer
	direction byte
	piece     []byte // what went that way since the direction changed
	nonce     string // the latest
	err       error
}

// Record listens to link and writes the dialogue to w. Its end is written by Close.
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

// Close completes the recording, and leaves the link open.
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

// Player is a link to a board that says what it said when it was recorded, and accepts only what it heard then.
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

// Play makes a board of a recording.
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

// SetReadTimeout sets how long a Read waits that finds it is not the board's turn.
func (p *Player) SetReadTimeout(d time.Duration) error {
	p.timeout = d
	return nil
}

// Read takes what the board says, once it has heard all that it heard before.
func (p *Player) Read(buf []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if len(p.pieces) == 0 || p.pieces[0].direction != fromBoard {
		time.Sleep(p.timeout)
		return 0, nil
	}
	now := &p.pieces[0]
	now.text = strings.ReplaceAll(now.text, nonce, p.nonce)
	n := copy(buf, now.text)
	p.take(n)
	return n, nil
}

// Write says something to the board. What it did not hear then is an error, of this and all later calls.
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

func (p *Player) fail(said []byte) error {
	p.err = fmt.Errorf("the board heard %q, where the recording has %s", said, p.next())
	return p.err
}

// next describes what should come now.
func (p *Player) next() string {
	if len(p.pieces) == 0 {
		return "its end"
	}
	const enough = 200
	now := p.pieces[0]
	return fmt.Sprintf("%c %q", now.direction, now.text[:min(enough, len(now.text))])
}

// Close tells whether the dialogue was the recorded one up to its end.
func (p *Player) Close() error {
	if p.err == nil && len(p.pieces) > 0 {
		return errors.New("the dialogue ended early: the recording goes on with " + p.next())
	}
	return p.err
}
