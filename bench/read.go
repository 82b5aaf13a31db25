//go:build linux || darwin

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	readBoards = 200
	deadBoards = 20
)

// reads measures "mpctl read light" for many boards that are named, some of them dead: half of the dead ones accept a
// connection and never answer, the others accept none. Then it measures the same for remembered boards.
func reads(ctx context.Context, _ time.Duration) error {
	dir, mpctl, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var named []string
	for i := range readBoards {
		address := fmt.Sprintf("127.1.%d.%d:80", i/100, 1+i%100)
		var stop io.Closer
		switch {
		case i >= readBoards-deadBoards && i%2 == 0:
			stop, err = listenFull(address)
		case i >= readBoards-deadBoards:
			stop, err = net.Listen("tcp4", address)
		default:
			stop, err = fakeBoard(address, fmt.Sprintf("board-%d", i), fmt.Sprintf("b0a4d%07x", i))
		}
		if err != nil {
			return err
		}
		defer stop.Close()
		named = append(named, address)
	}
	w := table("read light", "first row", "row of the last live board", "all")
	for _, c := range []struct {
		name   string
		boards []string
	}{{fmt.Sprintf("%d named, %d of them dead", readBoards, deadBoards), named}, {"those remembered", nil}} {
		for range rounds {
			first, live, all, err := timeRows(ctx, exec.CommandContext(ctx, mpctl, append([]string{"read", "light"}, c.boards...)...), filepath.Join(dir, "cache"))
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "%s\t%v\t%v\t%v\t\n", c.name, first, live, all)
		}
	}
	return w.Flush()
}

// timeRows runs a read. It returns the times until the row of the first board, of the last live board, and the end.
func timeRows(ctx context.Context, cmd *exec.Cmd, cache string) (first, live, all time.Duration, err error) {
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+cache)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, 0, 0, err
	}
	began := time.Now()
	since := func() time.Duration { return time.Since(began).Round(time.Millisecond) }
	if err := cmd.Start(); err != nil {
		return 0, 0, 0, err
	}
	rows := 0
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if !strings.Contains(lines.Text(), "\t1234\t") {
			continue
		}
		rows++
		if live = since(); rows == 1 {
			first = live
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	switch {
	case rows != readBoards-deadBoards:
		return 0, 0, 0, fmt.Errorf("mpctl read gave the rows of %d boards: %w", rows, errors.Join(err, ctx.Err()))
	case err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 4):
		return 0, 0, 0, err
	}
	return first, live, since(), nil
}

// fakeBoard starts a server that answers like a board.
func fakeBoard(address, name, id string) (io.Closer, error) {
	listener, err := net.Listen("tcp4", address)
	if err != nil {
		return nil, err
	}
	answer := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }
	}
	mux := http.NewServeMux()
	mux.Handle("/api/info", answer(fmt.Sprintf(`{"api":1,"name":%q,"id":%q,"sensors":[{"name":"light","unit":"raw"}]}`, name, id)))
	mux.Handle("/api/read/light", answer(`{"sensor":"light","value":1234,"unit":"raw","min":0,"max":4095}`))
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	return server, nil
}

// closers closes several things at once.
type closers []io.Closer

func (all closers) Close() error {
	var err error
	for _, c := range all {
		err = errors.Join(err, c.Close())
	}
	return err
}

// listenFull listens at an address where every connection attempt times out: the queue is full, and nothing accepts
// from it.
func listenFull(address string) (io.Closer, error) {
	addr, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return nil, err
	}
	unix.CloseOnExec(fd)
	all := closers{os.NewFile(uintptr(fd), address)}
	err = errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}), unix.Listen(fd, 0))
	for err == nil {
		var conn net.Conn
		if conn, err = net.DialTimeout("tcp4", address, 200*time.Millisecond); err == nil {
			all = append(all, conn)
		}
	}
	var refused net.Error
	if errors.As(err, &refused) && refused.Timeout() {
		return all, nil
	}
	return nil, errors.Join(err, all.Close())
}
