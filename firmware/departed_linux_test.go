package firmware_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
)

// A client that has left takes no place from a new client, even when the firmware learns of both at once.
func TestDeparted(t *testing.T) {
	b := startWired(t)
	for name, connect := range map[string]func() (net.Conn, error){
		"after an error": func() (net.Conn, error) {
			conn, err := b.send("DELETE / HTTP/1.1\r\n\r\n")
			if err == nil {
				_, err = b.read(conn, "DELETE")
			}
			return conn, err
		},
		"stream": func() (net.Conn, error) {
			conn, _, err := openStream(b.client)
			return conn, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Which of the two sockets the firmware sees first depends on memory addresses, so try several times.
			for range 20 {
				if err := b.departure(connect); err != nil {
					t.Fatal(err)
				}
				eventually(t, "all sockets are closed", func() bool { return b.sockets(t) == b.idleSockets })
			}
		})
	}
}

// departure fills the board with slow clients and one that leaves at the moment when a new client comes. The new client
// and all slow ones must be answered.
func (b *wiredBoard) departure(connect func() (net.Conn, error)) error {
	var slow []*net.TCPConn
	for range maxClients - 1 {
		conn, err := b.send("GET /api/read/light HTTP/1.1\r\n")
		if err != nil {
			return err
		}
		defer conn.Close()
		slow = append(slow, conn)
	}
	departing, err := connect()
	if err != nil {
		return err
	}
	if err := syscall.Kill(b.Pid(), syscall.SIGSTOP); err != nil {
		return err
	}
	departing.Close()
	next, err := b.send("GET /api/read/light HTTP/1.1\r\n\r\n")
	if err := errors.Join(err, syscall.Kill(b.Pid(), syscall.SIGCONT)); err != nil {
		return err
	}
	defer next.Close()
	if a, err := b.read(next, "GET"); err != nil || a.status != 200 {
		return fmt.Errorf("the newcomer: status %d, %v; want 200", a.status, err)
	}
	for i, conn := range slow {
		if _, err := io.WriteString(conn, "\r\n"); err != nil {
			return err
		}
		if a, err := b.read(conn, "GET"); err != nil || a.status != 200 {
			return fmt.Errorf("slow client %d: status %d, %v; want 200", i+1, a.status, err)
		}
	}
	return nil
}
