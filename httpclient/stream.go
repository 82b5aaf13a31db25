package httpclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	MinInterval = 100 * time.Millisecond // between the readings of a stream
	MaxInterval = time.Minute

	heartbeat    = 15 * time.Second // a stream that has no reading to send says so that often
	lateness     = 5 * time.Second  // how much later than that a board may be, unless Options.Idle is less
	firstRetry   = 500 * time.Millisecond
	lastRetry    = 10 * time.Second
	minPoll      = 500 * time.Millisecond
	streamAgain  = 30 * time.Second // a board that had no stream left is asked for one again
	maxRetryWish = time.Minute
)

// StreamOptions say what to follow.
type StreamOptions struct {
	Sensor   string        // empty: every sensor
	Interval time.Duration // between readings, MinInterval to MaxInterval; 0: 1 s
	ID       string        // of the board that is meant; empty: the one that answers first
}

// StreamEvent is what happens on a stream: one of its fields is set.
type StreamEvent struct {
	Info     *Info     // the board has answered, for the first time or again; readings will follow
	Readings []Reading // of one moment
	Err      error     // the board cannot be reached, or not any more; it is tried again
}

// OtherBoardError is an address at which another board answers than the one that was followed there.
type OtherBoardError struct{ Addr, Want, Got string }

func (e *OtherBoardError) Error() string {
	return fmt.Sprintf("board %s answers at %s, not %s", e.Got, e.Addr, e.Want)
}
func (e *OtherBoardError) network() {}

// Stream follows a board's readings until ctx ends, and calls each with what happens. It never gives up on a board
// that does not answer, breaks off, falls silent or sends nonsense, nor on an address at which another board
// answers for now: each tries again after a pause that grows to 10 s. Where the board has no stream left it asks for
// single readings instead. What asking again cannot change, a sensor that the board does not have, ends it.
func (b *Board) Stream(ctx context.Context, o StreamOptions, each func(StreamEvent)) error {
	o.Interval = cmp.Or(o.Interval, time.Second)
	if o.Interval < MinInterval || o.Interval > MaxInterval {
		return fmt.Errorf("an interval of %s is not within %s to %s", o.Interval, MinInterval, MaxInterval)
	}
	s := &stream{board: b, StreamOptions: o, each: each, first: firstRetry}
	pause := s.first
	for {
		s.read = false
		err := s.connect(ctx)
		var status *StatusError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &status) && strings.HasPrefix(status.Status, "4"):
			return err
		}
		if s.read {
			pause = s.first
		}
		each(StreamEvent{Err: err})
		// Boards that lost the same access point do not all come back at the same moment.
		if !sleep(ctx, pause/2+rand.N(pause)) {
			return ctx.Err()
		}
		pause = min(2*pause, max(lastRetry, s.first))
	}
}

// stream is the following of one board.
type stream struct {
	board *Board
	StreamOptions
	each  func(StreamEvent)
	first time.Duration // the pause after something was read
	read  bool          // something was, on this connection
}

// connect follows the board for as long as it can be had, and returns why no longer.
func (s *stream) connect(ctx context.Context) error {
	info, err := s.board.Info(ctx)
	if err != nil {
		return err
	}
	if s.ID = cmp.Or(s.ID, info.ID); info.ID != s.ID {
		return &OtherBoardError{s.board.addr.String(), s.ID, info.ID}
	}
	s.each(StreamEvent{Info: &info})
	for {
		err := s.follow(ctx)
		var status *StatusError
		if !errors.As(err, &status) || !strings.HasPrefix(status.Status, "503") {
			return err
		}
		if err := s.poll(ctx); err != nil {
			return err
		}
	}
}

// follow reads the board's stream to its end.
func (s *stream) follow(ctx context.Context) error {
	path := fmt.Sprintf("/api/stream?interval=%d", s.Interval.Milliseconds())
	decode := decodeReadings
	if s.Sensor != "" {
		path += "&sensor=" + url.QueryEscape(s.Sensor)
		decode = s.decodeOne
	}
	body, err := s.board.open(ctx, path, min(s.Interval, heartbeat)+min(s.board.idle, lateness))
	if err != nil {
		return err
	}
	defer body.Close()
	events := newEvents(body)
	for {
		event, err := events.next()
		switch {
		case err == io.EOF:
			return &ConnectError{s.board.addr.String(), errors.New("the board has ended the stream")}
		case errors.Is(err, errLongEvent):
			return &NotBoardError{s.board.addr.String(), err.Error()}
		case err != nil:
			return err
		}
		if event.retry > 0 {
			s.first = min(max(event.retry, firstRetry), maxRetryWish)
		}
		if event.data == "" {
			continue
		}
		readings, err := decode([]byte(event.data))
		if err != nil {
			return &NotBoardError{s.board.addr.String(), fmt.Sprintf("an event of its stream: %v", err)}
		}
		s.tell(readings)
	}
}

func (s *stream) decodeOne(data []byte) ([]Reading, error) {
	r, err := decodeReading(data)
	if err == nil && r.Sensor != s.Sensor {
		err = fmt.Errorf("asked for %q it sent %q", s.Sensor, r.Sensor)
	}
	return []Reading{r}, err
}

// poll asks for one reading after the other until it is time to ask for a stream again.
func (s *stream) poll(ctx context.Context) error {
	for end := time.Now().Add(streamAgain); time.Now().Before(end); {
		readings, err := s.ask(ctx)
		if err != nil {
			return err
		}
		s.tell(readings)
		if !sleep(ctx, max(s.Interval, minPoll)) {
			return ctx.Err()
		}
	}
	return nil
}

func (s *stream) ask(ctx context.Context) ([]Reading, error) {
	if s.Sensor == "" {
		return s.board.ReadAll(ctx)
	}
	r, err := s.board.Read(ctx, s.Sensor)
	return []Reading{r}, err
}

func (s *stream) tell(readings []Reading) {
	s.read = true
	s.each(StreamEvent{Readings: readings})
}

// open begins to read an event stream in which there is never nothing for longer than idle.
func (b *Board) open(ctx context.Context, path string, idle time.Duration) (io.ReadCloser, error) {
	request, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(request, http.MethodGet, b.URL(path), nil)
	if err != nil {
		cancel(nil)
		return nil, &URLError{b.addr.String() + path, err.Error()}
	}
	resp, err := b.client.Do(req)
	if err != nil {
		cancel(nil)
		return nil, explain(ctx, req.URL, err)
	}
	stream := &body{ReadCloser: resp.Body, parent: ctx, request: request, cancel: cancel, host: req.URL.Host, idle: idle, want: -1}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode == http.StatusOK && kind == "text/event-stream" {
		return stream, nil
	}
	defer stream.Close()
	if resp.StatusCode >= 400 {
		data, _ := io.ReadAll(io.LimitReader(stream, maxAnswer))
		if message := errorText(data); message != "" {
			return nil, &StatusError{URL: req.URL.String(), Status: resp.Status, Message: message}
		}
	}
	return nil, &NotBoardError{b.addr.String(), fmt.Sprintf("%s answered %q, %q", path, resp.Status, kind)}
}

// sleep waits, and tells whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
