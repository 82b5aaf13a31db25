package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Error is implemented by the errors of this package that the network or the server causes, except NameError and
// StatusError. URLError and the errors of the caller's context do not implement it.
type Error interface {
	error
	network()
}

// URLError is returned by Get when the URL is malformed, names no host, or is neither http nor https.
type URLError struct{ URL, Reason string }

func (e *URLError) Error() string { return fmt.Sprintf("bad URL %q: %s", e.URL, e.Reason) }

// Hint shows a valid URL.
func (e *URLError) Hint() string { return "a URL looks like http://desk.local/api/info" }

// NameError is returned by Get when neither Options.Resolve nor the system finds an address of the host. Err holds
// the errors of both.
type NameError struct {
	Host string
	Err  error
}

func (e *NameError) Error() string { return fmt.Sprintf("finding %q: %s", e.Host, e.reason()) }
func (e *NameError) Unwrap() error { return e.Err }

// Hint says what the user can do.
func (e *NameError) Hint() string {
	if isLocal(e.Host) {
		return "is it switched on, and in the same network as this computer? 'mpctl ls' shows what answers"
	}
	if e.reason() == noDNS {
		return "is this computer online?"
	}
	return ""
}

const noDNS = "no DNS"

// reason distinguishes an unknown name from a name server that cannot be asked.
func (e *NameError) reason() string {
	var system *net.DNSError
	switch {
	case isLocal(e.Host), !errors.As(e.Err, &system), system.IsNotFound:
		return "no such host"
	case system.IsTimeout:
		return "no name server answers"
	case strings.HasPrefix(system.Err, "dial "): // there is no way to the name server; its address helps nobody
		return noDNS
	}
	return system.Err
}

// RefusedError is returned by Get and the methods of Board when the host refuses the connection, because nothing
// listens on the port.
type RefusedError struct{ Addr string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("connecting to %s: connection refused", e.Addr)
}
func (e *RefusedError) network() {}

// Hint says what the user can do.
func (e *RefusedError) Hint() string { return "is the server running, and is the port right?" }

// ConnectError is returned by Get and the methods of Board when a connection fails for any reason but a refusal or a
// timeout, or is closed before an answer. A stream that the board closes is reported as a ConnectError too.
type ConnectError struct {
	Addr string
	Err  error
}

func (e *ConnectError) Error() string { return fmt.Sprintf("connection to %s: %v", e.Addr, e.Err) }
func (e *ConnectError) Unwrap() error { return e.Err }
func (e *ConnectError) network()      {}

// TimeoutError is returned by Get, by Read of a Response's Body and by the methods of Board when a limit of Options
// or the caller's deadline passes.
type TimeoutError struct {
	Doing string        // what was under way: "connecting to 192.0.2.7:80"
	After time.Duration // how long nothing came; 0 when another limit has passed
}

func (e *TimeoutError) Error() string {
	if e.After == 0 {
		return e.Doing + ": timed out"
	}
	return fmt.Sprintf("%s: nothing for %s", e.Doing, e.After)
}
func (e *TimeoutError) Timeout() bool { return true }
func (e *TimeoutError) network()      {}

// IncompleteError is returned by Read of a Response's Body and by the methods of Board when the connection ends
// before the body. Got and Want count bytes; Want is -1 when the server did not announce a length.
type IncompleteError struct{ Got, Want int64 }

func (e *IncompleteError) Error() string {
	if e.Want < 0 {
		return fmt.Sprintf("incomplete: broken off after %d bytes", e.Got)
	}
	return fmt.Sprintf("incomplete: %d of %d bytes", e.Got, e.Want)
}
func (e *IncompleteError) network() {}

// BrokenError is returned by Read of a Response's Body, and reported by Stream, when a body violates its announced
// encoding, gzip or chunked. The bytes before the error are valid.
type BrokenError struct {
	Host string
	Got  int64 // bytes received
	Err  error
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("what %s sends is broken after %d bytes: %v", e.Host, e.Got, e.Err)
}
func (e *BrokenError) Unwrap() error { return e.Err }
func (e *BrokenError) network()      {}

// ProxyError is returned by Get when the proxy cannot be reached, or refuses to connect to the host. It does not
// unwrap to Err: the proxy's name or status must not be taken for the host's.
type ProxyError struct{ Err error }

func (e *ProxyError) Error() string { return fmt.Sprintf("at the proxy: %v", e.Err) }
func (e *ProxyError) network()      {}

// Hint says what the user can do.
func (e *ProxyError) Hint() string {
	return "the proxy is named by HTTP_PROXY or HTTPS_PROXY; NO_PROXY lists the hosts it is not for"
}

// RedirectError is returned by Get after too many redirects, and for a redirect whose target is no http or https URL.
type RedirectError struct{ To, Reason string }

func (e *RedirectError) Error() string { return fmt.Sprintf("redirected to %q: %s", e.To, e.Reason) }
func (e *RedirectError) network()      {}

// ProtocolError is returned by Get and the methods of Board when the answer is neither HTTP/1 nor HTTP/2.
type ProtocolError struct {
	Host string
	Err  error
}

func (e *ProtocolError) Error() string {
	reason := strings.TrimPrefix(e.Err.Error(), "net/http: ")
	return fmt.Sprintf("%s does not speak HTTP: %s", e.Host, strings.TrimPrefix(reason, "HTTP/1.x transport connection broken: "))
}
func (e *ProtocolError) Unwrap() error { return e.Err }
func (e *ProtocolError) network()      {}

// Hint says what the user can do.
func (e *ProtocolError) Hint() string {
	if strings.Contains(e.Err.Error(), `malformed HTTP response "\x15\x03`) { // a TLS alert
		return "try https:// instead"
	}
	return ""
}

// StatusError is returned by the methods of Board when the board answers with a status of 400 or more and explains
// it. Get returns no StatusError, but a Response with that status.
type StatusError struct {
	URL     string
	Status  string // 404 Not Found
	Message string // the board's explanation; may be empty in errors that callers make
}

func (e *StatusError) Error() string {
	if e.Message != "" {
		return fmt.Sprintf("%s: %s (%s)", e.URL, e.Message, e.Status)
	}
	return fmt.Sprintf("%s: %s", e.URL, e.Status)
}

// NotBoardError is returned by the methods of Board when a server answers, but not with the API of an mpctl board.
type NotBoardError struct{ Addr, Reason string }

func (e *NotBoardError) Error() string {
	return fmt.Sprintf("%s is not an mpctl board: %s", e.Addr, e.Reason)
}
func (e *NotBoardError) network() {}

// explain converts the error of net/http for a request without an answer to one of the types above.
func explain(ctx context.Context, u *url.URL, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Canceled
	}
	var operation *net.OpError
	if errors.As(err, &operation) && operation.Op == "proxyconnect" {
		return &ProxyError{explain(ctx, u, operation.Err)}
	}
	var typed Error
	var name *NameError
	switch {
	case errors.As(err, &typed):
		return typed
	case errors.As(err, &name):
		return name
	}
	var wrapped *url.Error // repeats the method and the URL
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	var timeout interface{ Timeout() bool }
	switch {
	case isTLS(err):
		return &TLSError{u.Host, err}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &TimeoutError{Doing: "waiting for an answer from " + u.Host}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return &ConnectError{u.Host, errors.New("closed without an answer")}
	case operation != nil:
		return &ConnectError{u.Host, err}
	}
	return &ProtocolError{u.Host, err}
}
