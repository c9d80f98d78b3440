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
)

// Read merges the files in a directory. A relative directory is below the working directory, or else below the root of
// the module, where Open creates it.
func Read(dir string) (Report, error) {
	at, entries, err := list(dir)
	if err != nil {
		return Report{}, err
	}
	report := Report{}
	merged := map[string]*counted{}
	files := 0
	for _, entry := range entries {
		switch {
		case isFile(entry):
			files++
			if err := readFile(filepath.Join(at, entry.Name()), merged); err != nil {
				return Report{}, err
			}
		case !strings.HasPrefix(entry.Name(), "."):
			report.Ignored = append(report.Ignored, filepath.Join(at, entry.Name()))
		}
	}
	if files == 0 {
		return Report{}, fmt.Errorf("%s has no Journey coverage%s; %s", at, among(report.Ignored), advice(dir))
	}

	for _, one := range merged {
		if one.Definition == nil {
			return Report{}, fmt.Errorf("%s has no definition of version %.7s; a file is missing; %s",
				at, one.Digest, advice(dir))
		}
		j := newJourney(one)
		if j == nil {
			return Report{}, fmt.Errorf("%s has a definition of version %.7s that cannot be read", at, one.Digest)
		}
		report.Journeys = append(report.Journeys, *j)
	}
	slices.SortFunc(report.Journeys, func(a, b Journey) int {
		return cmp.Or(
			strings.Compare(a.Key, b.Key), cmp.Compare(a.Number, b.Number), strings.Compare(a.Digest, b.Digest))
	})
	return report, nil
}

// among names a few of the files that are no coverage.
func among(ignored []string) string {
	if len(ignored) == 0 {
		return ""
	}
	names := []string{}
	for _, path := range ignored[:min(3, len(ignored))] {
		names = append(names, filepath.Base(path))
	}
	return fmt.Sprintf(", but other files (%s)", strings.Join(names, ", "))
}

func advice(dir string) string {
	return fmt.Sprintf("run the tests first: %s=%s go test -count=1 ./...", Variable, dir)
}

// list returns the entries of a directory, and where it is.
func list(dir string) (string, []fs.DirEntry, error) {
	if dir == "" {
		return "", nil, errors.New("the name of the directory is empty; " +
			"pass the one that SEGMENTFLOW_JOURNEY_COVERAGE named")
	}
	entries, err := os.ReadDir(dir)
	if !errors.Is(err, fs.ErrNotExist) || filepath.IsAbs(dir) {
		return dir, entries, explain(dir, err)
	}
	work, failed := os.Getwd()
	if failed != nil {
		return "", nil, failed
	}
	below := filepath.Join(root(work), dir)
	entries, failed = os.ReadDir(below)
	if failed != nil {
		return "", nil, explain(dir, err)
	}
	return below, entries, nil
}

func explain(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist; %s", dir, advice(dir))
	}
	return err
}

// readFile adds the content of a file. Without a line break at its end, its last line was cut off when the process was
// killed, and does not count.
func readFile(path string, merged map[string]*counted) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for i := 1; ; i++ {
		raw, rest, whole := bytes.Cut(text, []byte("\n"))
		if !whole {
			return nil
		}
		if err := readLine(raw, merged); err != nil {
			return fmt.Errorf("%s:%d is not Journey coverage: %w; delete the file and run the tests again",
				path, i, err)
		}
		text = rest
	}
}

func readLine(raw []byte, merged map[string]*counted) error {
	var next line
	if err := json.Unmarshal(raw, &next); err != nil {
		return err
	}
	switch {
	case next.Format != format:
		return fmt.Errorf("its format is %d, and this emulator reads %d", next.Format, format)
	case next.Digest == "":
		return errors.New("it has no digest")
	case next.Definition != nil && digestOf(next.Definition) != next.Digest:
		return errors.New("the definition is not that of the digest")
	}

	one := merged[next.Digest]
	if one == nil {
		one = &counted{&Version{Digest: next.Digest, Number: next.Number}, map[Place]int{}}
		merged[next.Digest] = one
	}
	one.Number = min(one.Number, next.Number)
	if next.Definition != nil {
		one.Definition = next.Definition
	}
	for _, each := range next.Counts {
		if each.Count < 0 {
			return errors.New("it has a negative count")
		}
		one.places[each.Place] += each.Count
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
