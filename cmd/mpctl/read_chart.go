package main

import (
	"fmt"

	"mpctl/internal/atomicfile"
	"mpctl/internal/chart"
)

// chartFile is the PNG that -o names. A nil chartFile is none.
type chartFile struct{ *atomicfile.File }

// createChart starts the file before anything is read, so that a folder that does not exist is noticed then.
func createChart(path string) (*chartFile, error) {
	if path == "" {
		return nil, nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, fmt.Errorf("creating the chart: %w", err)
	}
	return &chartFile{f}, nil
}

// Close removes the file unless it was written whole.
func (f *chartFile) Close() {
	if f != nil {
		_ = f.File.Close() // what could have been lost was reported by write
	}
}

// write draws the panels below each other. Without any there is no file.
func (f *chartFile) write(panels []*chart.Panel) error {
	if f == nil || len(panels) == 0 {
		return nil
	}
	if err := chart.WritePNG(f.File, panels); err != nil {
		return err
	}
	if err := f.Commit(); err != nil {
		return fmt.Errorf("finishing the chart: %w", err)
	}
	return nil
}

// charts draws what was read: on stdout with --plot, into the file with -o.
func (w *watching) charts(file *chartFile) error {
	panels := chart.Panels(w.allSeries())
	if w.o.plot {
		columns, isTerminal := w.Columns()
		for _, p := range panels {
			if err := w.Lines(p.Text(columns, chart.TextHeight, isTerminal && w.Colour())); err != nil {
				return err
			}
		}
	}
	return file.write(panels)
}
