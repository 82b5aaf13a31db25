package console

import (
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
)

func TestBar(t *testing.T) {
	for _, c := range []struct {
		done, total int64
		rate        float64
		columns     int
		want        string
	}{
		{5e5, 1e6, 1e5, 80, "f.iso  [##########...........]   50%  500.0 kB of 1.0 MB  100.0 kB/s  00:05 left"},
		{5e5, 1e6, 0, 55, "f.iso   50%  500.0 kB of 1.0 MB  0 B/s  --:-- left"},
		{5e5, 1e6, 1e5, 30, " 50%  500.0 kB of 1.0 MB  100."},
		{5e5, -1, 1e5, 60, "f.iso  500.0 kB  100.0 kB/s"},
		{0, 0, 0, 60, "f.iso  0 B  0 B/s"},
		{1e6, 1e6, 1e6, 80, "f.iso  [#########################]  100%  1.0 MB of 1.0 MB  1.0 MB/s  00:00 left"},
		{3e6, 1e6, 1e6, 80, "f.iso  [#########################]  300%  3.0 MB of 1.0 MB  1.0 MB/s  00:00 left"},
	} {
		if got := bar("f.iso", c.done, c.total, c.rate, c.columns); got != c.want {
			t.Errorf("%d of %d: %q, want %q", c.done, c.total, got, c.want)
		}
	}
	for columns := range 120 {
		if got := bar("掌控板的一个很长的文件名字…", 5e5, 1e12, 1e3, columns); ansi.StringWidth(got) > columns {
			t.Errorf("%d columns: %q has %d", columns, got, ansi.StringWidth(got))
		}
	}
}

func TestRate(t *testing.T) {
	began := time.Now()
	if got := rate([]mark{{began, 100}}); got != 0 {
		t.Errorf("of one mark: %g", got)
	}
	if got := rate([]mark{{began, 100}, {began.Add(time.Second), 900}, {began.Add(2 * time.Second), 1100}}); got != 500 {
		t.Errorf("rate = %g, want 500", got)
	}
}

func TestTimeLeft(t *testing.T) {
	for left, want := range map[int64]string{1000: "00:01 left", 65e3: "01:05 left", 3661e3: "1:01:01 left", 1 << 62: "99:59:59 left", -1: "00:00 left"} {
		if got := timeLeft(left, 1000); got != want {
			t.Errorf("timeLeft(%d) = %q, want %q", left, got, want)
		}
	}
}
