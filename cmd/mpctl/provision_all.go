package main

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"sync"

	"mpctl/internal/boards"
	"mpctl/internal/console"
	"mpctl/internal/identity"
	"mpctl/internal/provision"
	"mpctl/serialio"
)

// all provisions every board that is plugged in, all at the same time. The failure of one does not stop the
// others.
func (c provisionCommand) all(ctx context.Context) error {
	ports, err := boards.Ports(ctx)
	switch {
	case err != nil:
		return err
	case len(ports) == 0:
		return noPortError{}
	}
	if longest := numbered(c.o.name, len(ports)); c.o.name != "" && !identity.IsName(longest) {
		return usageError{fmt.Sprintf("%q is too long for a board's name", longest), "names get a number behind them; all of it is 24 characters at most"}
	}
	network, err := c.network(ctx)
	if err != nil {
		return err
	}
	progress := c.Progress()
	defer progress.Close()
	failures := make([]error, len(ports))
	var running sync.WaitGroup
	for i, port := range ports {
		one := c
		if c.o.name != "" {
			one.o.name = numbered(c.o.name, i+1)
		}
		task := progress.Task(path.Base(port.Path))
		running.Go(func() {
			failures[i] = one.among(ctx, port, network, task)
		})
	}
	running.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return several(failures)
}

// among provisions one of several boards and shows how that ended. It returns why the board failed.
func (c provisionCommand) among(ctx context.Context, port serialio.Port, network provision.Credentials, task *console.Task) error {
	var reporter provision.Reporter = &rowReporter{app: c.app, port: port.Path, task: task}
	if c.JSON {
		reporter = &jsonReporter{app: c.app, port: port.Path}
	}
	done, err := c.runStages(ctx, c.provisioner(reporter), port, c.o.engine(network))
	task.End(false)
	switch {
	case err != nil:
		c.showFailure(port, err)
		return err
	case c.o.dryRun: // The plan has been shown.
	case c.JSON:
		err = c.PrintJSON(map[string]any{"result": done.json()})
	default:
		err = c.Row(port.Path, done.name, done.url(), done.value())
	}
	if err == nil {
		err = printed(reporter)
	}
	return err
}

// showFailure shows why one of several boards failed. An interrupt is shown once, for all of them.
func (c provisionCommand) showFailure(port serialio.Port, err error) {
	switch {
	case c.JSON:
		_ = c.PrintJSON(map[string]any{"result": map[string]any{"usb": port.Path, "error": faultOf(err)}}) // err is what matters
	case errors.Is(err, context.Canceled):
	default:
		if !strings.Contains(err.Error(), port.Path) {
			err = fmt.Errorf("%s: %w", port.Path, err)
		}
		c.Fail(faultOf(err))
	}
}

func numbered(name string, n int) string { return fmt.Sprintf("%s-%d", name, n) }

// severalError is returned when some of several boards failed, each of which has been shown.
type severalError struct {
	failed, of int
	code       int // that all of them share, else 1
}

func (e *severalError) Error() string {
	return fmt.Sprintf("%d of %d boards failed", e.failed, e.of)
}

func several(failures []error) error {
	e := &severalError{of: len(failures)}
	for _, err := range failures {
		if err == nil {
			continue
		}
		code := exitCode(err)
		if e.failed > 0 && code != e.code {
			code = exitFailure
		}
		e.failed++
		e.code = code
	}
	if e.failed == 0 {
		return nil
	}
	return e
}
