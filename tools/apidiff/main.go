// Command apidiff compares the exported API with that of the last release, api/released.txt, and prints each line that
// is gone or new. It fails if api/changes.txt does not have exactly these lines, so that every change of the API is
// seen in a review, and if CHANGELOG.md does not announce what is gone.
//
//	apidiff [-update | -release VERSION] ROOT PACKAGE...
//
// Packages are directories below ROOT. One in a module of its own works too. With -update, apidiff writes
// api/changes.txt. With -release, the API of now becomes that of the last release.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	update := flag.Bool("update", false, "write api/changes.txt")
	release := flag.String("release", "", "the version that this API is released as")
	flag.Parse()
	if flag.NArg() < 2 {
		fmt.Fprintln(os.Stderr, "usage: apidiff [-update | -release VERSION] ROOT PACKAGE...")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), flag.Args()[1:], *update, *release); err != nil {
		fmt.Fprintln(os.Stderr, "apidiff:", err)
		os.Exit(1)
	}
}

func run(root string, packages []string, update bool, release string) error {
	var now []string
	for _, name := range packages {
		pkg, err := load(filepath.Join(root, name))
		if err != nil {
			return err
		}
		now = append(now, linesOf(pkg)...)
	}
	releasedPath, changesPath := filepath.Join(root, "api", "released.txt"), filepath.Join(root, "api", "changes.txt")
	if release != "" {
		head := "# The exported API of " + release + ". Only make api-release writes this file."
		return errors.Join(write(releasedPath, append([]string{head}, now...)), write(changesPath, nil))
	}

	released, err := read(releasedPath)
	if err != nil {
		return err
	}
	changes := diff(released, now)
	for _, change := range changes {
		fmt.Println(change)
	}
	if update {
		if err := write(changesPath, changes); err != nil {
			return err
		}
	}

	known, err := read(changesPath)
	if err != nil {
		return err
	}
	changelog, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	return errors.Join(unseen(known, changes), unannounced(changes, string(changelog)))
}

// read returns the lines of a file without comments.
func read(path string) ([]string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" || line[0] == '#' }), nil
}

func write(path string, lines []string) error {
	var text strings.Builder
	for _, line := range lines {
		text.WriteString(line + "\n")
	}
	return os.WriteFile(path, []byte(text.String()), 0o644)
}

// unseen returns an error if api/changes.txt does not have the changes.
func unseen(known, changes []string) error {
	var text strings.Builder
	for _, line := range changes {
		if !slices.Contains(known, line) {
			text.WriteString("\n  missing: " + line)
		}
	}
	for _, line := range known {
		if !slices.Contains(changes, line) {
			text.WriteString("\n  out of date: " + line)
		}
	}
	if text.Len() == 0 {
		return nil
	}
	return errors.New("api/changes.txt does not have the changes of the API since the last release; " +
		"run make api-diff UPDATE=1 and review it:" + text.String())
}
