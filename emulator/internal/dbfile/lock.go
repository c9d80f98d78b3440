package dbfile

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gofrs/flock"
)

// Lock keeps every other emulator away from a database file. It is an operating system lock on a file next to the
// database. The operating system releases it when the process ends, however that happens.
type Lock struct{ held *flock.Flock }

// Take takes the lock of a database file and writes the process id into it. It does not wait.
func Take(database string) (*Lock, error) {
	path := database + ".lock"
	for {
		held := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
		got, err := held.TryLock()
		if err != nil {
			return nil, CreateError(path, err)
		}
		if !got {
			return nil, inUse(path)
		}

		// The previous owner may have removed the file. A lock on a removed file keeps no other process away.
		if !sameFile(held) {
			_ = held.Close()
			continue
		}
		if foreign(path) {
			_ = held.Close()
			return nil, fmt.Errorf("the emulator needs %s as its lock file, "+
				"but that file has other content; move it away, or name another database file", path)
		}

		// The id is only for the error that another process gets, so a failure to write it does no harm.
		_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())), 0o600)
		return &Lock{held}, nil
	}
}

func sameFile(held *flock.Flock) bool {
	locked, err := held.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(held.Path())
	return err == nil && os.SameFile(locked, named)
}

// foreign reports whether a file has content that is not a process id.
func foreign(path string) bool {
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 {
		return false // on Windows a locked file cannot be read
	}
	_, err = strconv.Atoi(string(content))
	return err != nil
}

// inUse returns the error that names the process that has the lock.
func inUse(path string) error {
	const advice = "stop it first, or name another file"
	content, err := os.ReadFile(path)
	pid, notNumber := strconv.Atoi(string(content))
	if err != nil || notNumber != nil {
		return errors.New("the file is in use by another emulator; " + advice)
	}
	return fmt.Errorf("the file is in use by process %d, which is another emulator; %s", pid, advice)
}

// Release lets the next emulator use the file. It removes the lock file first, because after the unlock the file may
// belong to another emulator.
func (l *Lock) Release() error {
	if l == nil {
		return nil
	}
	_ = os.Remove(l.held.Path()) // on Windows it stays, which does no harm
	return l.held.Close()
}
