//go:build linux || darwin

package firmware_test

import (
	"net"
	"testing"
	"time"
)

// Other datagrams get no answer: a beacon must not answer beacons, nor amplify an attack.
func TestBeaconAnswersOnlyItsQuestion(t *testing.T) {
	b := serving(t, nil, nil)
	conn, err := net.Dial("udp4", b.Addr().String()+":50353")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"", "mpctl", "mpctl!", "mpctl?\n", "mpctl??", "MPCTL?", `{"name":"desk"}`} {
		if _, err := conn.Write([]byte(other)); err != nil {
			t.Fatal(err)
		}
	}
	// The board handles datagrams in their order: the first answer is for the first question.
	buf := make([]byte, 1500)
	for range 2 {
		if _, err := conn.Write([]byte("mpctl?")); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if got := decode(t, string(buf[:n]))["name"]; got != "desk" {
			t.Errorf("name = %v", got)
		}
	}
	// The page comes after all answers of the beacon.
	b.get(t, "/")
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(buf); err == nil {
		t.Errorf("answered once more: %q", buf[:n])
	}
}

func TestBeaconIsBounded(t *testing.T) {
	b := serving(t, nil, nil)
	conn, err := net.Dial("udp4", b.Addr().String()+":50353")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	const asked = 200
	began := time.Now()
	for range asked {
		if _, err := conn.Write([]byte("mpctl?")); err != nil {
			t.Fatal(err)
		}
	}
	answers := 0
	buf := make([]byte, 1500)
	for {
		if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(buf); err != nil {
			break
		}
		answers++
	}
	// The board answers 20 datagrams in each second of its clock.
	if limit := 20 * (2 + int(time.Since(began)/time.Second)); answers < 20 || answers > limit {
		t.Errorf("%d answers to %d questions, want 20 to %d", answers, asked, limit)
	}
	if askBeacon(t, b, "mpctl?", 50*time.Millisecond) == "" && b.get(t, "/").status != 200 {
		t.Error("the board is gone")
	}
}
