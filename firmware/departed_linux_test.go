package firmware_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"
)

// Whoever has left takes no place from whoever is there, even when the firmware learns of both at once.
func TestDeparted(t *testing.T) {
	b := startWired(t)
	for name, departs := range map[string]func() (net.Conn, error){
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
			// Whether the firmware looks at the departed or at the newcomer first is a matter of addresses.
			for range 20 {
				if err := b.departure(departs); err != nil {
					t.Fatal(err)
				}
				eventually(t, "all have gone", func() bool { return b.sockets(t) == b.resting })
			}
		})
	}
}

// departure fills the board with slow clients and one that departs at the moment when another comes. All slow ones
// are answered in the end.
func (b *wiredBoard) departure(departs func() (net.Conn, error)) error {
	var slow []*net.TCPConn
	for range slots - 1 {
		conn, err := b.send("GET /api/read/light HTTP/1.1\r\n")
		if err != nil {
			return err
		}
		defer conn.Close()
		slow = append(slow, conn)
	}
	departing, err := departs()
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
