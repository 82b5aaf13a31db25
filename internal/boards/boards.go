// Package boards finds boards for everything above the libraries. It joins what discover sees on the network, what
// a board answers over HTTP, the USB cables of this computer and the boards of earlier runs into one Board each.
//
// The strings of a Board come from the network, from the board or from a USB descriptor: make them harmless before
// printing them.
package boards

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"time"

	"mpctl/discover"
	"mpctl/httpclient"
	"mpctl/internal/remembered"
	"mpctl/serialio"
)

const (
	verifyLimit       = time.Second // for the answer of one board among all that were found or remembered
	defaultNamedLimit = 5 * time.Second
)

// Board is a board on the network, on a cable, or both. If both Info and Err are nil, the board was not asked who it is.
type Board struct {
	ID, Name        string         // empty if not known
	Host            string         // its host name by mDNS, desk.local
	Addr            netip.AddrPort // of its HTTP API; invalid if only its cable is known
	Model, Firmware string
	Sensors         []string            // names: as announced, or as the board itself listed them when it answered
	Info            *httpclient.Info    // the board's own description of itself; nil without an answer
	Reading         *httpclient.Reading // of Selection.Sensor; nil if it was not asked for or did not come in time
	Cable           *serialio.Port      // nil if the board is not known to be on a cable of this computer
	Err             error               // why the board does not answer, although it is announced
}

// Key identifies an entry of a list: entries of equal Key, also of lists and events that follow each other, are the same
// board on the network or the same port.
func (b Board) Key() string {
	switch {
	case !b.Addr.IsValid() && b.Cable != nil:
		return "port " + b.Cable.Path
	case b.ID != "":
		return "id " + b.ID
	}
	return fmt.Sprintf("%s at %s", b.Name, b.Addr)
}

// Options say where boards are searched for, and who is told about failures.
type Options struct {
	Interfaces []string        // names of network interfaces; empty: every usable one, and loopback
	Timeout    time.Duration   // of a search, and of a board that was named; 0: each has its own default
	Memory     remembered.File // boards of earlier runs; the zero value remembers nothing
	Warn       func(error)     // called, possibly from several goroutines at once, with failures that end nothing
	Verbose    bool            // also warn of failures that did not matter for the result
}

// Finder finds boards. It is safe for concurrent use.
type Finder struct {
	o      Options
	client *httpclient.Client

	// Tests replace these.
	ports func(context.Context) ([]serialio.Port, error)
	watch func(context.Context, discover.Options, func(discover.Event)) error
}

// New returns a Finder.
func New(o Options) *Finder {
	f := &Finder{o: o, ports: Ports, watch: discover.Watch}
	f.client = httpclient.New(f.ClientOptions())
	return f
}

// Client returns the client with which boards are asked.
func (f *Finder) Client() *httpclient.Client { return f.client }

// ClientOptions returns the options of a client that finds .local names on the Finder's interfaces and waits no longer
// than its timeout.
func (f *Finder) ClientOptions() httpclient.Options {
	return httpclient.Options{Resolve: f.resolve, Connect: f.o.Timeout, Idle: f.o.Timeout, UserAgent: "mpctl"}
}

// NamedLimit is how long a board that the user named may take for an answer.
func (f *Finder) NamedLimit() time.Duration { return cmp.Or(f.o.Timeout, defaultNamedLimit) }

// Verify asks who answers at a board's address, for at most limit; 0 stands for NamedLimit. The Board returned has
// either Info, or Err if nobody answers there or another board does.
func (f *Finder) Verify(ctx context.Context, b Board, limit time.Duration) Board {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(limit, f.NamedLimit()))
	defer cancel()
	info, err := f.client.Board(b.Addr).Info(ctx)
	switch {
	case err != nil:
		b.Err = err
	case b.ID != "" && info.ID != b.ID:
		b.Err = fmt.Errorf("board %s answers at %s, where %s was announced", info.ID, b.Addr, b.ID)
	default:
		b.ID, b.Name, b.Model, b.Firmware, b.Err = info.ID, info.Name, info.Board, info.Firmware, nil
		b.setAnswer(answer{&info, nil})
	}
	return b
}

func (f *Finder) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	return discover.Resolve(ctx, host, discover.ResolveOptions{Interfaces: f.o.Interfaces})
}

func (f *Finder) warn(err error) {
	if f.o.Warn != nil {
		f.o.Warn(err)
	}
}

func namesOf(boards []Board) []string {
	var names []string
	for _, b := range boards {
		names = append(names, b.Name)
	}
	return names
}
