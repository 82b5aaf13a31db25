package follow

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mpctl/httpclient"
	"mpctl/internal/boards"
	"mpctl/internal/remembered"
	"mpctl/internal/test/boardtest"
	"mpctl/internal/test/netns"
)

func TestMain(m *testing.M) {
	netns.Enter()
	m.Run()
}

// until runs a follower and returns the events up to the first one that enough accepts.
func until(t *testing.T, o Options, enough func(Event) bool) []Event {
	t.Helper()
	return with(t, boards.Options{}, o, enough)
}

func with(t *testing.T, finder boards.Options, o Options, enough func(Event) bool) []Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var events []Event
	counted := 0
	err := Run(ctx, boards.New(finder), o, func(e Event) {
		if ctx.Err() != nil {
			return
		}
		events = append(events, e)
		if enough(e) {
			cancel()
		}
	}, func(Event) { counted++ })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Run = %v after %s", err, describe(events))
	}
	if counted < len(events) {
		t.Errorf("the second consumer got %d of %d events", counted, len(events))
	}
	return events
}

func describe(events []Event) string {
	var all []string
	for _, e := range events {
		text := string(e.Kind)
		if e.Member.Board.Name != "" {
			text += " " + e.Member.Board.Name
		}
		for _, r := range e.Readings {
			if r.Value != nil {
				text += fmt.Sprintf(" %g", *r.Value)
			}
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}

// has reports whether an event of that kind, of that board, is among them.
func has(events []Event, kind Kind, name string) bool {
	return slices.ContainsFunc(events, func(e Event) bool { return e.Kind == kind && e.Member.Board.Name == name })
}

// sending is a stream that sends values and then nothing more.
func sending(values ...float64) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, r *http.Request) {
		for _, v := range values {
			boardtest.Send(w, boardtest.Light(v))
		}
		<-r.Context().Done()
	}
}

func isRead(value float64) func(Event) bool {
	return func(e Event) bool {
		return e.Kind == Read && len(e.Readings) == 1 && e.Readings[0].Value != nil && *e.Readings[0].Value == value
	}
}

func TestOrderOfEvents(t *testing.T) {
	desk := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", sending(1, 2))).String()
	events := until(t, Options{Names: []string{desk}, Sensor: "light", Interval: 100 * time.Millisecond}, isRead(2))
	events = slices.DeleteFunc(events, func(e Event) bool { return e.Kind == Searched }) // whenever it comes
	if got := describe(events); got != "joined desk, answered desk, read desk 1, read desk 2" {
		t.Errorf("events: %s", got)
	}
	last := events[len(events)-1].Member
	if last.Number != 1 || last.Index != 0 || !last.Heard || !last.Since.IsZero() || last.Err != nil || last.Board.ID != "a1b2c3d4e5f6" {
		t.Errorf("the member is %+v", last)
	}
}

func TestBoardThatComesBack(t *testing.T) {
	desk := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", func(n int, w http.ResponseWriter, r *http.Request) {
		boardtest.Send(w, boardtest.Light(float64(n)))
		if n > 1 {
			<-r.Context().Done()
		}
	})).String()
	events := until(t, Options{Names: []string{desk}, Sensor: "light", Interval: 100 * time.Millisecond}, isRead(2))
	i := slices.IndexFunc(events, func(e Event) bool { return e.Kind == Lost })
	if i < 0 || events[i].Member.Err == nil || events[i].Member.Since.IsZero() {
		t.Fatalf("events: %s", describe(events))
	}
	if back := events[len(events)-1]; back.Outage <= 0 || back.Member.Err != nil {
		t.Errorf("it is back with %+v after %s", back.Member, back.Outage)
	}
}

func TestSensorThatTheBoardDoesNotHave(t *testing.T) {
	addr := boardtest.Address(boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error":"there is no sensor smell"}`)
	}))
	named := until(t, Options{Names: []string{addr.String()}, Sensor: "smell", Interval: time.Second}, func(e Event) bool { return e.Kind == Ended })
	var status *httpclient.StatusError
	if m := named[len(named)-1].Member; !m.Ended || !errors.As(m.Err, &status) || !has(named, Lost, "desk") {
		t.Errorf("a board that was named: %s, %v", describe(named), m.Err)
	}
	boardtest.Announce(t, "desk", "a1b2c3d4e5f6", addr)
	found := until(t, Options{Sensor: "smell", Interval: time.Second}, func(e Event) bool { return e.Kind == Excluded })
	if m := found[len(found)-1].Member; !m.Ended || m.Board.Info == nil || has(found, Lost, "desk") {
		t.Errorf("a board that was not named: %s", describe(found))
	}
}

func TestBoardThatIsMissingAppears(t *testing.T) {
	lab := boardtest.Address(boardtest.ServeStream(t, "lab", "a1b2c3d4e5f7", sending(5)))
	announced := false
	memory := remembered.At(filepath.Join(t.TempDir(), "boards.json"))
	events := with(t, boards.Options{Memory: memory}, Options{Names: []string{"lab"}, Sensor: "light", Interval: time.Second}, func(e Event) bool {
		if e.Kind == Searched && !announced {
			announced = true
			boardtest.Announce(t, "lab", "a1b2c3d4e5f7", lab)
		}
		return isRead(5)(e)
	})
	var missing *boards.NotFoundError
	i := slices.IndexFunc(events, func(e Event) bool { return e.Kind == Missing })
	if i < 0 || !errors.As(events[i].Member.Err, &missing) || events[i].Member.Number != 0 {
		t.Fatalf("events: %s", describe(events))
	}
	if m := events[len(events)-1].Member; m.Index != 0 || m.Number != 1 {
		t.Errorf("it joined as %+v", m)
	}
}

func TestBoardThatMoves(t *testing.T) {
	first := boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", sending(1))
	stop := boardtest.Announce(t, "desk", "a1b2c3d4e5f6", boardtest.Address(first))
	second := boardtest.ServeStream(t, "desk", "a1b2c3d4e5f6", sending(2))
	moved := false
	events := until(t, Options{Names: []string{"desk"}, Sensor: "light", Interval: 100 * time.Millisecond}, func(e Event) bool {
		if !moved && e.Kind == Read {
			moved = true
			stop()
			boardtest.Announce(t, "desk", "a1b2c3d4e5f6", boardtest.Address(second))
			first.Listener.Close()
			first.CloseClientConnections()
		}
		return isRead(2)(e)
	})
	if m := events[len(events)-1].Member; m.Number != 1 || m.Board.Addr != boardtest.Address(second) {
		t.Errorf("after %s the member is %+v", describe(events), m)
	}
}

func TestNothingFound(t *testing.T) {
	netns.Require(t)
	events := until(t, Options{Sensor: "light", Interval: time.Second}, func(e Event) bool { return e.Kind == Searched })
	if len(events) != 1 || events[0].Hint == "" {
		t.Errorf("events: %s, hint %q", describe(events), events[0].Hint)
	}
}

func TestSearchThatCannotBe(t *testing.T) {
	netns.Require(t)
	finder := boards.New(boards.Options{Interfaces: []string{"none0"}})
	err := Run(t.Context(), finder, Options{Interval: time.Second})
	if err == nil || !strings.Contains(err.Error(), "none0") {
		t.Errorf("Run = %v", err)
	}
}
