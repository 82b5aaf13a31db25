//go:build linux || darwin

package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// How a life of the board ended: the exit codes of hw/world.py.
const (
	hardReset    = 81
	softReset    = 82
	softResetRaw = 83
	powerFailure = 84
)

// heap is what MicroPython gets: a mPython board has about 97 KB free at its prompt (facts/boards.md §1.3), and
// the shims in hw/, which a board does not have, need the rest.
const heap = "heapsize=132k"

// process is the chip: one MicroPython process after another behind the same serial line.
type process struct {
	dir, runtimePath string
	model            model
	cable
	inner, terminal *os.File // master and slave of MicroPython's own terminal
	toBoard, toHost *uart
	last            tail // what the chip said last, for the error when it dies
	pluggedIn       func(port string) error
	trace           func(direction string, data []byte)
	tracing         sync.Mutex
	powerOff        context.CancelFunc
}

func newProcess(dir, runtimePath string, c Config) (*process, error) {
	p := &process{
		dir: dir, runtimePath: runtimePath, toBoard: newUART(c.Baud), toHost: newUART(c.Baud), trace: c.Trace,
		model: models[c.Model], cable: cable{cut: c.Cut},
	}
	if err := p.plug(); err != nil {
		return nil, err
	}
	var err error
	if p.inner, p.terminal, err = openPty(); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func openPty() (master, slave *os.File, err error) {
	// The number may be that of a terminal which another program has just given back, and the system not yet taken.
	for range 10 {
		if master, slave, err = pty.Open(); !errors.Is(err, unix.EBUSY) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return nil, nil, err
	}
	// pty.Open leaves it blocking, and then Close would not end a Read.
	if err := control(master, func(fd int) error { return unix.SetNonblock(fd, true) }); err != nil {
		_, _ = master.Close(), slave.Close()
		return nil, nil, fmt.Errorf("preparing a terminal: %w", err)
	}
	return master, slave, nil
}

func (p *process) close() {
	for _, f := range []*os.File{p.outer, p.line, p.inner, p.terminal} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// run gives the board one life after another until ctx ends.
func (p *process) run(ctx context.Context) error {
	defer p.close()
	// Nobody may seem to listen when nobody does: what a board says to a closed port is lost.
	_ = p.line.Close()
	ctx, fail := context.WithCancel(ctx)
	defer fail()
	p.powerOff = fail
	var pumps sync.WaitGroup
	pumps.Go(p.pumpToBoard)
	pumps.Go(p.pumpToHost)
	defer pumps.Wait()
	defer p.unplug()
	defer p.inner.Close()

	boot := "hard"
	early := 0
	for {
		if boot == "hard" {
			// The radio forgets with the power.
			_ = os.Remove(filepath.Join(p.dir, "wifi.json"))
		}
		started := time.Now()
		code, err := p.live(ctx, boot)
		if ctx.Err() != nil {
			return nil
		}
		switch code {
		case powerFailure:
			return nil
		case softReset:
			boot = "soft"
		case softResetRaw:
			boot = "soft-raw"
		case hardReset:
			boot = "hard"
			p.say(p.model.rom)
		default:
			// A ^C can hit C code of this MicroPython that a board's never hits, and leave it of no use.
			if early++; time.Since(started) > time.Second {
				early = 0
			} else if early > 1 {
				return fmt.Errorf("micropython ended at once: %w: %s", err, p.last.String())
			}
			boot = "hard"
			p.say("Guru Meditation Error: Core 0 panic'ed\nRebooting...\n")
		}
	}
}

// live runs the chip from one reset to the next.
func (p *process) live(ctx context.Context, boot string) (int, error) {
	if err := makeRaw(p.terminal, true); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, p.runtimePath, "-X", heap, filepath.Join(p.dir, "hw", "rom.py"), p.dir, boot)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.terminal, p.terminal, p.terminal
	// Its own session with the terminal as the controlling one: only so does ^C reach running code.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "MICROPYPATH=" + filepath.Join(p.dir, "hw")}
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), err
	}
	return 0, err
}

// say is the ROM's voice: through the chip's own terminal, so behind all that the program said before.
func (p *process) say(text string) { _, _ = p.terminal.WriteString(text) }

// pumpToBoard moves what the host sends through the line into the board's receive buffer.
func (p *process) pumpToBoard() {
	rx := receiver{
		terminal: p.inner, ring: p.model.ring,
		unread: func() int { return unread(p.terminal) }, reading: func() bool { return !interruptible(p.terminal) },
	}
	buf := make([]byte, chunk)
	for {
		outer := p.plugged()
		if outer == nil {
			return
		}
		n, err := outer.Read(buf)
		if err != nil { // nobody has the port open, or it is gone
			time.Sleep(pollUnheard)
			continue
		}
		n, broken := p.cross(n)
		p.toBoard.send(n)
		p.tell("host", buf[:n])
		rx.put(buf[:n])
		if broken {
			p.pull(outer)
		}
	}
}

// pumpToHost moves what the board says onto the line, and loses it where nobody has the port open.
func (p *process) pumpToHost() {
	buf := make([]byte, 1024)
	for {
		n, err := p.inner.Read(buf)
		if err != nil {
			return
		}
		p.last.Write(buf[:n])
		for data := range slices.Chunk(buf[:n], chunk) {
			p.deliver(data)
		}
	}
}

// pollUnheard is how often a closed port is looked at for someone who opened it.
const pollUnheard = 5 * time.Millisecond

func (p *process) deliver(data []byte) {
	p.toHost.send(len(data))
	p.tell("board", data)
	outer := p.plugged()
	if outer == nil || unheard(outer) {
		return
	}
	n, broken := p.cross(len(data))
	_ = outer.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = outer.Write(data[:n])
	if broken {
		p.pull(outer)
	}
}

// pull is the accident with the cable.
func (p *process) pull(outer *os.File) {
	if p.cut.Powers {
		p.powerOff()
		_ = outer.Close()
		return
	}
	if err := p.plug(); err == nil {
		_ = p.line.Close()
		_ = p.pluggedIn(p.line.Name())
	}
	_ = outer.Close()
}

func (p *process) tell(direction string, data []byte) {
	if p.trace != nil {
		p.tracing.Lock()
		defer p.tracing.Unlock()
		p.trace(direction, data)
	}
}

// tail keeps the end of what was written to it.
type tail struct {
	mu   sync.Mutex
	data []byte
}

func (t *tail) Write(data []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.data = append(t.data, data...)
	if extra := len(t.data) - 1000; extra > 0 {
		t.data = t.data[extra:]
	}
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.data)
}
