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
	// Keep, if set, is asked about an existing file of other content: true keeps that one beside the new one,
	// as Path with .bak and, where that is taken, a number behind it. Of a file too large for any board's
	// program it is not asked; such a file is kept.
	Keep func(old []byte) bool

	manifest bool
}

// Result is what an upload did.
type Result struct {
	Sent    []string          // paths of the files that were sent
	Equal   []string          // paths of those that were on the board already
	Kept    map[string]string // where an existing file that was to be kept is now
	Bytes   int               // size of the files sent
	Retried []string          // paths that went over the line right only in the second, slower way
}

// staged is the name under which a file travels.
const staged = ".new"

// keepLimit is how large a file is read to be asked about, in bytes.
const keepLimit = 32 << 10

// cleanupTime is what is spent on a board after a failure to remove what was half sent.
const cleanupTime = 5 * time.Second

// Outdated returns those of files that are not on the board with the same content.
func Outdated(ctx context.Context, r *REPL, files []File) ([]File, error) {
	r.beginOperation()
	return outdated(ctx, r, files, "")
}

// Upload puts files onto the board, in three steps: every file that the board does not have yet is sent under
// a name of its own, with .new behind it, each is read back and compared on the board, and only when all are right
// they take their places, in the order given. A failure, a cancelled ctx or a lost board before that last step leaves
// the old files as they were; one within it is made up for by the board's next boot, or by the next Upload. Files
// that are on the board with the same content are not sent. What else ends in .new in the folders of the files, the
// root apart, is taken for what an earlier Upload left behind, and removed. A board that cannot rename, a micro:bit,
// writes over the old files in the last step; one that is reset within it can keep half a file.
//
// progress, which may be nil, is told the bytes of all files to be sent that are on the board, and their sum.
//
// Errors: *SpaceError, *ShadowError, *VerifyError, *AlteredError, those of Exec.
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

// begin completes an upload that was cut after its last file, and forgets one that was cut before.
func (u *upload) begin(ctx context.Context, files []File) error {
	dead := []string{journalPath}
	for _, f := range files {
		if path.Dir(f.Path) == "/" {
			dead = append(dead, f.Path)
		}
	}
	var ours bool
	if err := u.r.ask(ctx, &ours, "_m_begin", journalMark, parents(files), dead); err != nil {
		return err
	}
	if !ours {
		return &ShadowError{journalPath}
	}
	return nil
}

// replace sends those of files that are to do, and lets them take their places.
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

// stage sends files under their travelling names and verifies them, those that went wrong a second time, more
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
	if err := u.send(ctx, spans(wrong), u.careful); err != nil {
		return fmt.Errorf("sending %s again: %w", wrong[0].Path, u.named(err))
	}
	wrong, err = outdated(ctx, u.r, wrong, staged)
	if err == nil && len(wrong) > 0 {
		err = &VerifyError{wrong[0].Path}
	}
	return err
}

// send sends spans of files. What is there already, because its answer was lost, is not put there again.
func (u *upload) send(ctx context.Context, spans []span, limits func() limits) error {
	for len(spans) > 0 {
		block, left := u.r.nextBlock(spans, limits())
		code, data := put(block)
		err := u.r.send(ctx, code, data, nil)
		if isOutOfMemory(err) && !u.r.literal {
			// Smaller ones, and none that takes a window to inflate.
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

// keep makes copies of the old files that are to be kept.
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

// keeps tells whether the file that f replaces is to be kept.
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

// swap lets the staged files take their places: see journalPath. Once begun it is not given up.
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

// stale lists the files that an earlier upload put there and this one has no more.
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

// cleanUp removes what was staged, unless it is on its way into its place. ctx may have ended; the board then
// still gets a few seconds.
func (u *upload) cleanUp(ctx context.Context, files []File) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	_ = u.remove(ctx, files) // from a board that is out of reach the next upload removes it
}

// remove removes the travelling copies of files, and the journal's.
func (u *upload) remove(ctx context.Context, files []File) error {
	for _, some := range portions(append(paths(files), journalPath)) {
		if err := u.r.ask(ctx, nil, "_m_rm", some, staged); err != nil {
			return err
		}
	}
	return nil
}

func (u *upload) report(sent int) {
	u.done = min(u.done+sent, u.total) // the journal is not theirs
	if u.progress != nil {
		u.progress(u.done, u.total)
	}
}

// named turns the board's "no space" into its own type.
func (u *upload) named(err error) error {
	var exec *ExecError
	if errors.As(err, &exec) && isFull(exec) {
		return &SpaceError{int64(u.total), u.board.FlashFree}
	}
	return err
}

// isFull tells whether the exception is ENOSPC, by number on boards without names for them.
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

// parents lists the folders that files need, outer ones first.
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
