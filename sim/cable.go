//go:build linux || darwin

package sim

import (
	"fmt"
	"os"
	"sync"
)

// cable is the serial line to the host, which can be pulled.
type cable struct {
	mu      sync.Mutex
	outer   *os.File // master of the serial line; nil when there is none any more
	line    *os.File // the slave's name is what users open
	gone    bool
	crossed int // bytes that went through an open port
	cut     Cut
}

// plug makes a new serial port.
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

// unplug ends it for good.
func (c *cable) unplug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
	_ = c.outer.Close()
}

// plugged is where the line ends on the board's side, nil when it is unplugged.
func (c *cable) plugged() *os.File {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return nil
	}
	return c.outer
}

// cross tells how many of n bytes still get through, and whether the accident happens after them.
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
