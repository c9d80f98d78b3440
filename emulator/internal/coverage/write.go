package coverage

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
)

// A process adds lines to one file, whose name no other process has, whatever its process id and its host. A line is
// one version with what one emulator reached in it. Each emulator's lines are written at once when it closes, so a
// killed process leaves whole lines.

// format is the version of the lines.
const format = 1

// line is a line of a file. Only the first line about a version in a file has its definition.
type line struct {
	Format     int             `json:"format"`
	Digest     string          `json:"digest"`
	Number     int             `json:"version"`
	Definition json.RawMessage `json:"definition,omitempty"`
	Counts     []count         `json:"counts"`
}

type count struct {
	Place
	Count int `json:"count"`
}

// writer writes the files of this process, of which there is one per directory.
type writer struct {
	file    func() string // its name in every directory
	workDir string        // at the start of the process; tests may change it
	mu      sync.Mutex
	known   map[string]map[string]bool // the definitions that a file has, by path and digest
}

var thisProcess = newWriter()

func newWriter() *writer {
	dir, _ := os.Getwd() // without one, only absolute directories can be used
	return &writer{
		file:    sync.OnceValue(func() string { return prefix + uuid.NewString() + suffix }),
		workDir: dir,
		known:   map[string]map[string]bool{},
	}
}

// The name of a file begins and ends with these.
const (
	prefix = "journeys-"
	suffix = ".jsonl"
)

// Open returns a recorder that adds to the process's file in a directory, which it creates if necessary. A relative
// directory is below the root of the module whose tests run. If the directory is "", Open returns nil.
func Open(dir string) (*Recorder, error) {
	if dir == "" {
		return nil, nil
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(root(thisProcess.workDir), dir)
	}
	r := &Recorder{path: filepath.Join(dir, thisProcess.file()), found: map[string]*counted{}}
	if err := r.Close(); err != nil {
		return nil, err
	}
	return r, nil
}

// root returns the root of the module that a directory is in, or the directory itself if there is no module.
func root(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if info, err := os.Stat(filepath.Join(at, "go.mod")); err == nil && info.Mode().IsRegular() {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}

// Close adds what was counted since the last Close to the file. If it fails, the file has no part of it.
func (r *Recorder) Close() error {
	if r == nil {
		return nil
	}
	if err := thisProcess.add(r.path, r.take()); err != nil {
		return fmt.Errorf("%s: Journey coverage cannot be written, set it to a directory that can be: %w",
			Variable, err)
	}
	return nil
}

func (w *writer) add(path string, found map[string]*counted) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o666)
	if err != nil {
		return err
	}
	info, err := file.Stat()
	if err != nil {
		return errors.Join(err, file.Close())
	}

	known := maps.Clone(w.known[path])
	if known == nil || info.Size() == 0 {
		known = map[string]bool{} // it is new, or somebody has deleted it
	}
	text, err := encode(found, known)
	if err == nil && len(text) > 0 {
		if _, err = file.Write(text); err != nil {
			err = errors.Join(err, file.Truncate(info.Size()))
		}
	}
	if err == nil {
		w.known[path] = known
	}
	return errors.Join(err, file.Close())
}

// encode returns the lines of what was counted. It adds the definitions that they contain to the known ones.
func encode(found map[string]*counted, known map[string]bool) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false) // so that definitions stay as they are
	for _, digest := range slices.Sorted(maps.Keys(found)) {
		one := found[digest]
		next := line{Format: format, Digest: digest, Number: one.Number, Counts: []count{}}
		if !known[digest] {
			next.Definition = one.Definition
		}
		known[digest] = true
		for place, n := range one.places {
			next.Counts = append(next.Counts, count{place, n})
		}
		slices.SortFunc(next.Counts, func(a, b count) int { return a.compare(b.Place) })
		if err := encoder.Encode(next); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

func (p Place) compare(other Place) int {
	return cmp.Or(strings.Compare(p.Kind, other.Kind), strings.Compare(p.Node, other.Node),
		strings.Compare(p.Name, other.Name), strings.Compare(p.To, other.To))
}

// isFile reports whether an entry of a directory is the file of a process.
func isFile(entry fs.DirEntry) bool {
	name := entry.Name()
	return entry.Type().IsRegular() && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix)
}
