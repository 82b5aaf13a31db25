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

// provisionAll provisions every board that is plugged in, all at the same time. The failure of one does not stop the
// others.
func (a *app) provisionAll(ctx context.Context, o provisionOptions) error {
	ports, err := boards.Ports(ctx)
	switch {
	case err != nil:
		return err
	case len(ports) == 0:
		return noPortError{}
	}
	if longest := numbered(o.name, len(ports)); o.name != "" && !identity.IsName(longest) {
		return usageError{fmt.Sprintf("%q is too long for a board's name", longest), "names get a number behind them; all of it is 24 characters at most"}
	}
	c, err := a.wanted(ctx, o)
	if err != nil {
		return err
	}
	progress := a.Progress()
	defer progress.Close()
	failures := make([]error, len(ports))
	var all sync.WaitGroup
	for i, port := range ports {
		o := o
		if o.name != "" {
			o.name = numbered(o.name, i+1)
		}
		task := progress.Task(path.Base(port.Path))
		all.Go(func() {
			failures[i] = a.provisionOne(ctx, port, o.engine(c), o.dryRun, task)
		})
	}
	all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return several(failures)
}

// provisionOne provisions one of several boards and shows how that ended. It returns why the board failed.
func (a *app) provisionOne(ctx context.Context, port serialio.Port, o provision.Options, dryRun bool, task *console.Task) error {
	var reporter provision.Reporter = &rowReporter{app: a, port: port.Path, task: task}
	if a.JSON {
		reporter = &jsonReporter{app: a, port: port.Path}
	}
	done, err := a.runStages(ctx, a.provisioner(reporter), port, o, dryRun)
	task.End(false)
	switch {
	case err != nil:
		a.showFailure(port, err)
		return err
	case dryRun: // The plan has been shown.
	case a.JSON:
		err = a.PrintJSON(map[string]any{"result": done.json()})
	default:
		err = a.Row(port.Path, done.name, done.url(), done.value())
	}
	if err == nil {
		err = printed(reporter)
	}
	return err
}

// showFailure shows why one of several boards failed. An interrupt is shown once, for all of them.
func (a *app) showFailure(port serialio.Port, err error) {
	switch {
	case a.JSON:
		_ = a.PrintJSON(map[string]any{"result": map[string]any{"usb": port.Path, "error": faultOf(err)}}) // err is what matters
	case errors.Is(err, context.Canceled):
	default:
		if !strings.Contains(err.Error(), port.Path) {
			err = fmt.Errorf("%s: %w", port.Path, err)
		}
		a.Fail(faultOf(err))
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
