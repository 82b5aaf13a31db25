package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"mpctl/serialio"
)

// network is a WiFi network as the board hears it.
type network struct {
	SSID    string `json:"ssid"`
	RSSI    int    `json:"rssi"` // dBm
	Channel int    `json:"channel"`
	Auth    int    `json:"auth"` // as network.WLAN.scan gives it; 0 is open
}

// evidence is what the board saw while it tried to join; firmware/board/lib/mpctl/wifi.py says what is in it.
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

// weakSignal is where boards begin to lose packets, in dBm.
const weakSignal = -80

// radioCode imports the new firmware's WiFi module. An older one may still be loaded, from when it ran.
const radioCode = `import sys,gc
for _m_name in list(sys.modules):
 if _m_name=='mpctl' or _m_name.startswith('mpctl.'):
  del sys.modules[_m_name]
gc.collect()
from mpctl import wifi`

// radio is the board's WiFi, worked by the firmware that has just been put there.
type radio struct{ repl *serialio.REPL }

func openRadio(ctx context.Context, r *serialio.REPL) (radio, error) {
	_, err := r.Exec(ctx, radioCode)
	return radio{r}, err
}

func (w radio) scan(ctx context.Context) ([]network, error) {
	var heard []network
	err := w.repl.Eval(ctx, "wifi.scan()", &heard)
	return heard, err
}

// join tries a network. The error is a rejection when the board did not get in.
func (w radio) join(ctx context.Context, c credentials) (evidence, error) {
	var e evidence
	err := w.repl.Eval(ctx, fmt.Sprintf("wifi.join(%s,%s)", serialio.Quote(c.ssid), serialio.Quote(string(c.password))), &e)
	var exec *serialio.ExecError
	if errors.As(err, &exec) {
		err = &serialio.ExecError{Traceback: c.password.redact(exec.Traceback)}
	}
	if err != nil || e.Joined {
		return e, err
	}
	var heard []network
	if e.Reason == "not_found" {
		heard, _ = w.scan(ctx) // only for the hint
	}
	return e, rejection(c.ssid, e, heard)
}

// rejectedError is a board or a network that it cannot be done with.
type rejectedError struct{ msg, hint string }

func (e *rejectedError) Error() string { return e.msg }
func (e *rejectedError) Hint() string  { return e.hint }

// rejection says, of the evidence, what is wrong and what the user can do.
func rejection(ssid string, e evidence, heard []network) error {
	said := ""
	if e.Status != nil {
		said = fmt.Sprintf(" (the board's WiFi status is %d)", *e.Status)
	}
	signal := ""
	if e.RSSI != nil {
		signal = fmt.Sprintf("it is heard at %d dBm", *e.RSSI)
		if *e.RSSI < weakSignal {
			signal += ", which is weak: move the board closer"
		}
	}
	joining := fmt.Sprintf("joining %q: ", ssid)
	switch e.Reason {
	case "wrong_password":
		return &rejectedError{joining + "the password is wrong" + said, hints("mind capitals, and spaces at its ends", signal)}
	case "not_found":
		return &rejectedError{joining + "the board hears no network of that name", hints(nearest(ssid, heard), "boards hear 2.4 GHz only, not 5 GHz")}
	case "no_address":
		return &rejectedError{joining + "the board got in, but was given no address", hints("does the router's DHCP work, and does it admit unknown devices?", signal)}
	case "enterprise":
		return &rejectedError{joining + "it wants a user name as well (WPA2-Enterprise), which boards cannot give", "use another network, such as a phone's hotspot on 2.4 GHz"}
	case "refused":
		return &rejectedError{joining + "the access point refused the board" + said, hints("is it full, or WPA3 only?", signal)}
	}
	return &rejectedError{joining + "the board did not get in" + said, hints("try again", signal)}
}

// hints joins what there is to say; a question ends with its own mark.
func hints(all ...string) string {
	joined := strings.Join(slices.DeleteFunc(all, func(s string) bool { return s == "" }), "; ")
	return strings.ReplaceAll(joined, "?; ", "? ")
}

// nearest names the networks heard whose names are most like ssid, else the strongest ones.
func nearest(ssid string, heard []network) string {
	if len(heard) == 0 {
		return "it hears no network at all: is its antenna covered?"
	}
	var near, all []string
	sorted := slices.SortedStableFunc(slices.Values(heard), func(a, b network) int {
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

// distance is Levenshtein's, letters' case apart: how many characters to insert, delete or replace.
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
