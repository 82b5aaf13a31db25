//go:build linux || darwin

package sim

import (
	"os"
	"sync"
	"time"
)

// uart carries bytes one way at the pace of a serial line: 10 bits a byte, start and stop bits counted.
type uart struct {
	perByte time.Duration
	mu      sync.Mutex // the one line, that the ROM and the program share
	busy    time.Time  // until then it is still sending what it was given
	sent    time.Time  // when the last send returned, which can be later
}

func newUART(baud int) *uart {
	return &uart{perByte: 10 * time.Second / time.Duration(baud)}
}

// chunk is how many bytes travel between two looks at the clock: few enough that a receive buffer
// of 255 is watched closely.
const chunk = 32

// pause is how long it takes at most to come back with more that was waiting already.
const pause = 200 * time.Microsecond

// overslept is what of a sleep is made up for at most: 23 bytes at 115200 baud.
const overslept = 2 * time.Millisecond

// send waits out the time that n bytes take on the line.
func (u *uart) send(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	// A sleep that was too long is made up for while there is more to send, else the line would be a slower one. Of one
	// that was very long only some: what comes all at once is more than the receive buffer holds.
	start := now
	if now.Sub(u.sent) < pause {
		start = now.Add(-overslept)
	}
	if u.busy.Before(start) {
		u.busy = start
	}
	u.busy = u.busy.Add(time.Duration(n) * u.perByte)
	// The clock's grain is coarser than a byte: pay the debt when it is worth a sleep.
	if debt := u.busy.Sub(now); debt > time.Millisecond {
		time.Sleep(debt)
	}
	u.sent = time.Now()
}

// receiver is the board's end of the line: a ring of a fixed size that drops what does not fit.
type receiver struct {
	terminal *os.File // what the board reads from is the other end of this
	ring     int
	unread   func() int  // bytes the board has not taken yet
	reading  func() bool // the board waits for input, so on a chip the ring would not fill
}

// patience is how long a board that waits for input is given to take it: this computer may have other things to do
// than to run it.
const patience = time.Second

// put hands bytes to the board; what finds the ring full is lost, as on the UART.
func (r *receiver) put(data []byte) {
	room := r.ring - r.unread()
	for began := time.Now(); room < len(data) && r.reading() && time.Since(began) < patience; room = r.ring - r.unread() {
		time.Sleep(pause)
	}
	if room <= 0 {
		// 0x03 is taken by the interrupt handler before the ring is asked.
		for _, b := range data {
			if b == 0x03 {
				_, _ = r.terminal.Write([]byte{b})
			}
		}
		return
	}
	_, _ = r.terminal.Write(data[:min(room, len(data))])
}
