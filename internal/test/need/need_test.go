package need

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// recorder is a test whose end can be looked at.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper()           {}
func (r *recorder) Fatal(args ...any) { r.end("fatal", args) }
func (r *recorder) Skip(args ...any)  { r.end("skip", args) }

func (r *recorder) end(how string, args []any) {
	r.ended = how + ": " + fmt.Sprint(args...)
	runtime.Goexit()
}

func ending(call func(testing.TB)) string {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		call(r)
	}()
	<-done
	return r.ended
}

func TestProgram(t *testing.T) {
	if path := Program(t, "go", "Go"); !strings.HasSuffix(path, "go") {
		t.Errorf("go is at %q", path)
	}
	missing := func(t testing.TB) { Program(t, "no-such-program", "no-such-package") }
	t.Setenv("CI", "")
	if got := ending(missing); !strings.HasPrefix(got, "skip:") || !strings.Contains(got, "no-such-package") {
		t.Errorf("without CI: %q", got)
	}
	t.Setenv("CI", "true")
	if got := ending(missing); !strings.HasPrefix(got, "fatal:") {
		t.Errorf("under CI: %q", got)
	}
}
