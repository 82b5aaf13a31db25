package mdnstest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"mpctl/internal/need"
	"mpctl/internal/netns"
)

// Peers is the folder into which get-peers.sh unpacked other responders; the test is skipped without it.
func Peers(t testing.TB) string {
	t.Helper()
	start, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		peers := filepath.Join(dir, ".tools", "peers")
		if _, err := os.Stat(filepath.Join(peers, "complete")); err == nil {
			return filepath.Join(peers, "root")
		}
		if dir == filepath.Dir(dir) {
			need.Missing(t, "no Avahi and python3-zeroconf: run 'make tools'")
		}
	}
}

// Avahi is an avahi-daemon on the test's own loopback.
type Avahi struct {
	t    testing.TB
	root string
	env  []string
	log  string
}

// In a mount namespace of its own the daemon finds the user that it asks for and its services, and a /run that it may
// write in.
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

// Service is a service as an administrator writes it into a file for Avahi: its name, type, port and TXT record.
type Service struct {
	Name, Type string
	Port       int
	TXT        []string
}

func (s Service) file() string {
	text := fmt.Sprintf("<service-group><name>%s</name><service><type>%s</type><port>%d</port>", s.Name, s.Type, s.Port)
	for _, t := range s.TXT {
		text += "<txt-record>" + t + "</txt-record>"
	}
	return text + "</service></service-group>\n"
}

// StartAvahi starts the daemon with a host name and waits until it answers for it. It ends with the test.
func StartAvahi(t testing.TB, name string, services ...Service) *Avahi {
	t.Helper()
	netns.Require(t)
	root, dir := Peers(t), t.TempDir()
	a := &Avahi{t: t, root: root, log: filepath.Join(dir, "log")}
	libraries, err := filepath.Glob(filepath.Join(root, "usr", "lib", "*-linux-*"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(root, "lib", "*-linux-*"))
	if err != nil {
		t.Fatal(err)
	}
	bus := filepath.Join(dir, "bus")
	a.env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS=unix:path="+bus, "LC_ALL=C.UTF-8",
		"LD_LIBRARY_PATH="+strings.Join(append(libraries, more...), ":"))
	files := map[string]string{
		"etc/passwd": "root:x:0:0::/:/bin/sh\navahi:x:0:0::/:/bin/sh\n", "etc/group": "root:x:0:\navahi:x:0:\n",
		"avahi.conf": fmt.Sprintf(avahiConfig, name), "bus.conf": fmt.Sprintf(busConfig, bus), "log": "",
	}
	for i, s := range services {
		files[fmt.Sprintf("etc/avahi/services/%d.service", i)] = s.file()
	}
	if err := os.MkdirAll(filepath.Join(dir, "etc", "avahi", "services"), 0o700); err != nil {
		t.Fatal(err)
	}
	for file, text := range files {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	a.start(0, filepath.Join(root, "usr", "bin", "dbus-daemon"), "--nofork", "--nosyslog", "--config-file="+filepath.Join(dir, "bus.conf"))
	a.await("the bus", func() bool { _, err := os.Stat(bus); return err == nil })
	a.start(syscall.CLONE_NEWNS, "/bin/sh", "-c", avahiScript, "sh", dir, root)
	a.await(name+".local", func() bool { return strings.Contains(a.Run("avahi-resolve", "-4", "-n", name+".local"), "127.0.0.1") })
	return a
}

func (a *Avahi) start(namespaces uintptr, program string, args ...string) {
	a.t.Helper()
	cmd := exec.CommandContext(a.t.Context(), program, args...)
	cmd.Env = a.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	if err := cmd.Start(); err != nil {
		a.t.Fatal(err)
	}
	// The test's context has ended by the time of the cleanup, and so has the program.
	a.t.Cleanup(func() { _ = cmd.Wait() })
}

func (a *Avahi) await(what string, there func() bool) {
	a.t.Helper()
	for end := time.Now().Add(Patience); !there(); {
		if time.Now().After(end) {
			a.t.Fatalf("Avahi: no %s: %s", what, a.Log())
		}
	}
}

// Run runs one of Avahi's programs and returns what it printed, errors too.
func (a *Avahi) Run(program string, args ...string) string {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, filepath.Join(a.root, "usr", "bin", program), args...)
	cmd.Env = a.env
	out, _ := cmd.CombinedOutput() // what is not found is a failure to them, and nothing unusual here
	return string(out)
}

// Log is what the daemon has complained about so far.
func (a *Avahi) Log() string {
	a.t.Helper()
	data, err := os.ReadFile(a.log)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(data)
}
