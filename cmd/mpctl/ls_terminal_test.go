//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/test/boardtest"
	"mpctl/internal/test/netns"
	"mpctl/internal/test/termtest"
)

func onTerminal(t *testing.T, columns, rows int) (*app, *termtest.Terminal) {
	terminal := termtest.New(t, columns, rows)
	return appOn(new(bytes.Buffer), terminal.File, terminal.File), terminal
}

func TestLsOnATerminal(t *testing.T) {
	addr := boardtest.Serve(t, "desk", "a1b2c3d4e5f6", boardtest.Light(7))
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	boardtest.Announce(t, "lamp", "a1b2c3d4e5f7", netip.MustParseAddrPort("127.0.0.1:9"))
	a, terminal := onTerminal(t, 100, 10)
	if err := (lsCommand{a, lsOptions{lan: true}}).list(t.Context()); err != nil {
		t.Fatal(err)
	}
	lines := terminal.Await(t, "the table and a warning", func(lines []string) bool { return len(lines) == 4 })
	if !strings.HasPrefix(lines[0], "NAME  ADDRESS") || !strings.HasPrefix(lines[1], "desk  "+addr.String()) ||
		!strings.HasPrefix(lines[2], "lamp") || !strings.Contains(lines[2], "no answer") ||
		lines[3] != "mpctl: warning: seen, not reachable: lamp: connecting to 127.0.0.1:9: connection refused" {
		t.Errorf("it shows\n%s", strings.Join(lines, "\n"))
	}
}

func TestHostileBoards(t *testing.T) {
	const evil = "\x1b]52;c;cm0=\x07\x1b[9A\x1b[2J\r\u202e\u200b\u009b31m"
	for i, info := range []httpclient.Info{
		{Name: evil, Board: evil, Firmware: evil},
		{Name: strings.Repeat("温", 20), Board: strings.Repeat("b", 10_000), Firmware: strings.Repeat("e\u0301", 5000)},
		{Name: strings.Repeat("\u0301", 30), Board: strings.Repeat("\u200b", 100), Firmware: "a\nb\tc"},
		{Name: "🇩🇪👩‍👩‍👧", Board: "\x00\x7f\xff", Firmware: strings.Repeat("\u1100", 300)},
	} {
		info.API, info.ID = 1, strings.Repeat("a", 11)+string(rune('0'+i))
		boardtest.Announce(t, info.ID, info.ID, boardtest.ServeInfo(t, info))
	}
	for _, size := range [][2]int{{80, 10}, {40, 3}, {10, 24}} {
		a, terminal := onTerminal(t, size[0], size[1])
		if err := (lsCommand{a, lsOptions{lan: true}}).list(t.Context()); err != nil {
			t.Fatal(err)
		}
		terminal.Await(t, "five lines", func(lines []string) bool { return len(lines) == 5 })
	}
	a, terminal := onTerminal(t, 60, 10)
	ctx, cancel := context.WithCancel(t.Context())
	watched := make(chan error)
	go func() { watched <- lsCommand{a, lsOptions{lan: true, watch: true}}.watch(ctx) }()
	terminal.Await(t, "five lines", func(lines []string) bool { return len(lines) == 5 })
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestLsWatchOnATerminal(t *testing.T) {
	netns.Require(t)
	a, terminal := onTerminal(t, 100, 6)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	watched := make(chan error)
	go func() { watched <- lsCommand{a, lsOptions{lan: true, watch: true}}.watch(ctx) }()
	terminal.Await(t, "that it is looking", func(lines []string) bool { return slices.Equal(lines, []string{lookingText}) })
	terminal.Await(t, "why nothing is there", func(lines []string) bool {
		return len(lines) > 1 && strings.HasPrefix(lines[1], "none yet; only loopback is up")
	})
	for _, name := range []string{"aula", "desk", "lamp", "sill", "zinc"} {
		id := name + "00000000"
		id = strings.Map(func(r rune) rune { return rune("0123456789abcdef"[r%16]) }, id)
		boardtest.Announce(t, name, id, boardtest.Serve(t, name, id, boardtest.Light(7)))
	}
	terminal.Await(t, "three boards, marked, of five", func(lines []string) bool {
		return len(lines) == 5 && strings.HasPrefix(lines[1], "+  aula") && strings.HasPrefix(lines[2], "+  desk") && lines[4] == "… and 2 more"
	})
	terminal.Await(t, "the marks to fade", func(lines []string) bool { return strings.HasPrefix(lines[1], "   aula") })
	cancel()
	if err := <-watched; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestMarksOfWhatIsGone(t *testing.T) {
	begin := time.Now()
	row := newLsRow(desk)
	table := &lsTable{changes: map[string]lsChange{row.key: {row.gone(), boards.Lost, begin.Add(markTime)}}}
	rows, marks := table.marked(begin)
	if len(rows) != 1 || !slices.Equal(marks, []string{"-"}) {
		t.Errorf("at once: %v %v", rows, marks)
	}
	if rows, _ := table.marked(begin.Add(markTime)); len(rows) != 0 {
		t.Errorf("later: %v", rows)
	}
	table.rows = []lsRow{row} // it came back
	table.changes[row.key] = lsChange{row, boards.Added, begin.Add(markTime)}
	if rows, marks := table.marked(begin); len(rows) != 1 || marks[0] != "+" {
		t.Errorf("when it is back: %v %v", rows, marks)
	}
}
