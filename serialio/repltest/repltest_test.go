package repltest

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// echo answers each write with the next of its answers.
type echo struct {
	bytes.Buffer
	answers []string
}

func (e *echo) SetReadTimeout(time.Duration) error { return nil }

func (e *echo) Write(p []byte) (int, error) {
	e.WriteString(e.answers[0])
	e.answers = e.answers[1:]
	return len(p), nil
}

func (e *echo) Read(p []byte) (int, error) {
	n, _ := e.Buffer.Read(p) // an empty buffer is a read timeout
	return n, nil
}

const recording = "> \"\\r\\x03\"\n< \">>> \"\n> \"print('‹nonce›')\\x04\"\n< \"OK‹nonce›\\r\\n\"\n< \"\\xff\\x04\\x04>\"\n"

func TestRecord(t *testing.T) {
	var text strings.Builder
	r := Record(&echo{answers: []string{">>> ", "", "OKABCDEFGHIJ22\r\n\xff\x04\x04>"}}, &text)
	var buf [5]byte
	for _, said := range []string{"\r\x03", "print('ABCD", "EFGHIJ22')\x04"} {
		if _, err := r.Write([]byte(said)); err != nil {
			t.Fatal(err)
		}
		for n := 1; n > 0; {
			n, _ = r.Read(buf[:])
		}
	}
	if err := r.Close(); err != nil || text.String() != recording {
		t.Errorf("the recording is\n%s, %v; want\n%s", text.String(), err, recording)
	}
}

func TestPlay(t *testing.T) {
	const nonce = "ZZZZZZZZ7777"
	for _, tt := range []struct {
		name   string
		say    []string
		heard  string
		failed string // in Close's error
	}{
		{"to its end", []string{"\r", "\x03", "print('ZZZZZ", "ZZZ7777')\x04"}, ">>> OK" + nonce + "\r\n\xff\x04\x04>", ""},
		{"not to its end", []string{"\r\x03"}, ">>> ", `ended early: the recording goes on with > "print(`},
		{"something else", []string{"\r\x03", "exec"}, ">>> ", `heard "exec", where the recording has > "print(`},
		{"something more", []string{"\r\x03", "print('ZZZZZZZZ7777')\x04", "\x02"}, ">>> OK" + nonce + "\r\n\xff\x04\x04>", `heard "\x02", where the recording has its end`},
		{"too early", []string{"\r\x03print"}, "", `heard "print", where the recording has < ">>> "`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Play(recording)
			if err != nil {
				t.Fatal(err)
			}
			var heard []byte
			for _, said := range tt.say {
				_, _ = p.Write([]byte(said)) // its error is Close's too
				var buf [5]byte
				for n := 1; n > 0; {
					n, _ = p.Read(buf[:])
					heard = append(heard, buf[:n]...)
				}
			}
			if string(heard) != tt.heard {
				t.Errorf("heard %q, want %q", heard, tt.heard)
			}
			switch err := p.Close(); {
			case tt.failed == "" && err != nil, tt.failed != "" && (err == nil || !strings.Contains(err.Error(), tt.failed)):
				t.Errorf("Close = %v, want %q", err, tt.failed)
			}
		})
	}
	for _, bad := range []string{"nonsense\n", "> \"open\n", "? \"x\"\n"} {
		if _, err := Play(bad); err == nil {
			t.Errorf("Play(%q) takes it for a recording", bad)
		}
	}
}
