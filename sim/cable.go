//go:build linux || darwin

package sim

import (
	"fmt"
	"os"
	"sync"
)

// cable is the serial line to the host. It can be pulled.
type cable struct {
	mu      sync.Mutex
	outer   *os.File // master of the serial line's pty
	line    *os.File // its slave, whose path users open
	gone    bool
	crossed int // bytes that went through an open port
	cut     Cut
}

// plug opens a new serial port.
func (c *cable) plug() error {
	outer, line, err := openPty()
	if err != nil {
		return err
	}
	if err := makeRaw(line, false); err != nil {
		_, _ = outer.Close(), line.Close()
		return fmt.Errorf("preparing a terminal: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outer, c.line = outer, line
	if c.gone {
		_ = outer.Close()
	}
	return nil
}

// unplug closes the serial port for good.
func (c *cable) unplug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	_ = c.outer.Close()
}

// plugged returns the board's end of the line, nil when it is unplugged.
func (c *cable) plugged() *os.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil
	}
	return c.outer
}

// cross counts n bytes. It returns how many of them get through, and reports whether the accident happens after them.
func (c *cable) cross(n int) (through int, broken bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.crossed
	c.crossed += n
	if c.cut.Bytes > before && c.cut.Bytes <= c.crossed {
		return c.cut.Bytes - before, true
	}
	return n, false
}
