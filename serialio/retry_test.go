package serialio

import (
	"context"
	"errors"
	"strings"
	"testing"
)

const (
	memoryError = "Traceback (most recent call last):\nMemoryError: memory allocation failed\n"
	noDevice    = "Traceback (most recent call last):\nOSError: 19\n"
	valueError  = "Traceback (most recent call last):\nValueError: altered on the line\n"
)

// faults makes the first calls of a function fail, each in its way, and counts how often it was called.
func faults(b *fakeBoard, function string, each ...string) (calls *int) {
	calls = new(int)
	b.beforeCall = func(call string) string {
		if !strings.HasPrefix(call, function+"(") {
			return ""
		}
		*calls++
		if *calls <= len(each) {
			return each[*calls-1]
		}
		return ""
	}
	return calls
}

func TestRetry(t *testing.T) {
	for name, tt := range map[string]struct {
		faults  []string
		failure func(error) bool // nil: it succeeds
		calls   int
		resets  int
	}{
		"no fault":                          {nil, nil, 1, 0},
		"the line, twice":                   {[]string{garbled, valueError}, nil, 3, 0},
		"the line, in every call":           {[]string{valueError, valueError, valueError}, as[*AlteredError], 3, 0},
		"prints until a soft reset":         {[]string{garbled, garbled, garbled}, nil, 4, 1},
		"prints even then":                  {[]string{garbled, garbled, garbled, garbled, garbled, garbled}, as[*ProtocolError], 6, 1},
		"a full heap":                       {[]string{memoryError}, nil, 2, 1},
		"a heap that stays full":            {[]string{memoryError, memoryError}, isOutOfMemory, 2, 1},
		"the line after a full heap":        {[]string{memoryError, garbled, valueError}, nil, 4, 1},
		"a restart":                         {[]string{restarted}, nil, 2, 0},
		"a restart after every restart":     {[]string{restarted, restarted}, as[*RestartedError], 2, 0},
		"the line after a restart":          {[]string{valueError, valueError, restarted, garbled, valueError}, nil, 6, 0},
		"an error of the board":             {[]string{noDevice}, as[*ExecError], 1, 0},
		"the line, then one of the board's": {[]string{garbled, noDevice}, as[*ExecError], 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFakeBoard(128)
			r := enter(t, b)
			calls := faults(b, "_m_board", tt.faults...)
			_, err := Probe(t.Context(), r)
			if tt.failure == nil && err != nil || tt.failure != nil && !tt.failure(err) {
				t.Errorf("Probe = %v", err)
			}
			if *calls != tt.calls || b.resets != tt.resets {
				t.Errorf("%d calls, %d soft resets, want %d and %d", *calls, b.resets, tt.calls, tt.resets)
			}
			b.beforeCall = nil
			if _, err := Probe(t.Context(), r); err != nil {
				t.Errorf("Probe after it = %v", err)
			}
		})
	}
}

// An expression may need what the caller has put into the board's memory, so there is no soft reset for it.
func TestRetryOfAnExpression(t *testing.T) {
	for name, tt := range map[string]struct {
		faults  []string
		failure func(error) bool
		calls   int
	}{
		"the line, twice":         {[]string{garbled, valueError}, nil, 3},
		"the line, in every call": {[]string{garbled, garbled, garbled}, as[*ProtocolError], 3},
		"its own exception":       {[]string{valueError, valueError, valueError}, func(err error) bool { return as[*ExecError](err) && !as[*AlteredError](err) }, 3},
		"a full heap":             {[]string{memoryError}, isOutOfMemory, 1},
		"a restart":               {[]string{restarted}, as[*RestartedError], 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newFakeBoard(128)
			r := enter(t, b)
			calls := faults(b, "_m_board", tt.faults...)
			err := r.Eval(t.Context(), "_m_board()", nil)
			if tt.failure == nil && err != nil || tt.failure != nil && !tt.failure(err) {
				t.Errorf("Eval = %v", err)
			}
			if *calls != tt.calls || b.resets > 0 {
				t.Errorf("%d calls, %d soft resets, want %d and none", *calls, b.resets, tt.calls)
			}
		})
	}
}

// An upload goes on where it was, although the board's memory is lost.
func TestUploadGoesOn(t *testing.T) {
	for name, tt := range map[string]struct {
		function string
		faults   []string
		failure  func(error) bool
	}{
		"a restart while files are sent":       {"_m_put", []string{"", restarted}, nil},
		"a restart while they take places":     {"_m_run", []string{restarted}, nil},
		"a restart again and again":            {"_m_put", []string{"", restarted, "", restarted}, as[*RestartedError]},
		"something prints in between":          {"_m_put", []string{"", garbled, garbled, garbled}, nil},
		"a heap that is full, again and again": {"_m_digest", []string{memoryError, "", memoryError}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDialect(t, func(t *testing.T, b *fakeBoard) {
				r, board := probed(t, b)
				faults(b, tt.function, tt.faults...)
				var progress []int
				_, err := Upload(t.Context(), r, board, app(), func(done, _ int) { progress = append(progress, done) })
				if tt.failure != nil {
					if !tt.failure(err) {
						t.Errorf("Upload = %v", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				checkFiles(t, b, app()...)
				for i := 1; i < len(progress); i++ {
					if progress[i] < progress[i-1] {
						t.Errorf("progress went back: %v", progress)
					}
				}
			})
		})
	}
}

func TestReadFileGoesOn(t *testing.T) {
	b := newFakeBoard(128)
	b.files["/boot.py"] = []byte(strings.Repeat("0123456789", 300))
	r := enter(t, b)
	calls := faults(b, "_m_read", "", garbled, restarted)
	data, ok, err := ReadFile(t.Context(), r, "/boot.py", 4000)
	if err != nil || !ok || string(data) != string(b.files["/boot.py"]) {
		t.Fatalf("ReadFile = %d bytes, %v, %v", len(data), ok, err)
	}
	if *calls != 5 {
		t.Errorf("%d calls for three parts and two faults", *calls)
	}
}

// Each operation may be interrupted by one restart.
func TestRestartsAreCountedByOperation(t *testing.T) {
	t.Parallel()
	b := newFakeBoard(128)
	r := enter(t, b)
	for range 3 {
		faults(b, "_m_board", restarted)
		if _, err := Probe(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSoftResetThatGetsLost(t *testing.T) {
	t.Parallel()
	b := newFakeBoard(128)
	r := enter(t, b)
	b.ignores = 1
	if err := r.SoftReset(t.Context()); err != nil || b.resets != 1 {
		t.Fatalf("SoftReset = %v, %d were made", err, b.resets)
	}
}

func TestRetryEndsWithTheContext(t *testing.T) {
	b := newFakeBoard(128)
	r := enter(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	calls := 0
	b.beforeCall = func(string) string {
		calls++
		cancel()
		return garbled
	}
	if _, err := Probe(ctx, r); !errors.Is(err, context.Canceled) || calls != 1 {
		t.Fatalf("Probe = %v after %d calls", err, calls)
	}
}
