package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"mpctl/internal/boards"
	"mpctl/internal/provision"
	"mpctl/serialio"
)

// noPortError is a computer at which no board is plugged in.
type noPortError struct{}

func (noPortError) Error() string { return "no board is plugged in: there is no USB serial port" }
func (noPortError) Hint() string {
	return "use a cable that carries data, not one for charging only; some boards need a driver (CP210x, CH9102, CH340)"
}

// choosePort returns the port that was given, or the only one there is.
func (c provisionCommand) choosePort(ctx context.Context) (serialio.Port, error) {
	given := cmp.Or(c.o.port, c.env("MPCTL_PORT"))
	ports, err := boards.Ports(ctx)
	if given != "" {
		// It may be a link, like those in /dev/serial/by-id.
		node, linkErr := filepath.EvalSymlinks(given)
		for _, p := range ports {
			if p.Path == given || linkErr == nil && p.Path == node {
				return p, nil
			}
		}
		return serialio.Port{Path: given}, nil // a pseudo-terminal, or nothing: opening it will tell
	}
	switch {
	case err != nil:
		return serialio.Port{}, err
	case len(ports) == 0:
		return serialio.Port{}, noPortError{}
	case len(ports) > 1:
		names := make([]string, len(ports))
		for i, p := range ports {
			names[i] = provision.DescribePort(p)
		}
		return serialio.Port{}, usageError{
			msg:  fmt.Sprintf("there are %d serial ports: %s", len(ports), strings.Join(names, ", ")),
			hint: "say which with --port, like --port " + ports[0].Path,
		}
	}
	return ports[0], nil
}
