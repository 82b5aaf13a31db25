//go:build linux || darwin

package main

import (
	"bytes"
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"mpctl/serialio"
	"mpctl/sim"
)

const (
	uploadSize   = 20 << 10 // bytes of the file
	uploadRounds = 3
	wireRate     = 11520 // bytes a second at 115200 baud, start and stop bits counted
)

// uploads compares the upload of a Python file of 20 KB to a simulated board at 115200 baud with that of Debian's
// mpremote.
func uploads(ctx context.Context, _ time.Duration) error {
	mpremote, err := filepath.Abs(filepath.Join(".tools", "mpremote", "run"))
	if err != nil {
		return err
	}
	var startup time.Duration
	for range uploadRounds {
		began := time.Now()
		if out, err := exec.CommandContext(ctx, mpremote, "version").CombinedOutput(); err != nil {
			return fmt.Errorf("running mpremote: %w: %s", err, out)
		}
		startup = shorter(startup, time.Since(began))
	}

	w := table("20 KB of Python to", "latency", "mpremote s", "mpctl s", "ratio", "of it upload s", "bytes sent", "deflated", "sent/deflated", "upload/ideal", "wrong of mpremote's")
	for _, model := range []string{sim.ESP32, sim.MPython} {
		for _, latency := range []time.Duration{time.Millisecond, 16 * time.Millisecond} {
			u := uploadTest{model: model, latency: latency, mpremote: mpremote}
			if err := u.measure(ctx); err != nil {
				return fmt.Errorf("uploading to %s: %w", model, err)
			}
			theirs := u.theirs - startup
			fmt.Fprintf(w, "%s\t%v\t%.2f\t%.2f\t%.1f\t%.2f\t%d\t%d\t%.2f\t%.2f\t%d\t\n", model, latency,
				theirs.Seconds(), u.ours.Seconds(), theirs.Seconds()/u.ours.Seconds(), u.file.Seconds(),
				u.sent, u.deflated, float64(u.sent)/float64(u.deflated), u.file.Seconds()*wireRate/float64(u.deflated), u.wrong)
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Printf("mpremote without the %.2f s in which its Python starts; mpctl with interrupt, probe, read-back and rename; ideal is the deflated file at %d bytes a second\n",
		startup.Seconds(), wireRate)
	return nil
}

// uploadTest is the upload of one file by both programs, in turns, over the same serial line. The best times count.
type uploadTest struct {
	model    string
	latency  time.Duration
	mpremote string

	theirs, ours time.Duration
	wrong        int           // uploads of theirs after which the file on the board differs
	file         time.Duration // part of ours: the upload alone, without the prompt and the probe
	sent         int64         // bytes to the board in that time
	deflated     int           // bytes of the file's blocks after raw deflate
}

func (u *uploadTest) measure(ctx context.Context) error {
	var toBoard atomic.Int64
	b, err := sim.Start(ctx, sim.Config{Model: u.model, Blank: true, Trace: func(direction string, data []byte) {
		if direction == "host" {
			toBoard.Add(int64(len(data)))
		}
	}})
	if err != nil {
		return err
	}
	defer func() { _ = b.Stop() }()
	line, err := delay(b.Port(), u.latency)
	if err != nil {
		return err
	}
	defer line.close()
	data, err := pythonSource()
	if err != nil {
		return err
	}
	for block := range slices.Chunk(data, 8<<10) {
		u.deflated += deflatedSize(block)
	}
	local := filepath.Join(b.Flash(), "..", "upload.py")
	if err := os.WriteFile(local, data, 0o600); err != nil {
		return err
	}
	target := filepath.Join(b.Flash(), "upload.py")
	checkTarget := func() (isRight bool, err error) {
		got, err := os.ReadFile(target)
		if err != nil {
			return false, err
		}
		return bytes.Equal(got, data), os.Remove(target)
	}
	for range uploadRounds {
		began := time.Now()
		if out, err := exec.CommandContext(ctx, u.mpremote, "connect", line.path(), "resume", "fs", "cp", local, ":upload.py").CombinedOutput(); err != nil {
			return fmt.Errorf("mpremote: %w: %s", err, out)
		}
		took := time.Since(began)
		// mpremote does not verify the file, and a board without flow control loses bytes while this computer is
		// busy.
		if isRight, err := checkTarget(); err != nil {
			return fmt.Errorf("mpremote: %w", err)
		} else if isRight {
			u.theirs = shorter(u.theirs, took)
		} else {
			u.wrong++
		}
		took, file, sent, err := ours(ctx, line.path(), data, toBoard.Load)
		if err != nil {
			return fmt.Errorf("mpctl: %w", err)
		}
		if isRight, err := checkTarget(); err != nil {
			return fmt.Errorf("mpctl: %w", err)
		} else if !isRight {
			return errors.New("mpctl: the file on the board is another one")
		}
		u.ours = shorter(u.ours, took)
		if file == shorter(u.file, file) {
			u.file, u.sent = file, sent
		}
	}
	if u.theirs == 0 {
		return errors.New("mpremote's file never arrived right: this computer is too busy")
	}
	return nil
}

// ours uploads with serialio, and opens and closes the port as a separate program would. took is the time of all
// that, file that of the upload alone, in which sent bytes went to the board.
func ours(ctx context.Context, port string, data []byte, toBoard func() int64) (took, file time.Duration, sent int64, err error) {
	began := time.Now()
	conn, err := serialio.Open(port)
	if err != nil {
		return 0, 0, 0, err
	}
	defer conn.Close()
	r, err := serialio.Enter(ctx, conn)
	if err != nil {
		return 0, 0, 0, err
	}
	board, err := serialio.Probe(ctx, r)
	if err != nil {
		return 0, 0, 0, err
	}
	before, uploading := toBoard(), time.Now()
	_, err = serialio.Upload(ctx, r, board, []serialio.File{{Path: "/upload.py", Data: data}}, nil)
	file, sent = time.Since(uploading), toBoard()-before
	r.Leave()
	return time.Since(began), file, sent, err
}

func shorter(best, d time.Duration) time.Duration {
	if best == 0 {
		return d
	}
	return min(best, d)
}

// pythonSource returns Python with comments, as people upload it: the firmware's own source in the repository.
func pythonSource() ([]byte, error) {
	paths, err := filepath.Glob("firmware/board/lib/mpctl/*.py")
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		all = append(all, data...)
	}
	if len(all) < uploadSize {
		return nil, errors.New("the firmware's source is not in firmware/board: bench runs in the repository's root")
	}
	return all[:uploadSize], nil
}

func deflatedSize(data []byte) int {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = w.Write(data)
	_ = w.Close()
	return out.Len()
}

// delayed is a serial port that forwards what the board sends after a delay, like a USB bridge that collects bytes
// until its latency timer fires.
type delayed struct {
	outer, line *os.File // a pseudo-terminal; programs open line by its name
	board       *os.File
}

func delay(port string, latency time.Duration) (*delayed, error) {
	board, err := os.OpenFile(port, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	d := &delayed{board: board}
	if d.outer, d.line, err = pty.Open(); err == nil {
		_, err = term.MakeRaw(int(d.line.Fd()))
	}
	if err != nil {
		d.close()
		return nil, err
	}
	go func() { _, _ = io.Copy(board, d.outer) }()
	type packet struct {
		due  time.Time
		data []byte
	}
	packets := make(chan packet, 1000)
	go func() {
		defer close(packets)
		for {
			buf := make([]byte, 256)
			n, err := board.Read(buf)
			if err != nil {
				return
			}
			packets <- packet{time.Now().Add(latency), buf[:n]}
		}
	}()
	go func() {
		for p := range packets {
			time.Sleep(time.Until(p.due))
			if _, err := d.outer.Write(p.data); err != nil {
				return
			}
		}
	}()
	return d, nil
}

func (d *delayed) path() string { return d.line.Name() }

func (d *delayed) close() {
	for _, f := range []*os.File{d.board, d.line, d.outer} {
		if f != nil {
			_ = f.Close()
		}
	}
}

// provisions measures all of mpctl provision on a blank board: firmware, WiFi, restart, discovery and the first
// reading.
func provisions(ctx context.Context, _ time.Duration) error {
	dir, mpctl, err := build(ctx)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	network := sim.DefaultNetworks()[0]
	for _, model := range []string{sim.ESP32, sim.MPython} {
		b, err := sim.Start(ctx, sim.Config{Model: model, Blank: true})
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, mpctl, "provision", "--port", b.Port(), "--ssid", network.SSID, "--name", "bench")
		cmd.Env = append(os.Environ(), "MPCTL_WIFI_PASSWORD="+network.Password, "XDG_CACHE_HOME="+dir)
		began := time.Now()
		out, err := cmd.CombinedOutput()
		took := time.Since(began)
		_ = b.Stop()
		if err != nil {
			return fmt.Errorf("provisioning %s: %w: %s", model, err, out)
		}
		fmt.Printf("mpctl provision of a blank %s: %.1f s\n%s\n", model, took.Seconds(), out)
	}
	return nil
}
