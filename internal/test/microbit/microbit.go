//go:build linux

// Package microbit runs, for tests, a MicroPython that nobody here wrote: Debian's firmware for the BBC micro:bit
// (1.9.2, 10 KB of heap, no raw-paste mode, a flat file system, no network) on QEMU's model of that board.
package microbit

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"mpctl/internal/test/need"
)

// Start starts a micro:bit with an empty file system and returns the path of its serial port. It ends with the test.
func Start(t testing.TB) (port string) {
	t.Helper()
	run := tool()
	if _, err := os.Stat(run); err != nil {
		need.Missing(t, "there is no QEMU with a micro:bit: run 'make tools' on Debian or Ubuntu")
	}
	// The other end stays open here too: only so can the board speak before someone listens, and after.
	line, other, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(run, "-serial", "stdio")
	var said bytes.Buffer
	cmd.Stderr = &said
	stdin, toBoard, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout = stdin, line
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = stdin.Close()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = other.Close()
		_ = line.Close()
		if t.Failed() && said.Len() > 0 {
			t.Logf("QEMU said: %s", said.String())
		}
	})
	go pace(toBoard, line)
	return other.Name()
}

// pace moves bytes at the speed of a line of 115200 baud, and only when the ones before have been taken: all that a
// computer is late with would come at once, which is more than the firmware's receive buffer of 64 bytes holds.
func pace(w *os.File, r io.Reader) {
	defer w.Close()
	buf := make([]byte, 16)
	for {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		time.Sleep(time.Duration(n) * 10 * time.Second / 115200)
		for waiting(w) {
			time.Sleep(time.Millisecond)
		}
		if _, err := w.Write(buf[:n]); err != nil {
			return
		}
	}
}

// waiting reports whether there are bytes in a pipe.
func waiting(pipe *os.File) bool {
	n := 0
	raw, err := pipe.SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { n, _ = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
	}
	return err == nil && n > 0
}

// tool is what get-microbit.sh makes, in the source folder that this file is in.
func tool() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..", ".tools", "microbit", "run")
}
