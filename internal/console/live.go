package console

import (
	"sync"
	"time"
)

const (
	frameTime = 50 * time.Millisecond // between two frames at least
	idleTime  = time.Second           // a frame in which nothing has changed but the time stands that long
)

// Live is lines on stdout's terminal that are redrawn in place. While they are, messages wait.
type Live struct {
	c       *Console
	frame   func(columns, lines int) []string
	changed chan struct{} // holds one while there is something that no frame has shown
	stop    chan struct{}
	drawing sync.WaitGroup
}

// Live starts to draw what frame returns: at once, after every Changed, and each second. A frame that is higher than
// the given number of lines is cut. It returns nil where stdout is no terminal on which lines can be redrawn, or where
// JSON is wanted. frame is called from a goroutine of its own, and not any more when Close has returned.
func (c *Console) Live(frame func(columns, lines int) []string) *Live {
	if c.out.terminal == nil || c.JSON || c.isDumb() {
		return nil
	}
	l := &Live{c: c, frame: frame, changed: make(chan struct{}, 1), stop: make(chan struct{})}
	r := newRegion(c.out.terminal)
	r.holdsMessages = true
	c.mu.Lock()
	c.shown = r
	c.mu.Unlock()
	l.drawing.Go(func() { l.run(r) })
	return l
}

func (l *Live) run(r *region) {
	for {
		lines := l.frame(r.size())
		l.c.mu.Lock()
		_ = r.draw(lines) // what is printed in the end has the error too
		l.c.mu.Unlock()
		select {
		case <-l.changed:
		case <-time.After(idleTime):
		case <-l.stop:
			return
		}
		select {
		case <-time.After(frameTime):
		case <-l.stop:
			return
		}
	}
}

// Changed has a new frame drawn soon.
func (l *Live) Changed() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// Close ends the drawing. What last returns is left standing, however high it is; nil leaves nothing. Messages that
// have waited follow.
func (l *Live) Close(last func(columns int) []string) error {
	close(l.stop)
	l.drawing.Wait()
	c := l.c
	c.mu.Lock()
	defer c.mu.Unlock()
	var lines []string
	if last != nil {
		columns, _ := c.shown.size()
		lines = last(columns)
	}
	err := c.shown.leave(lines)
	c.shown = nil
	_, heldErr := c.errOut.w.Write(c.held)
	c.held = nil
	if err != nil {
		return err
	}
	return heldErr
}
