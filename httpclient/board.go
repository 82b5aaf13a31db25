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
	boardTimeout = 10 * time.Second // for one request, all of it
	maxAnswer    = 1 << 20          // bytes of a body
	maxMessage   = 300              // bytes of a board's own error text
)

// Board is a board's HTTP API. No request to it goes through a proxy, and none is redirected.
type Board struct {
	client *http.Client
	addr   netip.AddrPort
	idle   time.Duration // Options.Idle
}

// Board returns the API of the board at addr.
func (c *Client) Board(addr netip.AddrPort) *Board { return &Board{c.boards, addr, c.options.Idle} }

// URL returns the URL of a path, which begins with a slash.
func (b *Board) URL(path string) string {
	host := b.addr.String()
	if b.addr.Port() == 80 {
		host = strings.TrimSuffix(host, ":80")
	}
	// The zone of an IPv6 address has its percent sign escaped (RFC 6874).
	return "http://" + strings.ReplaceAll(host, "%", "%25") + path
}

// Info asks the board who it is.
func (b *Board) Info(ctx context.Context) (Info, error) {
	return fetch(ctx, b, "/api/info", decodeInfo)
}

// Read reads one sensor. A sensor that fails is no error here but one in the Reading.
func (b *Board) Read(ctx context.Context, sensor string) (Reading, error) {
	r, err := fetch(ctx, b, "/api/read/"+url.PathEscape(sensor), decodeReading)
	if err == nil && r.Sensor != sensor {
		return Reading{}, &NotBoardError{b.addr.String(), fmt.Sprintf("asked for %q it answered for %q", sensor, r.Sensor)}
	}
	return r, err
}

// ReadAll reads every sensor.
func (b *Board) ReadAll(ctx context.Context) ([]Reading, error) {
	return fetch(ctx, b, "/api/read", decodeReadings)
}

func fetch[T any](ctx context.Context, b *Board, path string, decode func([]byte) (T, error)) (T, error) {
	var none T
	status, data, err := b.get(ctx, path)
	if err != nil {
		return none, err
	}
	if status.code >= 400 {
		if message := errorText(data); message != "" {
			return none, &StatusError{status.url, status.text, message}
		}
	}
	if status.code != http.StatusOK {
		return none, &NotBoardError{b.addr.String(), fmt.Sprintf("%s answered %q", path, status.text)}
	}
	value, err := decode(data)
	if err != nil {
		return none, &NotBoardError{b.addr.String(), fmt.Sprintf("%s: %v", path, err)}
	}
	return value, nil
}

type status struct {
	url, text string
	code      int
}

func (b *Board) get(ctx context.Context, path string) (status, []byte, error) {
	limited, cancel := context.WithTimeout(ctx, boardTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, b.URL(path), nil)
	if err != nil {
		return status{}, nil, &URLError{b.addr.String() + path, err.Error()}
	}
	resp, err := b.client.Do(req)
	if err != nil {
		return status{}, nil, explain(ctx, req.URL, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return status{}, nil, ctx.Err()
	case limited.Err() != nil:
		return status{}, nil, &TimeoutError{Doing: "reading from " + req.URL.Host}
	case err != nil:
		return status{}, nil, &IncompleteError{int64(len(data)), resp.ContentLength}
	case len(data) > maxAnswer:
		return status{}, nil, &NotBoardError{b.addr.String(), fmt.Sprintf("%s is longer than %d bytes", path, maxAnswer)}
	}
	return status{req.URL.String(), resp.Status, resp.StatusCode}, data, nil
}

// errorText returns the explanation in a board's answer with a status of 400 or more.
func errorText(data []byte) string {
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(data, &answer) != nil {
		return ""
	}
	return clip(answer.Error)
}

func clip(s string) string {
	if len(s) > maxMessage {
		return strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}
