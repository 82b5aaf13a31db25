package discover

import (
	"context"
	"errors"
)

// both is two sources for the same thing. It fails only where both do: one is there for what the other cannot.
type both struct{ a, b Source }

func (s both) String() string { return s.a.String() }

func (s both) Find(ctx context.Context, found func(Sighting)) error {
	second := make(chan error, 1)
	go func() { second <- s.b.Find(ctx, found) }()
	errA := s.a.Find(ctx, found)
	errB := <-second
	if errA == nil || errB == nil {
		return nil
	}
	return errors.Join(errA, errB)
}
