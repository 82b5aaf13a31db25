package main

import (
	"testing"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/boards"
)

func TestExitCodesOfTheNetwork(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
	}{
		{&discover.InterfaceError{Name: "eth9"}, exitUsage},
		{&httpclient.URLError{}, exitUsage},
		{&boards.NotFoundError{Err: &httpclient.RefusedError{}}, exitNotFound},
		{&boards.AmbiguousError{}, exitNotFound},
		{&boards.NothingFoundError{}, exitNotFound},
		{&httpclient.NameError{}, exitNotFound},
		{&httpclient.RefusedError{}, exitNetwork},
		{&httpclient.ConnectError{}, exitNetwork},
		{&httpclient.TimeoutError{}, exitNetwork},
		{&httpclient.TLSError{}, exitNetwork},
		{&httpclient.IncompleteError{}, exitNetwork},
		{&httpclient.RedirectError{}, exitNetwork},
		{&httpclient.ProtocolError{}, exitNetwork},
		{&httpclient.NotBoardError{}, exitNetwork},
		{&httpclient.StatusError{}, exitHTTPStatus},
		{&sensorError{}, exitFailure},
		{binaryError{}, exitFailure},
	} {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exit code of %T = %d, want %d", c.err, got, c.want)
		}
	}
}
