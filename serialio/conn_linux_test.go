package serialio

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/creack/pty"

	"mpctl/internal/test/need"
)

func openPTY(t *testing.T) (master *os.File, path string) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close(); slave.Close() })
	return master, slave.Name()
}

func TestOpen(t *testing.T) {
	master, path := openPTY(t)
	conn, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("\r\x03\x04\n")); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 16)
	if n, err := master.Read(got); err != nil || string(got[:n]) != "\r\x03\x04\n" {
		t.Fatalf("the other end read %q, %v: the line is not raw", got[:n], err)
	}
	if err := conn.SetReadTimeout(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(got); n != 0 || err != nil {
		t.Fatalf("Read of nothing = %d, %v", n, err)
	}
	if _, err := Open(path); !as[*BusyError](err) {
		t.Fatalf("second Open = %v, want a BusyError", err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(path)
	if err != nil {
		t.Fatalf("Open after Close: %v", err)
	}
	again.Close()
}

func TestOpenErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open("/dev/ttyNothing0"); !as[*NotFoundError](err) {
		t.Errorf("Open of nothing = %v", err)
	}
	for _, path := range []string{file, "/dev/null", "/dev"} {
		if _, err := Open(path); !as[*NotSerialError](err) {
			t.Errorf("Open(%s) = %v, want a NotSerialError", path, err)
		}
	}
}

func TestBusyNamesTheProgram(t *testing.T) {
	_, path := openPTY(t)
	// flock(1) holds the same lock that pyserial takes.
	program := need.Program(t, "flock", "util-linux")
	cmd := exec.Command(program, "--exclusive", "--nonblock", path, "sh", "-c", "echo; read _")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stdin.Close(); _ = cmd.Wait() }()
	if _, err := stdout.Read(make([]byte, 1)); err != nil { // it has the lock
		t.Fatal(err)
	}
	_, err = Open(path)
	var busy *BusyError
	if !errors.As(err, &busy) || busy.Program == "" || busy.PID == 0 {
		t.Fatalf("Open = %v, want a BusyError with a program", err)
	}
}

func TestGone(t *testing.T) {
	master, path := openPTY(t)
	conn, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	master.Close()
	_, err = Enter(t.Context(), conn)
	var gone *GoneError
	if !errors.As(err, &gone) || gone.Path != path {
		t.Fatalf("Enter on a port that vanished = %v, want a GoneError", err)
	}
}

func TestPermissionHint(t *testing.T) {
	file := filepath.Join(t.TempDir(), "port")
	if err := os.WriteFile(file, nil, 0o660); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(file, 0o660); err != nil {
		t.Fatal(err)
	}
	if group := owningGroup(file); group == "" {
		t.Error("a file that a group may use has no group")
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if group := owningGroup(file); group != "" {
		t.Errorf("owningGroup = %q for a file that no group may use", group)
	}
}
