//go:build linux || darwin

package wired

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

// Server is a running server, the firmware or another.
type Server struct {
	Address string // host:port
	cmd     *exec.Cmd
	ended   chan struct{} // closed when it prints no more

	mu   sync.Mutex
	said strings.Builder
}

// Serve starts the firmware and waits until it listens.
func (b *Board) Serve(ctx context.Context, heap int) (*Server, error) {
	return Start(b.Python(ctx, heap, "import main"))
}

const listening = "connect your browser to http://"

// Start starts a server that says in the firmware's words where it listens, and waits until it has said so.
func Start(cmd *exec.Cmd) (*Server, error) {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var said string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, address, found := strings.Cut(lines.Text(), listening); found {
			address = strings.TrimSuffix(address, "/")
			if !strings.Contains(address, ":") {
				address += ":80"
			}
			s := &Server{Address: address, cmd: cmd, ended: make(chan struct{})}
			go s.hear(lines)
			return s, nil
		}
		said += lines.Text() + "\n"
	}
	_ = cmd.Wait()
	return nil, fmt.Errorf("it does not listen: %s", said)
}

func (s *Server) hear(lines *bufio.Scanner) {
	defer close(s.ended)
	for lines.Scan() {
		s.mu.Lock()
		s.said.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
	}
}

// Said is what the server has printed since it listens.
func (s *Server) Said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.String()
}

// Pid is the server's process.
func (s *Server) Pid() int { return s.cmd.Process.Pid }

// Stop ends the server at once, as pulling the plug does.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill()
	<-s.ended
	_ = s.cmd.Wait()
}
