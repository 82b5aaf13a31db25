package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/term"

	"mpctl/internal/console/termsafe"
)

// secret is text that no format prints.
type secret string

func (secret) String() string   { return "(secret)" }
func (secret) GoString() string { return "(secret)" }

// redact takes the secret out of a text.
func (s secret) redact(text string) string {
	if s == "" {
		return text
	}
	return strings.ReplaceAll(text, string(s), "(secret)")
}

// credentials are a network and its password, as far as they are known. What is not will be asked for once
// the board has been found and can say which networks it hears.
type credentials struct {
	ssid        string
	password    secret
	hasPassword bool // else it has still to be asked for
}

// Format keeps the password out of whatever prints credentials: fmt asks no unexported field for its String.
func (c credentials) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "credentials for %q", c.ssid) }

// credentials collects what the flags and the environment give, and asks for the password of a network that was
// named: all that is possible before the board is touched. With no network named it is for the board to say whether
// it knows one.
func (a *app) credentials(ctx context.Context, o provisionOptions) (credentials, error) {
	c := credentials{ssid: o.ssid}
	if o.noWiFi {
		return c, nil
	}
	if c.ssid == "" {
		c.ssid = a.env("MPCTL_WIFI_SSID")
	}
	if c.ssid != "" {
		if err := checkSSID(c.ssid); err != nil {
			return c, err
		}
	}
	var err error
	switch {
	case o.passwordIn:
		c.password, err = a.passwordFromStdin(ctx)
	case o.passwordFile != "":
		c.password, err = passwordFromFile(o.passwordFile)
	case a.env("MPCTL_WIFI_PASSWORD") != "":
		c.password = secret(a.env("MPCTL_WIFI_PASSWORD"))
	case c.ssid == "":
		return c, nil
	case !a.canAsk(o):
		return c, usageError{fmt.Sprintf("what is the password of %q?", c.ssid), "give it with --password-stdin, --password-file or MPCTL_WIFI_PASSWORD; an empty line means an open network"}
	default:
		c.password, err = a.askPassword(ctx, c.ssid)
	}
	if err != nil {
		return c, err
	}
	c.hasPassword = true
	return c, checkPassword(c.password)
}

// canAsk tells whether a person is there to answer.
func (a *app) canAsk(o provisionOptions) bool { return isTerminal(a.stdin) && !o.passwordIn }

// checkSSID knows the limits of IEEE 802.11-2020 §9.4.2.2.
func checkSSID(ssid string) error {
	if n := len(ssid); n < 1 || n > 32 {
		return usageError{fmt.Sprintf("a network's name has 1 to 32 bytes, not %d", n), "is there a typing mistake in it?"}
	}
	return nil
}

// checkPassword knows the limits of a WPA passphrase, IEEE 802.11-2020 §J.4.1.
func checkPassword(p secret) error {
	if n := len(p); n != 0 && (n < 8 || n > 63) {
		return usageError{fmt.Sprintf("a WiFi password has 8 to 63 characters, not %d", n), "an empty one means an open network"}
	}
	return nil
}

func (a *app) passwordFromStdin(ctx context.Context) (secret, error) {
	if isTerminal(a.stdin) {
		return a.askPassword(ctx, "")
	}
	line, err := readLine(a.stdin)
	if err != nil {
		return "", fmt.Errorf("reading the password from stdin: %w", err)
	}
	return secret(line), nil
}

func passwordFromFile(path string) (secret, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", usageError{fmt.Sprintf("reading the password: %v", err), ""}
	}
	defer f.Close()
	line, err := readLine(f)
	if err != nil {
		return "", fmt.Errorf("reading the password: %w", err)
	}
	return secret(line), nil
}

// maxLine is the longest line that makes sense as an answer, in bytes.
const maxLine = 1024

// readLine reads one line byte by byte, so that what follows is left to the next reader.
func readLine(r io.Reader) (string, error) {
	var line []byte
	var b [1]byte
	for len(line) < maxLine {
		n, err := r.Read(b[:])
		if n > 0 && b[0] == '\n' || errors.Is(err, io.EOF) {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		if err != nil {
			return "", err
		}
		line = append(line, b[:n]...)
	}
	return "", fmt.Errorf("the line is longer than %d bytes", maxLine)
}

// askPassword asks on the terminal, without echo.
func (a *app) askPassword(ctx context.Context, ssid string) (secret, error) {
	stdin, ok := a.stdin.(*os.File)
	if !ok {
		return "", errors.New("asking for the password: stdin is not a terminal")
	}
	before, err := term.GetState(int(stdin.Fd()))
	if err != nil {
		return "", fmt.Errorf("asking for the password: %w", err)
	}
	if ssid == "" {
		fmt.Fprint(a.stderr, "WiFi password: ")
	} else {
		fmt.Fprintf(a.stderr, "Password of %s (empty if it is open): ", termsafe.Line(ssid))
	}
	text, err := interruptible(ctx, func() ([]byte, error) { return term.ReadPassword(int(stdin.Fd())) })
	fmt.Fprintln(a.stderr)
	if ctx.Err() != nil {
		_ = term.Restore(int(stdin.Fd()), before)
	}
	return secret(text), err
}

// askSSID lets the user pick one of the networks that the board hears, or type another.
func (a *app) askSSID(ctx context.Context, heard []network) (string, error) {
	fmt.Fprintln(a.stderr, "Networks that the board hears (2.4 GHz only: boards have no ear for 5 GHz):")
	for i, n := range heard {
		fmt.Fprintf(a.stderr, "  %2d  %s %4d dBm  %s%s\n", i+1, signalBars(n.RSSI), n.RSSI, termsafe.Line(n.SSID), openMark(n))
	}
	unheard := ""
	for {
		fmt.Fprint(a.stderr, "Which one? (number, or a name) ")
		line, err := interruptible(ctx, func() (string, error) { return readLine(a.stdin) })
		if err != nil {
			return "", err
		}
		line = strings.TrimSpace(line)
		number, err := strconv.Atoi(line)
		switch {
		case line == "":
			return "", usageError{"no network was chosen", "give its name with --ssid"}
		case slices.ContainsFunc(heard, func(n network) bool { return n.SSID == line }), line == unheard:
			return line, nil
		case err == nil && number >= 1 && number <= len(heard):
			return heard[number-1].SSID, nil
		case checkSSID(line) != nil:
			fmt.Fprintln(a.stderr, "A network's name has 1 to 32 bytes.")
		default:
			unheard = line
			fmt.Fprintf(a.stderr, "The board does not hear %s: %s\nIf it is hidden, type its name once more.\n",
				termsafe.Line(line), termsafe.Line(nearest(line, heard)))
		}
	}
}

// signalBars shows a signal as four bars; what is below weakSignal has one.
func signalBars(dBm int) string {
	bars := 1
	for _, limit := range []int{weakSignal, -70, -60} {
		if dBm >= limit {
			bars++
		}
	}
	return "▂▄▆█"[:3*bars] + strings.Repeat(" ", 4-bars)
}

func openMark(n network) string {
	if n.Auth == 0 {
		return "  (open)"
	}
	return ""
}

// interruptible waits for a read that cannot be interrupted, or for ctx. The read then goes on by itself; the
// program is about to end.
func interruptible[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}
