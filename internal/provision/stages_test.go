//go:build linux || darwin

package provision

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"mpctl/firmware"
	"mpctl/internal/boards"
	"mpctl/internal/test/netns"
	"mpctl/serialio"
	"mpctl/sim"
)

// Of the simulated network that the tests join.
const (
	testSSID     = "classroom"
	testPassword = "chalk and cheese"
)

var testCredentials = Credentials{testSSID, testPassword, true}

// startBoard runs a blank simulated board until the test ends.
func startBoard(t *testing.T, c sim.Config) *sim.Board {
	t.Helper()
	netns.Require(t)
	c.Blank, c.Baud = true, 1_000_000
	if c.Model == "" {
		c.Model = sim.ESP32
	}
	// t.Context ends before the cleanups, in which a target is still closed.
	b, err := sim.Start(context.WithoutCancel(t.Context()), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Errorf("the board ended with: %v", err)
		}
	})
	return b
}

// loopback is the network of the simulated boards. It remembers the ports of the boards that were found.
type loopback struct {
	*boards.Finder
	ports []serialio.Port
}

func (l *loopback) RememberPort(_ context.Context, _ boards.Board, port serialio.Port) {
	l.ports = append(l.ports, port)
}

func newProvisioner(t *testing.T) (*Provisioner, *journal) {
	reporter := &journal{t: t}
	return &Provisioner{Reporter: reporter, Network: &loopback{Finder: boards.New(boards.Options{})}}, reporter
}

func probe(t *testing.T, p *Provisioner, port string) *Target {
	t.Helper()
	target, err := p.Probe(t.Context(), serialio.Port{Path: port})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { target.Close(context.WithoutCancel(t.Context())) })
	return target
}

// apply plans and applies.
func apply(t *testing.T, target *Target, o Options) (Started, error) {
	t.Helper()
	plan, err := target.Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	return target.Apply(t.Context(), plan)
}

func onBoard(b *sim.Board, path string) string { return filepath.Join(b.Flash(), path) }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// All stages, as mpctl provision runs them, and once more on the board that they have left.
func TestProvision(t *testing.T) {
	t.Parallel()
	b := startBoard(t, sim.Config{Model: sim.MPython, Light: pointer(1234)})
	p, reporter := newProvisioner(t)
	target := probe(t, p, b.Port())
	if target.Board.ID != b.ID() || target.Name() != "" || target.Port().Path != b.Port() {
		t.Errorf("probed %+v, %q at %v", target.Board, target.Name(), target.Port())
	}
	plan, err := target.Plan(Options{Credentials: testCredentials, Name: "desk"})
	if err != nil || plan.Name != "desk" || plan.Ask {
		t.Fatalf("plan = %+v, %v", plan, err)
	}
	started, err := target.Apply(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	if started.ID != b.ID() || started.Name != "desk" || started.Addr.Addr() != b.Addr() {
		t.Errorf("started = %+v", started)
	}
	r, err := p.Verify(t.Context(), started)
	if err != nil {
		t.Fatal(err)
	}
	if r.Board.Name != "desk" || r.Reading == nil || r.Reading.Value == nil || *r.Reading.Value != 1234 {
		t.Errorf("result = %+v", r)
	}
	if got, want := reporter.names(), "port board firmware wifi config restart found reading"; got != want {
		t.Errorf("steps = %s, want %s", got, want)
	}
	if got := p.Network.(*loopback).ports; !slices.Equal(got, []serialio.Port{target.Port()}) {
		t.Errorf("remembered ports = %v", got)
	}
	fields := reporter.step(StepFirmware).Fields
	if fields["fw"] != firmware.Version() || fields["files"] != len(plan.Files) {
		t.Errorf("fields of the firmware = %v", fields)
	}
	target.Close(t.Context())
	reporter.checkSecret(testPassword, nil)

	// A second time there is nothing to send, and the board knows its network.
	p, reporter = newProvisioner(t)
	target = probe(t, p, b.Port())
	if target.Name() != "desk" {
		t.Errorf("name = %q", target.Name())
	}
	plan, err = target.Plan(Options{})
	if err != nil || plan.Ask || plan.Name != "desk" {
		t.Fatalf("plan = %+v, %v", plan, err)
	}
	if paths, err := target.Compare(t.Context(), plan); err != nil || len(paths) > 0 {
		t.Errorf("Compare = %q, %v", paths, err)
	}
	if started, err = target.Apply(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(t.Context(), started); err != nil {
		t.Fatal(err)
	}
	if got, want := reporter.names(), "port board firmware firmware config restart found reading"; got != want {
		t.Errorf("steps = %s, want %s", got, want)
	}
	if reporter.step(StepConfig).Fields["changed"] != false || reporter.step(StepFirmware).Fields["files"] != 0 {
		t.Errorf("steps of an unchanged board = %+v", reporter.steps)
	}
}

// What doctor does: look at the board on the cable, let it go on, and verify it by its id alone.
func TestProbeAndVerifyAlone(t *testing.T) {
	t.Parallel()
	b := startBoard(t, sim.Config{Light: pointer(7)})
	p, _ := newProvisioner(t)
	target := probe(t, p, b.Port())
	if _, err := apply(t, target, Options{Credentials: testCredentials, LightPin: pointer(34)}); err != nil {
		t.Fatal(err)
	}
	target.Close(t.Context())

	p, reporter := newProvisioner(t)
	target = probe(t, p, b.Port())
	target.Close(t.Context())
	r, err := p.Verify(t.Context(), Started{ID: b.ID()})
	if err != nil || r.Board.ID != b.ID() || r.Reading == nil {
		t.Errorf("result = %+v, %v", r, err)
	}
	if got, want := reporter.names(), "port board found reading"; got != want {
		t.Errorf("steps = %s, want %s", got, want)
	}
}

func TestCompareChangesNothing(t *testing.T) {
	t.Parallel()
	b := startBoard(t, sim.Config{})
	p, reporter := newProvisioner(t)
	target := probe(t, p, b.Port())
	plan, err := target.Plan(Options{NoWiFi: true})
	if err != nil {
		t.Fatal(err)
	}
	paths, err := target.Compare(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range plan.Files {
		want = append(want, f.Path)
	}
	if diff := cmp.Diff(append(want, settingsPath), paths); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
	if reporter.names() != "port board firmware" {
		t.Errorf("steps = %s", reporter.names())
	}
	target.Close(t.Context())
	if exists(onBoard(b, "lib")) || exists(onBoard(b, "main.py")) || exists(onBoard(b, "mpctl.json")) {
		t.Error("files were written")
	}
}

// Where nobody is there to ask, what is missing is an error before anything is written.
func TestNobodyToAsk(t *testing.T) {
	t.Parallel()
	b := startBoard(t, sim.Config{})
	p, reporter := newProvisioner(t)
	target := probe(t, p, b.Port())
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{}, "which WiFi network?"},
		{Options{Credentials: Credentials{Password: testPassword, PasswordKnown: true}}, "which WiFi network?"},
		{Options{Credentials: Credentials{SSID: testSSID}}, `what is the password of "classroom"?`},
	} {
		_, err := apply(t, target, tt.o)
		var missing *OptionError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), tt.want) || missing.Hint() == "" {
			t.Errorf("error = %v, want an OptionError with %q", err, tt.want)
		}
		reporter.checkSecret(testPassword, err)
	}
	if reporter.names() != "port board" || exists(onBoard(b, "lib")) {
		t.Errorf("something was written; steps = %s", reporter.names())
	}
}

func TestPlanChecksTheOptions(t *testing.T) {
	t.Parallel()
	target := &Target{settings: settings{}, Board: serialio.Board{ID: "a0b1c2d3e4f5", WiFi: true, Folders: true}}
	if _, err := target.Plan(Options{Name: "No Name"}); !isA[*OptionError](err) {
		t.Errorf("a bad name: %v", err)
	}
	if plan, err := target.Plan(Options{}); err != nil || !plan.Ask || plan.Name != "mpy-d3e4f5" {
		t.Errorf("plan = %+v, %v", plan, err)
	}
	target.Board.WiFi = false
	if _, err := target.Plan(Options{}); !isA[*RejectedError](err) || !strings.Contains(err.Error(), "has no WiFi") {
		t.Errorf("without WiFi: %v", err)
	}
	if _, err := target.Plan(Options{NoWiFi: true}); err != nil {
		t.Errorf("without WiFi, which is to be left alone: %v", err)
	}
	target.Board.Folders = false
	if _, err := target.Plan(Options{NoWiFi: true}); !isA[*RejectedError](err) || !strings.Contains(err.Error(), "has no folders") {
		t.Errorf("without folders: %v", err)
	}
}

func TestPrompter(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		person person
		o      Options
		asked  []string
		steps  string
		want   func(error) bool
	}{
		"network and password": {
			person{ssid: testSSID, password: testPassword}, Options{},
			[]string{"network", "password of classroom"}, "port board firmware wifi config restart", isNil,
		},
		"open network": {
			person{ssid: "classroom-guest"}, Options{},
			[]string{"network"}, "port board firmware wifi config restart", isNil,
		},
		"password only": {
			person{password: testPassword}, Options{Credentials: Credentials{SSID: testSSID}},
			[]string{"password of classroom"}, "port board firmware wifi config restart", isNil,
		},
		"network only": {
			person{ssid: testSSID}, Options{Credentials: Credentials{Password: testPassword, PasswordKnown: true}},
			[]string{"network"}, "port board firmware wifi config restart", isNil,
		},
		"no WiFi": {
			person{}, Options{NoWiFi: true},
			nil, "port board firmware config restart", isNil,
		},
		"a password that cannot be right": {
			person{ssid: testSSID, password: "1234567"}, Options{},
			[]string{"network", "password of classroom"}, "port board firmware", isA[*OptionError],
		},
		"a wrong password": {
			person{ssid: testSSID, password: "wrong password"}, Options{},
			[]string{"network", "password of classroom"}, "port board firmware wifi!", isA[*RejectedError],
		},
		"nobody": {
			person{err: ErrNobody}, Options{},
			[]string{"network"}, "port board firmware", isA[*OptionError],
		},
		"interrupted": {
			person{err: context.Canceled}, Options{},
			[]string{"network"}, "port board firmware", func(err error) bool { return errors.Is(err, context.Canceled) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBoard(t, sim.Config{})
			p, reporter := newProvisioner(t)
			p.Prompter = &tt.person
			_, err := apply(t, probe(t, p, b.Port()), tt.o)
			if !tt.want(err) || !slices.Equal(tt.person.asked, tt.asked) || reporter.names() != tt.steps {
				t.Errorf("error = %v, asked for %q, steps %s", err, tt.person.asked, reporter.names())
			}
			if slices.Contains(tt.asked, "network") && !slices.ContainsFunc(tt.person.heard, func(w WiFi) bool { return w.SSID == testSSID && !w.Open() }) {
				t.Errorf("offered networks = %+v", tt.person.heard)
			}
			if exists(onBoard(b, "mpctl.json")) != (err == nil) {
				t.Errorf("the settings exist: %v", err != nil)
			}
			for _, secret := range []string{testPassword, "1234567", "wrong password"} {
				reporter.checkSecret(secret, err)
			}
		})
	}
}

func isNil(err error) bool { return err == nil }

// The traceback of a firmware that stops is reported, without the password that the user's own file prints.
func TestCrashedFirmware(t *testing.T) {
	t.Parallel()
	b := startBoard(t, sim.Config{})
	const code = "import json\nwith open('/mpctl.json') as f:\n password = json.load(f)['wifi'][0]['password']\nprint('mpctl: ' + password)\nraise KeyboardInterrupt(password)\n"
	if err := os.WriteFile(onBoard(b, "sensors.py"), []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{Credentials: testCredentials}, {}} { // At the second time only the board knows the password.
		p, reporter := newProvisioner(t)
		target := probe(t, p, b.Port())
		started, err := apply(t, target, o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Verify(t.Context(), started)
		target.Close(t.Context())
		var crashed *CrashedError
		if !errors.As(err, &crashed) || crashed.Exception != "KeyboardInterrupt: (secret)" || crashed.Hint() == "" {
			t.Errorf("error = %v", err)
		}
		if len(reporter.output) < 3 || !strings.HasPrefix(reporter.output[0], "Traceback") {
			t.Errorf("output = %q", reporter.output)
		}
		if !strings.HasSuffix(reporter.names(), "restart found!") {
			t.Errorf("steps = %s", reporter.names())
		}
		reporter.checkSecret(testPassword, err)
	}
}

func TestProbeFails(t *testing.T) {
	t.Parallel()
	p := &Provisioner{Reporter: &journal{t: t}}
	if _, err := p.Probe(t.Context(), serialio.Port{Path: filepath.Join(t.TempDir(), "none")}); !isA[*serialio.NotFoundError](err) {
		t.Errorf("without a port: %v", err)
	}
	if got := p.Reporter.(*journal).names(); got != "port!" {
		t.Errorf("steps = %s", got)
	}
}

// cable is a serial port whose other end the test holds.
type cable struct {
	port   string
	master *os.File
	board  atomic.Pointer[os.File] // nil: nobody listens at the other end
}

func newCable(t *testing.T) *cable {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	// The package pty leaves the file blocking, so that closing it would wait for a read of it.
	fd, err := unix.FcntlInt(master.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = master.Close()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	c := &cable{port: slave.Name(), master: os.NewFile(uintptr(fd), "cable")}
	t.Cleanup(func() {
		c.unplug()
		_ = slave.Close()
	})
	if _, err := term.MakeRaw(int(slave.Fd())); err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 1024)
		for {
			n, err := c.master.Read(buf)
			if err != nil {
				return
			}
			if board := c.board.Load(); board != nil {
				_, _ = board.Write(buf[:n])
			}
		}
	}()
	return c
}

// plugIn connects the cable to the board.
func (c *cable) plugIn(t *testing.T, b *sim.Board) {
	fd, err := unix.Open(b.Port(), unix.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Error(err)
		return
	}
	if _, err := term.MakeRaw(fd); err != nil { // Else a read of nothing may be an end of file.
		t.Error(err)
	}
	board := os.NewFile(uintptr(fd), b.Port())
	c.board.Store(board)
	go func() { _, _ = io.Copy(c.master, board) }()
}

// unplug lets the port vanish.
func (c *cable) unplug() {
	if board := c.board.Swap(nil); board != nil {
		_ = board.Close() // It ends the copying, which keeps the other file open.
	}
	_ = c.master.Close()
}

func TestNobodyToPressReset(t *testing.T) {
	t.Parallel()
	nobody := &person{}
	reporter := &journal{t: t}
	p := &Provisioner{Reporter: reporter, Prompter: nobody}
	if _, err := p.Probe(t.Context(), serialio.Port{Path: newCable(t).port}); !isA[*serialio.NoREPLError](err) {
		t.Errorf("Probe of a silent port: %v", err)
	}
	if !slices.Equal(nobody.asked, []string{"reset"}) || reporter.names() != "port board!" {
		t.Errorf("asked for %q, steps %s", nobody.asked, reporter.names())
	}
}

// A board that does not listen is waited for when somebody presses its reset button.
func TestPressReset(t *testing.T) {
	t.Parallel()
	b := startBoard(t, sim.Config{})
	silent := newCable(t)
	p, reporter := newProvisioner(t)
	p.Prompter = &person{press: func() { silent.plugIn(t, b) }}
	target := probe(t, p, silent.port)
	if target.Board.ID != b.ID() || reporter.names() != "port board" {
		t.Errorf("probed %+v, steps %s", target.Board, reporter.names())
	}
}

// A native USB port vanishes when its board restarts, and comes back under another name.
func TestFollowToAnotherPort(t *testing.T) {
	t.Parallel()
	b := startBoard(t, sim.Config{})
	p, _ := newProvisioner(t)
	before, after := newCable(t), newCable(t)
	before.plugIn(t, b)
	back := serialio.Port{Path: after.port, Serial: "s1"}
	p.Ports = func(context.Context) ([]serialio.Port, error) {
		return []serialio.Port{{Path: "/dev/other", Serial: "s2"}, back}, nil
	}
	target, err := p.Probe(t.Context(), serialio.Port{Path: before.port, Serial: "s1"})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close(context.WithoutCancel(t.Context()))
	before.unplug()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go func() { // Opening the port discards what has arrived before.
		for ctx.Err() == nil {
			_, _ = io.WriteString(after.master, "mpctl: here again\r\n")
			select {
			case <-time.After(20 * time.Millisecond):
			case <-ctx.Done():
			}
		}
	}()
	var lines []string
	target.follow(ctx, func(line string) {
		lines = append(lines, line)
		if line == "mpctl: here again" {
			cancel()
		}
	})
	if !slices.Contains(lines, "mpctl: here again") || target.Port() != back {
		t.Errorf("followed to %+v, lines = %q", target.Port(), lines)
	}
}
