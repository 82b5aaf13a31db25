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

// Error is implemented by every failure that lies on the network's side, a name without an address and a
// status of 400 or more excepted. Errors of the caller's context are not among them.
type Error interface {
	error
	network()
}

// URLError is a URL that cannot be fetched as it stands.
type URLError struct{ URL, Reason string }

func (e *URLError) Error() string { return fmt.Sprintf("bad URL %q: %s", e.URL, e.Reason) }

// Hint shows what one looks like.
func (e *URLError) Hint() string { return "a URL looks like http://desk.local/api/info" }

// NameError is a host name for which no address was found.
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
	return ""
}

// reason tells a name that nobody has from a name server that says nothing.
func (e *NameError) reason() string {
	var system *net.DNSError
	switch {
	case isLocal(e.Host), !errors.As(e.Err, &system), system.IsNotFound:
		return "no such host"
	case system.IsTimeout:
		return "no name server answers"
	}
	return system.Err
}

// RefusedError is a computer that is there, with nothing listening on the port.
type RefusedError struct{ Addr string }

func (e *RefusedError) Error() string {
	return fmt.Sprintf("connecting to %s: connection refused", e.Addr)
}
func (e *RefusedError) network() {}

// Hint says what the user can do.
func (e *RefusedError) Hint() string { return "is the server running, and is the port right?" }

// ConnectError is a connection that could not be made, or that broke before the answer came.
type ConnectError struct {
	Addr string
	Err  error
}

func (e *ConnectError) Error() string { return fmt.Sprintf("connection to %s: %v", e.Addr, e.Err) }
func (e *ConnectError) Unwrap() error { return e.Err }
func (e *ConnectError) network()      {}

// TimeoutError is something that took too long. After is how long nothing came, 0 when that is not what ended it.
type TimeoutError struct {
	Doing string
	After time.Duration
}

func (e *TimeoutError) Error() string {
	if e.After == 0 {
		return e.Doing + ": timed out"
	}
	return fmt.Sprintf("%s: nothing for %s", e.Doing, e.After)
}
func (e *TimeoutError) Timeout() bool { return true }
func (e *TimeoutError) network()      {}

// IncompleteError is a body that was cut short. Want is -1 when the server did not say how long it is.
type IncompleteError struct{ Got, Want int64 }

func (e *IncompleteError) Error() string {
	if e.Want < 0 {
		return fmt.Sprintf("incomplete: broken off after %d bytes", e.Got)
	}
	return fmt.Sprintf("incomplete: %d of %d bytes", e.Got, e.Want)
}
func (e *IncompleteError) network() {}

// BrokenError is a body that is not coded as the server says. What came before is good.
type BrokenError struct {
	Host string
	Got  int64 // bytes
	Err  error
}

func (e *BrokenError) Error() string {
	return fmt.Sprintf("what %s sends is broken after %d bytes: %v", e.Host, e.Got, e.Err)
}
func (e *BrokenError) Unwrap() error { return e.Err }
func (e *BrokenError) network()      {}

// ProxyError is a proxy that does not do its part. It does not unwrap to Err: a name or a status of the proxy's is
// none of what was asked for.
type ProxyError struct{ Err error }

func (e *ProxyError) Error() string { return fmt.Sprintf("at the proxy: %v", e.Err) }
func (e *ProxyError) network()      {}

// Hint says what the user can do.
func (e *ProxyError) Hint() string {
	return "the proxy is named by HTTP_PROXY or HTTPS_PROXY; NO_PROXY lists the hosts it is not for"
}

// RedirectError is a redirect that is not followed: one too many, or one that leaves HTTP.
type RedirectError struct{ To, Reason string }

func (e *RedirectError) Error() string { return fmt.Sprintf("redirected to %q: %s", e.To, e.Reason) }
func (e *RedirectError) network()      {}

// ProtocolError is an answer that is not HTTP/1 or HTTP/2.
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
	if strings.Contains(e.Err.Error(), `malformed HTTP response "\x15\x03`) { // an alert of TLS
		return "try https:// instead"
	}
	return ""
}

// StatusError is an answer with a status of 400 or more. Message is the board's own explanation, if any.
type StatusError struct {
	URL     string
	Status  string // 404 Not Found
	Message string
}

func (e *StatusError) Error() string {
	if e.Message != "" {
		return fmt.Sprintf("%s: %s (%s)", e.URL, e.Message, e.Status)
	}
	return fmt.Sprintf("%s: %s", e.URL, e.Status)
}

// NotBoardError is a server that answers, but not as an mpctl board does.
type NotBoardError struct{ Addr, Reason string }

func (e *NotBoardError) Error() string {
	return fmt.Sprintf("%s is not an mpctl board: %s", e.Addr, e.Reason)
}
func (e *NotBoardError) network() {}

// explain turns what net/http says about a request that got no answer into one of the types above.
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
	var wrapped *url.Error // names the URL again, and the method
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
