package filelock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func mustOpen(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	f := mustOpen(t, path)
	if _, err := f.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); string(text) != "text" || err != nil {
		t.Errorf("a locked file reads as %q, %v", text, err)
	}
	if _, err := Open(path); !errors.Is(err, ErrLocked) {
		t.Errorf("locked twice: %v", err)
	}
	f.Close()
	mustOpen(t, path).Close()
}

func TestErrorNamesTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nothing", "f")
	var named *os.PathError
	if _, err := Open(path); !errors.As(err, &named) || named.Path != path || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error = %v", err)
	}
}

// Each holder removes the file before it releases the lock. A lock on a removed file keeps nobody out.
func TestRemovedByItsHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			for range 20 {
				f, err := Wait(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				locked, lockedErr := f.Stat()
				named, namedErr := os.Stat(path)
				if lockedErr != nil || namedErr != nil || !os.SameFile(locked, named) {
					t.Errorf("another file is locked than the one under the name: %v, %v", lockedErr, namedErr)
				}
				os.Remove(path) // fails on Windows, where the file is open
				f.Close()
			}
		})
	}
	all.Wait()
}

func TestWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	holder := mustOpen(t, path)
	ctx, cancel := context.WithCancelCause(t.Context())
	limit := errors.New("the limit")
	cancel(limit)
	if _, err := Wait(ctx, path); !errors.Is(err, limit) {
		t.Errorf("a held lock: %v, want the cause of the context's end", err)
	}

	got := make(chan error)
	go func() {
		f, err := Wait(t.Context(), path)
		if err == nil {
			f.Close()
		}
		got <- err
	}()
	select {
	case err := <-got:
		t.Errorf("the lock was not waited for: %v", err)
	default:
	}
	holder.Close()
	if err := <-got; err != nil {
		t.Errorf("a released lock: %v", err)
	}
}
