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

	heartbeat      = 15 * time.Second // interval at which a board sends comments when it has no readings
	maxDelay       = 5 * time.Second  // of a reading or heartbeat, unless Options.Idle is less
	minRetry       = 500 * time.Millisecond
	maxRetry       = 10 * time.Second
	maxServerRetry = time.Minute // when the board asks for a longer pause
	minPoll        = 500 * time.Millisecond
	pollTime       = 30 * time.Second // after which a board that had no stream left is asked for one again
)

// StreamOptions configure a Stream. The zero value follows every sensor once a second.
type StreamOptions struct {
	Sensor   string        // empty: every sensor
	Interval time.Duration // between readings, MinInterval to MaxInterval; 0: 1 s
	ID       string        // of the board to follow; empty: of the first that answers
}

// StreamEvent is an event of Stream. Exactly one of its fields is set.
type StreamEvent struct {
	Info     *Info     // the board has answered, for the first time or again; readings will follow
	Readings []Reading // taken at the same time
	Err      error     // the connection failed or ended; Stream will try again
}

// OtherBoardError is reported in StreamEvent.Err when a board answers whose id, Got, is not the followed one, Want.
type OtherBoardError struct{ Addr, Want, Got string }

func (e *OtherBoardError) Error() string {
	return fmt.Sprintf("board %s answers at %s, not %s", e.Got, e.Addr, e.Want)
}
func (e *OtherBoardError) network() {}

// Stream follows a board's readings and reports them, until ctx ends. It does not give up when the board does not
// answer, breaks off, falls silent or sends invalid data, nor while another board answers at its address: it reports
// the error, and tries again after a pause that grows to 10 s. If the board has no stream left, Stream asks for
// single readings instead. It returns early only for an error that does not pass: an invalid interval, or a
// StatusError with a status of 400 to 499, as for a sensor that the board does not have.
func (b *Board) Stream(ctx context.Context, o StreamOptions, report func(StreamEvent)) error {
	o.Interval = cmp.Or(o.Interval, time.Second)
	if o.Interval < MinInterval || o.Interval > MaxInterval {
		return fmt.Errorf("an interval of %s is not within %s to %s", o.Interval, MinInterval, MaxInterval)
	}
	s := &stream{board: b, StreamOptions: o, report: report, retry: minRetry}
	pause := s.retry
	for {
		s.hasRead = false
		err := s.connect(ctx)
		var status *StatusError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &status) && strings.HasPrefix(status.Status, "4"):
			return err
		}
		if s.hasRead {
			pause = s.retry
		}
		report(StreamEvent{Err: err})
		// The random part keeps boards that lost the same access point from being asked all at once.
		if !sleep(ctx, pause/2+rand.N(pause)) {
			return ctx.Err()
		}
		pause = min(2*pause, max(maxRetry, s.retry))
	}
}

// stream is the state of one call of Stream.
type stream struct {
	board *Board
	StreamOptions
	report  func(StreamEvent)
	retry   time.Duration // first pause after a connection that delivered readings
	hasRead bool          // this connection has delivered readings
}

// connect follows the board until that fails, and returns the error.
func (s *stream) connect(ctx context.Context) error {
	info, err := s.board.Info(ctx)
	if err != nil {
		return err
	}
	if s.ID = cmp.Or(s.ID, info.ID); info.ID != s.ID {
		return &OtherBoardError{s.board.addr.String(), s.ID, info.ID}
	}
	s.report(StreamEvent{Info: &info})
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

// follow reports the readings of the board's stream until that ends or fails.
func (s *stream) follow(ctx context.Context) error {
	path := fmt.Sprintf("/api/stream?interval=%d", s.Interval.Milliseconds())
	decodeEvent := decodeReadings
	if s.Sensor != "" {
		path += "&sensor=" + url.QueryEscape(s.Sensor)
		decodeEvent = s.decodeOne
	}
	body, err := s.board.openStream(ctx, path, min(s.Interval, heartbeat)+min(s.board.idle, maxDelay))
	if err != nil {
		return err
	}
	defer body.Close()
	reader := newEventReader(body)
	for {
		e, err := reader.next()
		switch {
		case err == io.EOF:
			return &ConnectError{s.board.addr.String(), errors.New("the board has ended the stream")}
		case errors.Is(err, errLongEvent):
			return &NotBoardError{s.board.addr.String(), err.Error()}
		case err != nil:
			return err
		}
		if e.retry > 0 {
			s.retry = min(max(e.retry, minRetry), maxServerRetry)
		}
		if e.data == "" {
			continue
		}
		readings, err := decodeEvent([]byte(e.data))
		if err != nil {
			return &NotBoardError{s.board.addr.String(), fmt.Sprintf("an event of its stream: %v", err)}
		}
		s.deliver(readings)
	}
}

func (s *stream) decodeOne(data []byte) ([]Reading, error) {
	r, err := decodeReading(data)
	if err == nil && r.Sensor != s.Sensor {
		err = fmt.Errorf("asked for %q it sent %q", s.Sensor, r.Sensor)
	}
	return []Reading{r}, err
}

// poll asks for single readings for pollTime. It returns nil when it is time to ask for a stream again.
func (s *stream) poll(ctx context.Context) error {
	for end := time.Now().Add(pollTime); time.Now().Before(end); {
		readings, err := s.readOnce(ctx)
		if err != nil {
			return err
		}
		s.deliver(readings)
		if !sleep(ctx, max(s.Interval, minPoll)) {
			return ctx.Err()
		}
	}
	return nil
}

func (s *stream) readOnce(ctx context.Context) ([]Reading, error) {
	if s.Sensor == "" {
		return s.board.ReadAll(ctx)
	}
	r, err := s.board.Read(ctx, s.Sensor)
	return []Reading{r}, err
}

func (s *stream) deliver(readings []Reading) {
	s.hasRead = true
	s.report(StreamEvent{Readings: readings})
}

// openStream returns the body of an event stream. Its Read fails when nothing comes for the time idle.
func (b *Board) openStream(ctx context.Context, path string, idle time.Duration) (io.ReadCloser, error) {
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
	body := &checkedBody{ReadCloser: resp.Body, parent: ctx, request: request, cancel: cancel, host: req.URL.Host, idle: idle, want: -1}
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if resp.StatusCode == http.StatusOK && kind == "text/event-stream" {
		return body, nil
	}
	defer body.Close()
	if resp.StatusCode >= 400 {
		data, _ := io.ReadAll(io.LimitReader(body, maxAnswer))
		if message := errorText(data); message != "" {
			return nil, &StatusError{URL: req.URL.String(), Status: resp.Status, Message: message}
		}
	}
	return nil, &NotBoardError{b.addr.String(), fmt.Sprintf("%s answered %q, %q", path, resp.Status, kind)}
}

// sleep waits for d or the end of ctx, and reports whether ctx goes on.
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
