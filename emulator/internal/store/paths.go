package store

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// resolve returns the one absolute name of a file, whatever relative parts and symbolic links lead to it. The file may
// be missing, its directory may not. What is there must be a regular file.
func resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("the name is empty; name a file, or use :memory: to keep none")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for range 40 { // links to what is missing; more are a circle
		dir, err := filepath.EvalSymlinks(filepath.Dir(path))
		if err != nil {
			return "", directoryError(filepath.Dir(path), err)
		}
		path = filepath.Join(dir, filepath.Base(path))
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil
		case err != nil:
			return "", fmt.Errorf("the file cannot be reached (%w)", cause(err))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return "", fmt.Errorf("the link cannot be read (%w)", cause(err))
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			path = target
		case info.IsDir():
			return "", fmt.Errorf("it is a directory; name a file in it, such as %s", filepath.Join(path, "world.db"))
		case !info.Mode().IsRegular():
			return "", errors.New("it is not a regular file; name another one")
		case hardLinks(info) > 1:
			// The lock and the log are found by the file's name. Under two names, two processes could write at once.
			return "", errors.New("the file has several names (hard links); use a copy of it")
		default:
			return path, nil
		}
	}
	return "", errors.New("the symbolic links lead in a circle; name another file")
}

func directoryError(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist; make it first", dir)
	}
	return fmt.Errorf("the directory %s cannot be used (%w)", dir, cause(err))
}

// createError is the error of a file that the emulator needs and cannot make.
func createError(path string, err error) error {
	if info, statErr := os.Stat(filepath.Dir(path)); statErr == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory", filepath.Dir(path))
	}
	return fmt.Errorf("the file %s cannot be made or written (%w); is the directory read-only?", path, cause(err))
}

// cause leaves out of an error of package os which call failed on which path.
func cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// touch makes the file if it is missing, and reports whether it was. SQLite gives the files beside it the same mode.
func touch(path string) (made bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, createError(path, err)
	}
	return true, file.Close()
}

// uri names a file to SQLite, whatever characters its path has.
func uri(path, query string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query}).String()
}
