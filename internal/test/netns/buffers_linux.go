package netns

import (
	"errors"
	"fmt"
	"os"
)

// SmallBuffers gives new TCP connections in the namespace buffers of 4 KB, as a board has, until restore is called. A
// sender then stops soon after its peer stops reading. An error is returned outside a private namespace.
func SmallBuffers() (restore func(), err error) {
	if os.Getenv(inside) == "" {
		return nil, errors.New("making TCP's buffers small: no private network namespace: " + missing)
	}
	var undo []func()
	restore = func() {
		for _, f := range undo {
			f()
		}
	}
	for _, buffer := range []string{"tcp_rmem", "tcp_wmem"} {
		path := "/proc/sys/net/ipv4/" + buffer
		before, err := os.ReadFile(path)
		if err == nil {
			err = os.WriteFile(path, []byte("4096 4096 4096"), 0)
		}
		if err != nil {
			restore()
			return nil, fmt.Errorf("making TCP's buffers small: %w", err)
		}
		undo = append(undo, func() { _ = os.WriteFile(path, before, 0) })
	}
	return restore, nil
}
