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

// The exit codes of a MicroPython process, which say why it ended; see hw/world.py.
const (
	hardReset    = 81
	softReset    = 82
	softResetRaw = 83
	powerFailure = 84
)

// heap is the size of MicroPython's heap. A mPython board has about 97 KB free at its prompt; the rest is for the modules
// in hw/, which a board does not have.
const heap = "heapsize=132k"

// process plays the chip: one MicroPython process after another at the same serial line.
type process struct {
	dir, runtimePath string
	model            model
	cable
	inner, terminal *os.File // master and slave of the pty that is MicroPython's terminal
	toBoard, toHost *uart
	lastOutput      tail // the end of the chip's output, for the error if it fails
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
	// EBUSY: another program has just closed a terminal of that number, and the system has not freed it yet.
	for range 10 {
		if master, slave, err = pty.Open(); !errors.Is(err, unix.EBUSY) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return nil, nil, err
	}
	// pty.Open leaves the master blocking; Close would not end a Read then.
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

// run starts a MicroPython process after every reset, until ctx ends or the power fails.
func (p *process) run(ctx context.Context) error {
	defer p.close()
	// An open slave would look like a listener. Output of a board to a closed port is lost.
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
			// A hard reset clears the state of the radio.
			_ = os.Remove(filepath.Join(p.dir, "wifi.json"))
		}
		started := time.Now()
		code, err := p.runOnce(ctx, boot)
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
			p.print(p.model.rom)
		default:
			// ^C can interrupt C code of this MicroPython that it never interrupts on a board, and crash it.
			if early++; time.Since(started) > time.Second {
				early = 0
			} else if early > 1 {
				return fmt.Errorf("micropython ended at once: %w: %s", err, p.lastOutput.String())
			}
			boot = "hard"
			p.print("Guru Meditation Error: Core 0 panic'ed\nRebooting...\n")
		}
	}
}

// runOnce runs MicroPython until its next reset, and returns its exit code.
func (p *process) runOnce(ctx context.Context, boot string) (int, error) {
	if err := makeRaw(p.terminal, true); err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, p.runtimePath, "-X", heap, filepath.Join(p.dir, "hw", "rom.py"), p.dir, boot)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = p.terminal, p.terminal, p.terminal
	// ^C interrupts running code only if the terminal is the controlling one of the process's session.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + p.dir, "MICROPYPATH=" + filepath.Join(p.dir, "hw")}
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.Exited() {
		return exit.ExitCode(), err
	}
	return 0, err
}

// print prints what the chip's ROM prints. It goes through MicroPython's terminal, behind all earlier output.
func (p *process) print(text string) { _, _ = p.terminal.WriteString(text) }

// pumpToBoard moves the host's output through the line into the board's receive buffer.
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
		if err != nil { // no program has the port open, or the cable is unplugged
			time.Sleep(pollUnheard)
			continue
		}
		n, broken := p.cross(n)
		p.toBoard.send(n)
		p.traceLine("host", buf[:n])
		rx.put(buf[:n])
		if broken {
			p.pull(outer)
		}
	}
}

// pumpToHost moves the board's output through the line to the host. It is lost while no program has the port open.
func (p *process) pumpToHost() {
	buf := make([]byte, 1024)
	for {
		n, err := p.inner.Read(buf)
		if err != nil {
			return
		}
		p.lastOutput.Write(buf[:n])
		for data := range slices.Chunk(buf[:n], chunk) {
			p.deliver(data)
		}
	}
}

// pollUnheard is the interval of checking whether a program has opened the port.
const pollUnheard = 5 * time.Millisecond

func (p *process) deliver(data []byte) {
	p.toHost.send(len(data))
	p.traceLine("board", data)
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

// pull pulls the cable, as Config.Cut says.
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

func (p *process) traceLine(direction string, data []byte) {
	if p.trace != nil {
		p.tracing.Lock()
		defer p.tracing.Unlock()
		p.trace(direction, data)
	}
}

// tail keeps the last 1000 bytes that were written to it.
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
