package release_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// unpacked returns the files of an archive by name.
func unpacked(t *testing.T, path string) map[string][]byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]byte{}
	add := func(name string, mode os.FileMode, from io.Reader) error {
		isProgram := strings.HasPrefix(name, project)
		if isProgram != (mode&0o111 != 0) && !strings.HasSuffix(path, ".zip") {
			t.Errorf("%s: %s has mode %v", path, name, mode)
		}
		found[name], err = io.ReadAll(from)
		return err
	}
	if strings.HasSuffix(path, ".zip") {
		err = eachInZip(content, add)
	} else {
		err = eachInTar(content, add)
	}
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return found
}

type adder func(name string, mode os.FileMode, from io.Reader) error

func eachInZip(content []byte, add adder) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	for _, file := range archive.File {
		from, err := file.Open()
		if err != nil {
			return err
		}
		if err := errors.Join(add(file.Name, file.Mode(), from), from.Close()); err != nil {
			return err
		}
	}
	return nil
}

func eachInTar(content []byte, add adder) error {
	plain, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return err
	}
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := add(header.Name, header.FileInfo().Mode(), archive); err != nil {
			return err
		}
	}
}

// madeArchives returns the targets whose archive is in dist. This machine's must be there.
func madeArchives(t *testing.T) (made []target) {
	t.Helper()
	here := target{runtime.GOOS, runtime.GOARCH}
	for _, target := range targetsOf(t) {
		_, err := os.Stat(filepath.Join(dist, target.archive()))
		switch {
		case err == nil:
			made = append(made, target)
		case target == here:
			t.Fatalf("%v; make release-check makes it", err)
		}
	}
	return made
}

func TestTheArchivesHaveWhatTheirNamesSay(t *testing.T) {
	for _, target := range madeArchives(t) {
		files := unpacked(t, filepath.Join(dist, target.archive()))
		want := []string{"LICENSE", "README.md", "acme.yaml", target.program()}
		if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", target.archive(), got, want)
		}
		for name, original := range map[string]string{
			"LICENSE": "LICENSE", "README.md": "README.md", "acme.yaml": "emulator/testdata/acme.yaml",
		} {
			if !bytes.Equal(files[name], read(t, original)) {
				t.Errorf("%s: %s is not that of the repository", target.archive(), name)
			}
		}

		program := bytes.NewReader(files[target.program()])
		info, err := buildinfo.Read(program)
		if err != nil {
			t.Fatal(err)
		}
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		for key, value := range map[string]string{
			"GOOS": target.goos, "GOARCH": target.goarch, "CGO_ENABLED": "0", "-trimpath": "true",
			"vcs.revision": commitHere(t),
		} {
			if settings[key] != value {
				t.Errorf("%s was built with %s=%q, want %q", target.archive(), key, settings[key], value)
			}
		}
		if target.goos == "linux" {
			isStatic(t, target.archive(), program)
		}
	}
}

// isStatic tests that a program needs no dynamic linker and no library.
func isStatic(t *testing.T, name string, program io.ReaderAt) {
	t.Helper()
	file, err := elf.NewFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if file.SectionByType(elf.SHT_DYNAMIC) != nil {
		t.Errorf("%s has a dynamic section", name)
	}
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			t.Errorf("%s has a part of type %v", name, part.Type)
		}
	}
}

func TestTheChecksumsAreThoseOfTheArchives(t *testing.T) {
	var want []string
	for _, target := range madeArchives(t) {
		content, err := os.ReadFile(filepath.Join(dist, target.archive()))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		want = append(want, fmt.Sprintf("%s  %s", hex.EncodeToString(sum[:]), target.archive()))
	}
	got := strings.Split(strings.TrimSpace(string(read(t, "dist/checksums.txt"))), "\n")
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("checksums.txt has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestTheArchiveOfThisMachineRunsByItself(t *testing.T) {
	here := target{runtime.GOOS, runtime.GOARCH}
	dir := t.TempDir()
	program := filepath.Join(dir, here.program())
	files := unpacked(t, filepath.Join(dist, here.archive()))
	if err := os.WriteFile(program, files[here.program()], 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "acme.yaml"), files["acme.yaml"], 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) *exec.Cmd {
		command := exec.CommandContext(t.Context(), program, args...)
		command.Dir, command.Env = dir, []string{} // so not even Go on PATH
		return command
	}

	version := output(t, command("--version"))
	if commit := commitHere(t); commit != "" && !strings.Contains(version, " (commit "+commit[:7]+", ") ||
		!strings.HasPrefix(version, project+" ") {
		t.Errorf("--version is %q in commit %q", version, commit)
	}
	process, url := serve(t, command("--addr", "127.0.0.1:0", "--seed", "acme.yaml"))
	if status := health(t, url, ""); status != 200 {
		t.Errorf("/_emulator/health answered %d", status)
	}
	if answer := output(t, command("health", "--url", url)); answer != "ok\n" {
		t.Errorf("health printed %q", answer)
	}
	stop(t, process)
}

func TestTheREADMENamesArchivesOfARelease(t *testing.T) {
	var names []string
	for _, target := range targetsOf(t) {
		names = append(names, target.archive())
	}
	named := regexp.MustCompile(project+`_[a-z0-9_]+\.[a-z.]*[a-z]`).FindAllString(string(read(t, "README.md")), -1)
	if len(named) == 0 {
		t.Error("README.md names no archive")
	}
	for _, name := range named {
		if !slices.Contains(names, name) {
			t.Errorf("README.md names %s, but a release has %v", name, names)
		}
	}
}
