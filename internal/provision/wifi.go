package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mpctl/serialio"
)

// WiFi is a network as the board hears it.
type WiFi struct {
	SSID    string `json:"ssid"`
	RSSI    int    `json:"rssi"` // dBm
	Channel int    `json:"channel"`
	Auth    int    `json:"auth"` // as network.WLAN.scan gives it
}

// Open reports whether the network needs no password.
func (w WiFi) Open() bool { return w.Auth == 0 }

// WeakSignal is where boards begin to lose packets, in dBm.
const WeakSignal = -80

// evidence is what the board saw while it tried to join a network; firmware/board/lib/mpctl/wifi.py makes it.
type evidence struct {
	Joined  bool   `json:"joined"`
	IP      string `json:"ip"`
	Seen    bool   `json:"seen"`
	RSSI    *int   `json:"rssi"`
	Auth    *int   `json:"auth"`
	Channel *int   `json:"channel"`
	Status  *int   `json:"status"`
	Reason  string `json:"reason"`
}

// radioCode imports the WiFi module of the firmware on the board. An older one may still be loaded, from when it ran.
const radioCode = `import sys,gc
for _m_name in list(sys.modules):
 if _m_name=='mpctl' or _m_name.startswith('mpctl.'):
  del sys.modules[_m_name]
gc.collect()
from mpctl import wifi`

// scan returns the networks that the board hears, strongest first.
func (t *Target) scan(ctx context.Context) (heard []WiFi, err error) {
	if _, err := t.repl.Exec(ctx, radioCode); err != nil {
		return nil, fmt.Errorf("starting the board's WiFi: %w", err)
	}
	if err := t.repl.Eval(ctx, "wifi.scan()", &heard); err != nil {
		return nil, fmt.Errorf("scanning for networks: %w", err)
	}
	return heard, nil
}

// join has the board try a network. When the board did not get in, the error is a *RejectedError.
func (t *Target) join(ctx context.Context, c Credentials) (e evidence, o outcome, err error) {
	if _, err := t.repl.Exec(ctx, radioCode); err != nil {
		return e, o, fmt.Errorf("starting the board's WiFi: %w", err)
	}
	err = t.repl.Eval(ctx, fmt.Sprintf("wifi.join(%s,%s)", serialio.Quote(c.SSID), serialio.Quote(string(c.Password))), &e)
	o = outcome{
		text: fmt.Sprintf("%s, address %s", c.SSID, e.IP),
		fields: map[string]any{"ssid": c.SSID, "address": orNull(e.IP), "rssi": e.RSSI, "channel": e.Channel,
			"auth": e.Auth, "seen": e.Seen, "status": e.Status, "reason": orNull(e.Reason)},
	}
	if err != nil {
		return e, o, t.redactError(err)
	}
	if !e.Joined {
		var heard []WiFi
		if e.Reason == "not_found" {
			_ = t.repl.Eval(ctx, "wifi.scan()", &heard) // A hint without the networks is still a hint.
		}
		return e, o, rejection(c.SSID, e, heard)
	}
	if e.RSSI != nil {
		o.text += fmt.Sprintf(", %d dBm", *e.RSSI)
		if *e.RSSI < WeakSignal {
			o.text += " (weak)"
		}
	}
	return e, o, nil
}

// redactError takes the passwords out of the board's traceback: MicroPython quotes arguments in some of its messages.
func (t *Target) redactError(err error) error {
	var exec *serialio.ExecError
	if errors.As(err, &exec) {
		if clean := t.redact(exec.Traceback); clean != exec.Traceback {
			return &serialio.ExecError{Traceback: clean}
		}
	}
	return err
}

// rejection says, judging by the evidence, what is wrong and what the user can do.
func rejection(ssid string, e evidence, heard []WiFi) *RejectedError {
	status := ""
	if e.Status != nil {
		status = fmt.Sprintf(" (the board's WiFi status is %d)", *e.Status)
	}
	signal := ""
	if e.RSSI != nil {
		signal = fmt.Sprintf("it is heard at %d dBm", *e.RSSI)
		if *e.RSSI < WeakSignal {
			signal += ", which is weak: move the board closer"
		}
	}
	joining := fmt.Sprintf("joining %q: ", ssid)
	switch e.Reason {
	case "wrong_password":
		return &RejectedError{joining + "the password is wrong" + status, hints("check capitals and leading or trailing spaces", signal)}
	case "not_found":
		return &RejectedError{joining + "the board hears no network of that name", hints(Nearest(ssid, heard), "boards hear 2.4 GHz only, not 5 GHz")}
	case "no_address":
		return &RejectedError{joining + "the board got in, but was given no address", hints("does the router's DHCP work, and does it admit unknown devices?", signal)}
	case "enterprise":
		return &RejectedError{joining + "it wants a user name as well (WPA2-Enterprise), which boards cannot give", "use another network, such as a phone's hotspot on 2.4 GHz"}
	case "refused":
		return &RejectedError{joining + "the access point refused the board" + status, hints("is it full, or WPA3 only?", signal)}
	}
	return &RejectedError{joining + "the board did not get in" + status, hints("try again", signal)}
}

// hints joins those that are not empty. A question ends with its own mark.
func hints(all ...string) string {
	joined := strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "; ")
	return strings.ReplaceAll(joined, "?; ", "? ")
}

// Nearest is a hint for a network that the board does not hear: the networks whose names are most like ssid, else the
// strongest ones.
func Nearest(ssid string, heard []WiFi) string {
	if len(heard) == 0 {
		return "it hears no network at all: is its antenna covered?"
	}
	var near, all []string
	sorted := slices.SortedStableFunc(slices.Values(heard), func(a, b WiFi) int {
		return cmp.Compare(distance(ssid, a.SSID), distance(ssid, b.SSID))
	})
	for _, n := range sorted {
		if distance(ssid, n.SSID) <= 2 || strings.HasPrefix(strings.ToLower(ssid), strings.ToLower(n.SSID)) {
			near = append(near, fmt.Sprintf("%q", n.SSID))
		}
	}
	if len(near) > 0 {
		return "did you mean " + strings.Join(near[:min(3, len(near))], " or ") + "?"
	}
	for _, n := range heard {
		all = append(all, fmt.Sprintf("%q", n.SSID))
	}
	return "it hears " + strings.Join(all[:min(5, len(all))], ", ")
}

// distance is Levenshtein's, ignoring the letters' case: how many characters to insert, delete or replace.
func distance(a, b string) int {
	x, y := []rune(strings.ToLower(a)), []rune(strings.ToLower(b))
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
