package httpclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

const (
	boardTimeout = 10 * time.Second // limit for a request and its answer
	maxAnswer    = 1 << 20          // bytes of a body
	maxMessage   = 300              // bytes of an error message from a board
)

// Board is the HTTP API of a board. Its requests use no proxy and follow no redirect.
type Board struct {
	client *http.Client
	addr   netip.AddrPort
	idle   time.Duration // Options.Idle
}

// Board returns the API of the board at addr.
func (c *Client) Board(addr netip.AddrPort) *Board { return &Board{c.boards, addr, c.options.Idle} }

// URL returns the URL of a path on the board. The path begins with a slash.
func (b *Board) URL(path string) string {
	host := b.addr.String()
	if b.addr.Port() == 80 {
		host = strings.TrimSuffix(host, ":80")
	}
	// The percent sign before the zone of an IPv6 address is escaped (RFC 6874).
	return "http://" + strings.ReplaceAll(host, "%", "%25") + path
}

// Info returns the board's description of itself.
func (b *Board) Info(ctx context.Context) (Info, error) {
	return fetch(ctx, b, "/api/info", decodeInfo)
}

// Read reads one sensor. If the sensor fails, Read returns no error: the Reading holds it.
func (b *Board) Read(ctx context.Context, sensor string) (Reading, error) {
	r, err := fetch(ctx, b, "/api/read/"+url.PathEscape(sensor), decodeReading)
	if err == nil && r.Sensor != sensor {
		return Reading{}, &NotBoardError{b.addr.String(), fmt.Sprintf("asked for %q it answered for %q", sensor, r.Sensor)}
	}
	return r, err
}

// ReadAll reads every sensor. Those that fail have their error in their Reading.
func (b *Board) ReadAll(ctx context.Context) ([]Reading, error) {
	return fetch(ctx, b, "/api/read", decodeReadings)
}

// fetch gets a path of the board and decodes the answer.
func fetch[T any](ctx context.Context, b *Board, path string, decodeAnswer func([]byte) (T, error)) (T, error) {
	var zero T
	a, err := b.get(ctx, path)
	if err != nil {
		return zero, err
	}
	if a.code >= 400 {
		if message := errorText(a.body); message != "" {
			return zero, &StatusError{a.url, a.status, message}
		}
	}
	if a.code != http.StatusOK {
		return zero, &NotBoardError{b.addr.String(), fmt.Sprintf("%s answered %q", path, a.status)}
	}
	value, err := decodeAnswer(a.body)
	if err != nil {
		return zero, &NotBoardError{b.addr.String(), fmt.Sprintf("%s: %v", path, err)}
	}
	return value, nil
}

type answer struct {
	url    string
	status string // 404 Not Found
	code   int
	body   []byte
}

func (b *Board) get(ctx context.Context, path string) (answer, error) {
	limited, cancel := context.WithTimeout(ctx, boardTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, b.URL(path), nil)
	if err != nil {
		return answer{}, &URLError{b.addr.String() + path, err.Error()}
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return answer{}, explain(ctx, req.URL, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return answer{}, ctx.Err()
	case limited.Err() != nil:
		return answer{}, &TimeoutError{Doing: "reading from " + req.URL.Host}
	case err != nil:
		return answer{}, &IncompleteError{int64(len(data)), resp.ContentLength}
	case len(data) > maxAnswer:
		return answer{}, &NotBoardError{b.addr.String(), fmt.Sprintf("%s is longer than %d bytes", path, maxAnswer)}
	}
	return answer{req.URL.String(), resp.Status, resp.StatusCode, data}, nil
}

// errorText returns the board's explanation in an answer with a status of 400 or more; empty if there is none.
func errorText(data []byte) string {
	var document struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(data, &document) != nil {
		return ""
	}
	return clip(document.Error)
}

// clip cuts a message from a board to maxMessage bytes.
func clip(s string) string {
	if len(s) > maxMessage {
		return strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
