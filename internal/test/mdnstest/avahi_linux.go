package mdnstest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mpctl/internal/test/need"
	"mpctl/internal/test/netns"
)

// Peers returns the folder into which get-peers.sh has unpacked other responders. Without it the test is skipped.
func Peers(t testing.TB) string {
	t.Helper()
	root, err := peers()
	if err != nil {
		need.Missing(t, err.Error())
	}
	return root
}

func peers() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		folder := filepath.Join(dir, ".tools", "peers")
		if _, err := os.Stat(filepath.Join(folder, "complete")); err == nil {
			return filepath.Join(folder, "root"), nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("no Avahi and python3-zeroconf: run 'make tools'")
		}
	}
}

// Avahi is an avahi-daemon on loopback.
type Avahi struct {
	ctx      context.Context // The daemon ends with it.
	root     string          // of the unpacked packages
	env      []string
	dir      string // of the daemon's files
	commands []*exec.Cmd
}

// The daemon gets a mount namespace of its own, where /etc has its user and its services and /run is writable.
const avahiScript = `set -e
mount --bind "$1/etc" /etc
mount -t tmpfs none /run
exec "$2/usr/sbin/avahi-daemon" -f "$1/avahi.conf" --no-drop-root --no-chroot --no-rlimits >"$1/log" 2>&1`

const avahiConfig = `[server]
host-name=%s
allow-interfaces=lo
use-ipv6=no
[publish]
publish-workstation=no
[rlimits]
`

const busConfig = `<busconfig><type>session</type><listen>unix:path=%s</listen>
<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
`

// Service is a service that Avahi announces.
type Service struct {
	Name, Type string // desk, _mpctl._tcp
	Port       int
	TXT        []string
}

// file returns the service as a file for Avahi.
func (s Service) file() string {
	file := fmt.Sprintf("<service-group><name>%s</name><service><type>%s</type><port>%d</port>", s.Name, s.Type, s.Port)
	for _, t := range s.TXT {
		file += "<txt-record>" + t + "</txt-record>"
	}
	return file + "</service></service-group>\n"
}

// StartAvahi starts a daemon with a host name, and waits until the daemon answers for that name. It ends with the test.
func StartAvahi(t testing.TB, name string, services ...Service) *Avahi {
	t.Helper()
	netns.Require(t)
	Peers(t)
	a, err := RunAvahi(t.Context(), name, services...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Wait)
	return a
}

// RunAvahi is StartAvahi for programs that are no tests. The daemon ends with ctx.
func RunAvahi(ctx context.Context, name string, services ...Service) (*Avahi, error) {
	root, err := peers()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "avahi-")
	if err != nil {
		return nil, err
	}
	a := &Avahi{ctx: ctx, root: root, dir: dir}
	if err := a.begin(name, services); err != nil {
		return nil, fmt.Errorf("starting Avahi: %w: %s", err, a.Log())
	}
	return a, nil
}

func (a *Avahi) begin(name string, services []Service) error {
	libraries, err := filepath.Glob(filepath.Join(a.root, "usr", "lib", "*-linux-*"))
	if err != nil {
		return err
	}
	more, err := filepath.Glob(filepath.Join(a.root, "lib", "*-linux-*"))
	if err != nil {
		return err
	}
	bus := filepath.Join(a.dir, "bus")
	a.env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS=unix:path="+bus, "LC_ALL=C.UTF-8",
		"LD_LIBRARY_PATH="+strings.Join(append(libraries, more...), ":"))
	files := map[string]string{
		"etc/passwd": "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\navahi:x:0:\n",
		"avahi.conf": fmt.Sprintf(avahiConfig, name), "bus.conf": fmt.Sprintf(busConfig, bus), "log": "",
	}
	for i, s := range services {
		files[fmt.Sprintf("etc/avahi/services/%d.service", i)] = s.file()
	}
	if err := os.MkdirAll(filepath.Join(a.dir, "etc", "avahi", "services"), 0o700); err != nil {
		return err
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(a.dir, file), []byte(text), 0o600); err != nil {
			return err
		}
	}
	err = a.start(0, filepath.Join(a.root, "usr", "bin", "dbus-daemon"), "--nofork", "--nosyslog", "--config-file="+filepath.Join(a.dir, "bus.conf"))
	if err != nil {
		return err
	}
	if err := await("bus", func() bool { _, err := os.Stat(bus); return err == nil }); err != nil {
		return err
	}
	if err := a.start(syscall.CLONE_NEWNS, "/bin/sh", "-c", avahiScript, "sh", a.dir, a.root); err != nil {
		return err
	}
	return await(name+".local", func() bool { return strings.Contains(a.Run("avahi-resolve", "-4", "-n", name+".local"), "127.0.0.1") })
}

func (a *Avahi) start(namespaces uintptr, program string, args ...string) error {
	cmd := exec.CommandContext(a.ctx, program, args...)
	cmd.Env = a.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	if err := cmd.Start(); err != nil {
		return err
	}
	a.commands = append(a.commands, cmd)
	return nil
}

// Wait waits until the context has ended and the daemon with it.
func (a *Avahi) Wait() {
	for _, cmd := range a.commands {
		_ = cmd.Wait()
	}
	_ = os.RemoveAll(a.dir)
}

// await waits for a condition. It returns an error that names what is missing when that takes too long.
func await(what string, isMet func() bool) error {
	for end := time.Now().Add(Timeout); !isMet(); {
		if time.Now().After(end) {
			return fmt.Errorf("there is no %s", what)
		}
	}
	return nil
}

// Run runs one of Avahi's programs and returns what it printed, errors too.
func (a *Avahi) Run(program string, args ...string) string {
	ctx, cancel := context.WithTimeout(a.ctx, Timeout)
	defer cancel()
	out, _ := a.Command(ctx, program, args...).CombinedOutput() // They fail when they find nothing, which a test may expect.
	return string(out)
}

// Command returns one of Avahi's programs, to be started.
func (a *Avahi) Command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(a.root, "usr", "bin", program), args...)
	cmd.Env = a.env
	return cmd
}

// Log returns what the daemon has logged so far.
func (a *Avahi) Log() string {
	data, err := os.ReadFile(filepath.Join(a.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(data)
}
