package boards

import (
	"context"
	"net/netip"
	"slices"

	"mpctl/discover"
	"mpctl/httpclient"
)

// answer is what a board said when discover asked it; it travels in discover.Board.Answer.
type answer struct {
	info    *httpclient.Info
	reading *httpclient.Reading
}

// fromNetwork returns a board as discover knows it.
func fromNetwork(found discover.Board) Board {
	b := Board{
		ID: found.ID, Name: found.Name, Host: found.Host, Addr: netip.AddrPortFrom(found.Addr, found.Port),
		Model: found.Model, Firmware: found.Firmware, Sensors: found.Sensors, Err: found.Err,
	}
	// An answer of an earlier time says nothing about the board that is silent now.
	if said, ok := found.Answer.(answer); ok && found.Verified {
		b.setAnswer(said)
	}
	return b
}

func allFromNetwork(found []discover.Board) []Board {
	boards := make([]Board, len(found))
	for i := range found {
		boards[i] = fromNetwork(found[i])
	}
	return boards
}

// toNetwork is the inverse of fromNetwork.
func (b Board) toNetwork() discover.Board {
	found := discover.Board{
		ID: b.ID, Name: b.Name, Host: b.Host, Addr: b.Addr.Addr(), Port: b.Addr.Port(),
		Model: b.Model, Firmware: b.Firmware, Sensors: b.Sensors, Err: b.Err,
	}
	if b.Info != nil {
		found.Answer = answer{b.Info, b.Reading}
	}
	return found
}

func allToNetwork(boards []Board) []discover.Board {
	found := make([]discover.Board, len(boards))
	for i := range boards {
		found[i] = boards[i].toNetwork()
	}
	return found
}

func (b *Board) setAnswer(said answer) {
	b.Info, b.Reading = said.info, said.reading
	b.Sensors = []string{} // an answer without sensors is not an unknown list
	for _, s := range said.info.Sensors {
		b.Sensors = append(b.Sensors, s.Name)
	}
}

// ask asks the board at an announced address who it is, because anybody can announce anything. Meanwhile it reads a
// sensor, unless its name is empty; that this fails is no error.
func (f *Finder) ask(ctx context.Context, b discover.Board, sensor string) (discover.Board, answer, error) {
	api := f.client.Board(netip.AddrPortFrom(b.Addr, b.Port))
	readings := make(chan *httpclient.Reading, 1)
	if sensor == "" || len(b.Sensors) > 0 && !slices.Contains(b.Sensors, sensor) {
		readings <- nil
	} else {
		go func() {
			if r, err := api.Read(ctx, sensor); err == nil {
				readings <- &r
			} else {
				readings <- nil
			}
		}()
	}
	info, err := api.Info(ctx)
	if err != nil {
		return b, answer{}, err
	}
	said := answer{&info, <-readings}
	b.ID, b.Name, b.Model, b.Firmware, b.Answer = info.ID, info.Name, info.Board, info.Firmware, said
	return b, said, nil
}

// search looks for boards on the network.
func (f *Finder) search(ctx context.Context, o discover.Options) ([]Board, error) {
	o.Interfaces, o.Timeout = f.o.Interfaces, f.o.Timeout
	found, warnings, err := discover.Scan(ctx, o)
	for _, w := range warnings {
		if f.o.Verbose || len(found) == 0 && ctx.Err() == nil {
			f.warn(w)
		}
	}
	return allFromNetwork(found), err
}
