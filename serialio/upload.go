package serialio

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"
)

// File is a file for the board.
type File struct {
	Path string // absolute, on the board
	Data []byte
	// Keep, if set, is called with the old content of a file that is about to be replaced. If it returns true, the
	// old file is copied to Path with .bak behind it, and a number if that name is taken. A file that is too large to
	// be a program is kept without a call.
	Keep func(old []byte) bool

	manifest bool
}

// Result says what an upload did.
type Result struct {
	Sent    []string          // paths of the files that were sent
	Equal   []string          // paths of the files that were on the board already
	Kept    map[string]string // by the path of a file, the path of the copy of the old one
	Bytes   int               // size of the files that were sent
	Retried []string          // paths of the files that arrived altered and were sent again, more slowly
}

// staged is what is appended to the path of a file until all files have arrived.
const staged = ".new"

// keepLimit is how many bytes a file may have to be read for [File].Keep.
const keepLimit = 32 << 10

// cleanupTime is the time limit for removing staged files after a failure.
const cleanupTime = 5 * time.Second

// Outdated returns those of files that are missing on the board or have other content there. Errors: *AlteredError, those
// of [REPL.Exec].
func Outdated(ctx context.Context, r *REPL, files []File) ([]File, error) {
	r.beginOperation()
	return outdated(ctx, r, files, "")
}

// Upload puts files onto the board in three steps. It sends every file that the board does not have yet, with .new behind
// its name. The board reads all of these back and compares them. Only when all are right do they take their places, in
// the given order. A failure, a cancelled ctx or a lost board before the last step leaves the old files as they were.
// After one within the last step, the board completes the upload at its next boot, or the next Upload does.
//
// Other files whose names end in .new, in the folders of files except the root, are taken for leftovers of an earlier
// Upload and removed. A board that cannot rename files (a micro:bit) overwrites the old files in the last step; a power
// failure then can leave half a file.
//
// progress, which may be nil, is called with the bytes that have arrived and the sum of all that are to be sent.
//
// Errors: *SpaceError, *ShadowError, *VerifyError, *AlteredError, those of [REPL.Exec].
func Upload(ctx context.Context, r *REPL, board Board, files []File, progress func(done, total int)) (Result, error) {
	r.beginOperation()
	u := &upload{r: r, board: board, progress: progress, result: Result{Kept: map[string]string{}}}
	if err := u.begin(ctx, files); err != nil {
		return u.result, fmt.Errorf("looking at what an earlier upload left: %w", err)
	}
	todo, err := outdated(ctx, r, files, "")
	if err != nil {
		return u.result, fmt.Errorf("comparing files: %w", err)
	}
	for _, f := range files {
		if !slices.ContainsFunc(todo, func(other File) bool { return other.Path == f.Path }) {
			u.result.Equal = append(u.result.Equal, f.Path)
		}
	}
	if len(todo) == 0 {
		return u.result, nil
	}
	if err := u.replace(ctx, todo, files); err != nil {
		u.cleanUp(ctx, todo)
		return u.result, err
	}
	u.result.Sent = paths(todo)
	u.result.Bytes = u.total
	return u.result, nil
}

type upload struct {
	r        *REPL
	board    Board
	progress func(done, total int)
	done     int
	total    int
	result   Result
}

// begin completes an earlier upload that was cut off in its last step, and removes the files of one that was cut off
// before.
func (u *upload) begin(ctx context.Context, files []File) error {
	leftovers := []string{journalPath}
	for _, f := range files {
		if path.Dir(f.Path) == "/" {
			leftovers = append(leftovers, f.Path)
		}
	}
	var ours bool
	if err := u.r.ask(ctx, &ours, "_m_begin", journalMark, parents(files), leftovers); err != nil {
		return err
	}
	if !ours {
		return &ShadowError{journalPath}
	}
	return nil
}

// replace sends the files in todo, which are some of files, and puts them in place.
func (u *upload) replace(ctx context.Context, todo, files []File) error {
	for _, f := range todo {
		u.total += len(f.Data)
	}
	if free := u.board.FlashFree; free >= 0 && int64(u.total) > free {
		return &SpaceError{int64(u.total), free}
	}
	gone, err := u.stale(ctx, todo, files)
	if err != nil {
		return err
	}
	if err := u.r.ask(ctx, nil, "_m_mkdir", parents(todo)); err != nil {
		return fmt.Errorf("making folders: %w", err)
	}
	alone := len(todo) == 1 && len(gone) == 0
	sent := todo
	if !alone && !u.r.flat {
		sent = append(slices.Clone(todo), journal(paths(todo), gone))
	}
	u.report(0)
	if err := u.stage(ctx, sent); err != nil {
		return err
	}
	if err := u.keep(ctx, todo); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return u.swap(context.WithoutCancel(ctx), todo, alone)
}

// stage sends files under their staged names and verifies them. It sends those that arrived altered a second time, more
// carefully.
func (u *upload) stage(ctx context.Context, files []File) error {
	err := u.send(ctx, spans(files), u.limits)
	if isLineFault(err) {
		err = u.r.resync(ctx)
	}
	if err != nil {
		return fmt.Errorf("sending files: %w", u.named(err))
	}
	wrong, err := outdated(ctx, u.r, files, staged)
	if err != nil || len(wrong) == 0 {
		return err
	}
	u.result.Retried = paths(wrong)
	u.done = u.total
	for _, f := range wrong {
		u.done -= len(f.Data)
	}
	u.r.literal = true
	if err := u.send(ctx, spans(wrong), u.carefulLimits); err != nil {
		return fmt.Errorf("sending %s again: %w", wrong[0].Path, u.named(err))
	}
	wrong, err = outdated(ctx, u.r, wrong, staged)
	if err == nil && len(wrong) > 0 {
		err = &VerifyError{wrong[0].Path}
	}
	return err
}

// send sends spans of files. The board skips a span that it has written already, in a call whose answer was lost.
func (u *upload) send(ctx context.Context, spans []span, limits func() limits) error {
	for len(spans) > 0 {
		block, left := u.r.nextBlock(spans, limits())
		code, data := put(block)
		err := u.r.send(ctx, code, data, nil)
		if isOutOfMemory(err) && !u.r.literal {
			// The heap is too small. Smaller blocks need less of it, and data that are not deflated need no window.
			u.r.literal, u.board.HeapFree = true, 0
			continue
		}
		if err != nil {
			return err
		}
		spans = left
		u.report(len(data))
	}
	return nil
}

// keep copies the old files that are to be kept.
func (u *upload) keep(ctx context.Context, files []File) error {
	for _, f := range files {
		keep, err := u.keeps(ctx, f)
		if err != nil {
			return fmt.Errorf("looking at the old %s: %w", f.Path, err)
		}
		if !keep {
			continue
		}
		var kept string
		if err := u.r.ask(ctx, &kept, "_m_keep", f.Path); err != nil {
			return fmt.Errorf("keeping the old %s: %w", f.Path, u.named(err))
		}
		u.result.Kept[f.Path] = kept
	}
	return nil
}

// keeps reports whether the file that f replaces is to be kept.
func (u *upload) keeps(ctx context.Context, f File) (bool, error) {
	if f.Keep == nil {
		return false, nil
	}
	states, err := stat(ctx, u.r, []string{f.Path})
	if err != nil || states[0] == nil {
		return false, err
	}
	old, ok, err := readFile(ctx, u.r, f.Path, keepLimit)
	if err != nil {
		return false, err
	}
	return !ok || f.Keep(old), nil
}

// swap puts the staged files in place, as [journalPath] says. ctx should not be cancelled, since half of it is of no use.
func (u *upload) swap(ctx context.Context, files []File, alone bool) error {
	if u.r.flat {
		return u.copyOver(ctx, files)
	}
	if alone {
		err := u.r.ask(ctx, &alone, "_m_place", files[0].Path)
		if err != nil {
			return fmt.Errorf("putting %s in place: %w", files[0].Path, u.named(err))
		}
		if alone {
			return nil
		}
		unreported := &upload{r: u.r, board: u.board}
		if err := unreported.stage(ctx, []File{journal(paths(files), nil)}); err != nil {
			return err
		}
	}
	largest := 0
	for _, f := range files {
		largest = max(largest, len(f.Data))
	}
	err := u.r.ask(ctx, nil, "_m_commit", largest)
	if err == nil {
		err = u.r.ask(ctx, nil, "_m_run")
	}
	if err != nil {
		return fmt.Errorf("putting the files in place: %w", u.named(err))
	}
	return nil
}

// stale returns the paths of files that an earlier upload put there and that are no longer among files.
func (u *upload) stale(ctx context.Context, todo, files []File) (gone []string, err error) {
	for _, f := range todo {
		if f.manifest {
			old, _, err := readFile(ctx, u.r, f.Path, keepLimit)
			if err != nil {
				return nil, fmt.Errorf("reading %s: %w", f.Path, err)
			}
			gone = append(gone, stale(f, old, files)...)
		}
	}
	return gone, nil
}

// cleanUp removes the staged files, unless the journal is in place and needs them. It takes a few seconds even if ctx has
// ended.
func (u *upload) cleanUp(ctx context.Context, files []File) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	_ = u.remove(ctx, files) // if that fails, the next upload removes them
}

// remove removes the staged files and the staged journal.
func (u *upload) remove(ctx context.Context, files []File) error {
	for _, part := range portions(append(paths(files), journalPath)) {
		if err := u.r.ask(ctx, nil, "_m_rm", part, staged); err != nil {
			return err
		}
	}
	return nil
}

func (u *upload) report(sent int) {
	u.done = min(u.done+sent, u.total) // the journal is sent too, but not counted in the total
	if u.progress != nil {
		u.progress(u.done, u.total)
	}
}

// named returns err, or a *SpaceError if the board's file system is full.
func (u *upload) named(err error) error {
	var exec *ExecError
	if errors.As(err, &exec) && isFull(exec) {
		return &SpaceError{int64(u.total), u.board.FlashFree}
	}
	return err
}

// isFull reports whether the exception is ENOSPC, which boards without names for errors print as a number.
func isFull(err *ExecError) bool {
	last := lastLine(err.Traceback)
	return strings.HasPrefix(last, "OSError") && (strings.Contains(last, "ENOSPC") || strings.HasSuffix(last, ": 28"))
}

func paths(files []File) []string {
	all := make([]string, len(files))
	for i, f := range files {
		all[i] = f.Path
	}
	return all
}

// parents returns the folders that files are in, outer ones first.
func parents(files []File) []string {
	var dirs []string
	for _, f := range files {
		for dir := path.Dir(f.Path); dir != "/" && dir != "."; dir = path.Dir(dir) {
			if !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	slices.Sort(dirs)
	return dirs
}
