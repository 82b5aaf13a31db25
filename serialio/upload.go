package serialio

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

type swap struct {
	path string
	keep bool
}

// Outdated returns those of files that are not on the board with the same content.
func Outdated(ctx context.Context, r *REPL, files []File) ([]File, error) {
	states, err := stat(ctx, r, paths(files))
	if err != nil {
		return nil, err
	}
	var outdated []File
	for i, f := range files {
		if states[i] == nil || !states[i].matches(f.Data) {
			outdated = append(outdated, f)
		}
	}
	return outdated, nil
}

// Upload puts files onto the board, in three steps: every file that the board does not have yet is sent under
// a name of its own, each is read back and compared on the board, and only when all are right they take their
// places, in the order given. A failure or a cancelled ctx before that last step leaves the board's old files
// as they were. Files that are on the board with the same content are not sent. A board that cannot rename, a
// micro:bit, writes over the old files in the last step; one that is reset within it can keep half a file.
//
// progress, which may be nil, is told the bytes of all files to be sent that are on the board, and their sum.
//
// Errors: *SpaceError, *VerifyError, those of Exec.
func Upload(ctx context.Context, r *REPL, board Board, files []File, progress func(done, total int)) (Result, error) {
	u := &upload{r: r, board: board, progress: progress, result: Result{Kept: map[string]string{}}}
	todo, err := Outdated(ctx, r, files)
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
	if err := u.stage(ctx, todo); err != nil {
		u.cleanUp(ctx, todo)
		return u.result, err
	}
	swap := u.swap
	if r.flat {
		swap = u.copyOver
	}
	if err := swap(ctx, todo); err != nil {
		u.cleanUp(ctx, todo)
		return u.result, err
	}
	return u.result, nil
}

type upload struct {
	r        *REPL
	board    Board
	progress func(done, total int)
	done     int
	total    int
	result   Result
	swaps    []swap
}

// stage sends files under their travelling names and verifies them.
func (u *upload) stage(ctx context.Context, files []File) error {
	for _, f := range files {
		u.total += len(f.Data)
	}
	if free := u.board.FlashFree; free >= 0 && int64(u.total) > free {
		return &SpaceError{int64(u.total), free}
	}
	if _, err := u.r.Exec(ctx, call("_m_mkdir", parents(files))); err != nil {
		return fmt.Errorf("making folders: %w", err)
	}
	u.report(0)
	for _, f := range files {
		if err := u.send(ctx, f); err != nil {
			return fmt.Errorf("sending %s: %w", f.Path, u.named(err))
		}
		keep, err := u.keeps(ctx, f)
		if err != nil {
			return fmt.Errorf("looking at the old %s: %w", f.Path, err)
		}
		u.swaps = append(u.swaps, swap{f.Path, keep})
	}
	return nil
}

// send sends one file, a second time more carefully when it went wrong.
func (u *upload) send(ctx context.Context, f File) error {
	before := u.done
	err := u.sendBlocks(ctx, f, u.limits())
	if err == nil {
		if ok, verifyErr := u.verify(ctx, f); ok || verifyErr != nil {
			return verifyErr
		}
	}
	// A line that alters bytes shows as an exception as often as in the hash, and so does a heap too full.
	var exec *ExecError
	if err != nil && (!errors.As(err, &exec) || isFull(exec)) {
		return err
	}
	u.done = before
	u.result.Retried = append(u.result.Retried, f.Path)
	if err := u.sendBlocks(ctx, f, careful); err != nil {
		return err
	}
	if ok, err := u.verify(ctx, f); err != nil || ok {
		return err
	}
	return &VerifyError{f.Path}
}

func (u *upload) sendBlocks(ctx context.Context, f File, limits limits) error {
	mode := "wb"
	for data, first := f.Data, true; first || len(data) > 0; first = false {
		block := nextBlock(data, limits)
		if _, err := u.r.Exec(ctx, call("_m_put", f.Path+staged, mode, block.deflated, block.payload)); err != nil {
			return err
		}
		data = data[block.size:]
		mode = "ab"
		u.report(block.size)
	}
	return nil
}

// verify reads the file back, on the board where that can hash.
func (u *upload) verify(ctx context.Context, f File) (bool, error) {
	states, err := stat(ctx, u.r, []string{f.Path + staged})
	if err != nil || states[0] == nil {
		return false, err
	}
	if u.board.SHA256 || states[0].Size != int64(len(f.Data)) {
		return states[0].matches(f.Data), nil
	}
	data, ok, err := ReadFile(ctx, u.r, f.Path+staged, len(f.Data))
	return ok && string(data) == string(f.Data), err
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
	old, ok, err := ReadFile(ctx, u.r, f.Path, keepLimit)
	if err != nil {
		return false, err
	}
	return !ok || f.Keep(old), nil
}

// swapMark begins the line that the board prints for each file in its place.
const swapMark = "_m_swapped "

// swap lets the staged files take their places. Once begun it is not given up: half of it would be a mixture.
func (u *upload) swap(ctx context.Context, files []File) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	for swaps := range slices.Chunk(u.swaps, listChunk) {
		err := u.r.ExecLines(ctx, call("_m_swaps", swaps), func(line string) {
			var pair [2]string
			text, ok := strings.CutPrefix(line, swapMark)
			if !ok || json.Unmarshal([]byte(text), &pair) != nil {
				return
			}
			u.result.Sent = append(u.result.Sent, pair[0])
			if pair[1] != "" {
				u.result.Kept[pair[0]] = pair[1]
			}
		})
		if err != nil {
			return fmt.Errorf("putting the files in place, of which %d of %d are: %w", len(u.result.Sent), len(u.swaps), u.named(err))
		}
	}
	for _, f := range files {
		u.result.Bytes += len(f.Data)
	}
	return nil
}

// cleanUp removes what was staged. ctx may have ended; the board then still gets a few seconds.
func (u *upload) cleanUp(ctx context.Context, files []File) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	for chunk := range slices.Chunk(paths(files), listChunk) {
		for i := range chunk {
			chunk[i] += staged
		}
		if _, err := u.r.Exec(ctx, call("_m_rm", chunk)); err != nil {
			return // the board is out of reach: the next upload writes over them
		}
	}
}

func (u *upload) report(sent int) {
	u.done += sent
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

// matches tells whether a file on the board is data, as far as the board can tell.
func (s *state) matches(data []byte) bool {
	sum := sha256.Sum256(data)
	return s.Size == int64(len(data)) && s.SHA256 == hex.EncodeToString(sum[:])
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
