package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// This file applies seed files again when they change. Editors replace files, and a config map of Kubernetes is
// replaced through symbolic links, so directories are watched. An event only says that it is time to look: what counts
// is whether a file is another one than before.

const (
	// settled is how long the files must stay as they are: several writes are one change.
	settled = 50 * time.Millisecond

	// patience is how long a file may be gone, because an editor is replacing it.
	patience = time.Second

	// lookAnyway is how often to look without an event: network drives and mounts of containers may report none.
	lookAnyway = time.Second
)

// watcher watches seed files.
type watcher struct {
	log     *slog.Logger
	paths   []string
	applied []fs.FileInfo // of each path when it was read last, nil if it was gone
	events  *fsnotify.Watcher
}

// newWatcher begins to watch. It is called before the emulator reads the files, so that no change is missed.
func newWatcher(paths []string, log *slog.Logger) (*watcher, error) {
	events, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, errors.New("--watch: " + err.Error())
	}
	w := &watcher{log: log, paths: paths, events: events}
	w.applied = w.look()
	return w, nil
}

// look returns what the files are now. It watches the directories of their names and of what these lead to, which may
// be others than before.
func (w *watcher) look() []fs.FileInfo {
	found := make([]fs.FileInfo, len(w.paths))
	for i, path := range w.paths {
		found[i], _ = os.Stat(path)
		target, err := filepath.EvalSymlinks(path)
		if err != nil {
			target = path
		}
		for _, dir := range []string{filepath.Dir(path), filepath.Dir(target)} {
			_ = w.events.Add(dir) // if it cannot be watched, or is gone, lookAnyway finds the change
		}
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
	defer w.events.Close()
	ticker := time.NewTicker(lookAnyway)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.events.Events:
		case err := <-w.events.Errors: // events may be lost; looking finds what they were about
			w.log.Debug("--watch", "error", err)
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
