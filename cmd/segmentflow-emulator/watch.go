package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// This file applies seed files again when they change. It looks at the files again and again: that finds each way of
// saving, also on network drives, in mounts of containers and behind links, and costs next to nothing.

const (
	// lookAgain is how often to look at the files.
	lookAgain = 100 * time.Millisecond

	// settled is how long the files must stay as they are: several writes are one change.
	settled = 50 * time.Millisecond

	// patience is how long a file may be gone, because an editor is replacing it.
	patience = time.Second
)

// watcher watches seed files.
type watcher struct {
	log     *slog.Logger
	paths   []string
	applied []fs.FileInfo // of each path when it was read last, nil if it was gone
}

// newWatcher begins to watch. It is called before the emulator reads the files, so that no change is missed.
func newWatcher(paths []string, log *slog.Logger) *watcher {
	w := &watcher{log: log, paths: paths}
	w.applied = w.look()
	return w
}

// look returns what the files are now.
func (w *watcher) look() []fs.FileInfo {
	found := make([]fs.FileInfo, len(w.paths))
	for i, path := range w.paths {
		found[i], _ = os.Stat(path)
	}
	return found
}

// same reports whether files are the same, unchanged.
func same(a, b []fs.FileInfo) bool {
	return slices.EqualFunc(a, b, func(a, b fs.FileInfo) bool {
		if a == nil || b == nil {
			return a == nil && b == nil
		}
		return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
	})
}

// run applies changes until the context ends.
func (w *watcher) run(ctx context.Context, emu *emulator.Emulator) {
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if seen := w.look(); !same(seen, w.applied) && w.settle(ctx, seen) {
			w.apply(emu)
		}
	}
}

// settle waits until the files stay as they are, and notes that. A file that is gone gets more time to come back. It
// reports whether the files then differ from those that were read.
func (w *watcher) settle(ctx context.Context, seen []fs.FileInfo) bool {
	for since := time.Duration(0); ; since += settled {
		select {
		case <-ctx.Done():
			return false
		case <-time.After(settled):
		}
		again := w.look()
		gone := slices.Contains(again, nil)
		if !same(again, seen) {
			seen, since = again, 0
			continue
		}
		if gone && since < patience {
			continue
		}
		changed := !same(seen, w.applied)
		w.applied = seen
		return changed
	}
}

// apply reads the files. The emulator logs what it has applied.
func (w *watcher) apply(emu *emulator.Emulator) {
	err := emu.RereadSeeds()
	if err == nil {
		return
	}
	mistakes, ok := errors.AsType[*emulator.SeedError](err)
	if !ok {
		w.log.Error("the seed was not applied", "problem", err)
		return
	}
	for _, problem := range mistakes.Problems {
		w.log.Error("the seed was not applied", "problem", problem.String())
	}
}
