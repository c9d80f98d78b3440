// Package dbfile finds the file of a database and locks it.
package dbfile

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Resolve returns the one absolute name of a file, after all relative parts and symbolic links. The file may be
// missing, but its directory must exist. If the file exists, it must be a regular file.
func Resolve(path string) (string, error) {
	if path == "" {
		return "", errors.New("the file name is empty; name a file, such as world.db")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for range 40 { // links to missing files; more than that is a cycle
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
			return "", fmt.Errorf("the file cannot be reached (%w)", Cause(err))
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(path)
			if err != nil {
				return "", fmt.Errorf("the link cannot be read (%w)", Cause(err))
			}
			if !filepath.IsAbs(target) {
				target = filepath.Join(dir, target)
			}
			path = target
		case info.IsDir():
			return "", fmt.Errorf("it is a directory; name a file in it, such as %s", filepath.Join(path, "world.db"))
		case !info.Mode().IsRegular():
			return "", errors.New("it is not a regular file; name another file")
		case hardLinks(info) > 1:
			// The names of the lock and the log come from the file's name. With two names, two processes could write
			// at the same time.
			return "", errors.New("the file has several names (hard links); use a copy of it")
		default:
			return path, nil
		}
	}
	return "", errors.New("the symbolic links form a cycle; name another file")
}

func directoryError(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the directory %s does not exist; create it first", dir)
	}
	return fmt.Errorf("the directory %s cannot be used (%w)", dir, Cause(err))
}

// CreateError is the error for a file that the emulator needs and cannot create.
func CreateError(path string, err error) error {
	if info, statErr := os.Stat(filepath.Dir(path)); statErr == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory", filepath.Dir(path))
	}
	return fmt.Errorf("the file %s cannot be created or written (%w); is the directory read-only?", path, Cause(err))
}

// Cause removes from an error of package os the call and the path that failed.
func Cause(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	return err
}

// Touch creates the file if it is missing, and reports whether it did. SQLite creates the files next to it with the
// same mode.
func Touch(path string) (made bool, err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, CreateError(path, err)
	}
	return true, file.Close()
}

// URI returns the name of a file for SQLite, whatever characters its path has.
func URI(path, query string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: query}).String()
}
