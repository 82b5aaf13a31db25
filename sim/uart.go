//go:build linux || darwin

package sim

import (
	"os"
	"sync"
	"time"
)

// uart delays bytes in one direction as a serial line does, with 10 bits a byte, start and stop bit included.
type uart struct {
	perByte time.Duration
	mu      sync.Mutex
	busy    time.Time // when the line is free again
	sent    time.Time // when the last send returned, which can be later
}

func newUART(baud int) *uart {
	return &uart{perByte: 10 * time.Second / time.Duration(baud)}
}

// chunk is how many bytes are sent at once. It is small beside a receive buffer of 255 bytes.
const chunk = 32

// pause is the longest time between two sends of bytes that are waiting.
const pause = 200 * time.Microsecond

// maxOversleep is how much of an overlong sleep is made up for: 23 bytes at 115200 baud.
const maxOversleep = 2 * time.Millisecond

// send waits for the time that n bytes take on the line.
func (u *uart) send(n int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := time.Now()
	// Sleeps are often too long, which is made up for while there is more to send; otherwise the line would be slower
	// than its baud rate. It is made up for only in part, since too many bytes at once overrun the receive buffer.
	start := now
	if now.Sub(u.sent) < pause {
		start = now.Add(-maxOversleep)
	}
	if u.busy.Before(start) {
		u.busy = start
	}
	u.busy = u.busy.Add(time.Duration(n) * u.perByte)
	// A byte takes less time than the shortest sleep, so only longer debts are paid.
	if debt := u.busy.Sub(now); debt > time.Millisecond {
		time.Sleep(debt)
	}
	u.sent = time.Now()
}

// receiver is the board's receive buffer: a ring of a fixed size that drops what does not fit.
type receiver struct {
	terminal *os.File // its slave is where the board reads
	ring     int
	unread   func() int  // returns how many bytes the board has not read yet
	reading  func() bool // reports whether the board waits for input, which keeps the ring of a real chip from filling
}

// patience is how long put waits for a board that waits for input. The board reads it late if this computer is busy.
const patience = time.Second

// put passes bytes to the board. Bytes that do not fit into the ring are lost, as on a real UART.
func (r *receiver) put(data []byte) {
	room := r.ring - r.unread()
	for began := time.Now(); room < len(data) && r.reading() && time.Since(began) < patience; room = r.ring - r.unread() {
		time.Sleep(pause)
	}
	if room <= 0 {
		// The interrupt handler takes 0x03 even if the ring is full.
		for _, b := range data {
			if b == 0x03 {
				_, _ = r.terminal.Write([]byte{b})
			}
		}
		return
	}
	_, _ = r.terminal.Write(data[:min(room, len(data))])
}
