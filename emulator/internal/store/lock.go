package store

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/gofrs/flock"
)

// fileLock keeps every other emulator away from a database file. The operating system holds it on a file beside the
// database and releases it when its process ends, however that happens.
type fileLock struct{ held *flock.Flock }

// lock takes the lock of a database file and writes the process id into it. It does not wait.
func lock(database string) (*fileLock, error) {
	path := database + ".lock"
	for {
		held := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR))
		got, err := held.TryLock()
		if err != nil {
			return nil, createError(path, err)
		}
		if !got {
			return nil, inUse(path)
		}
		// Whoever had the lock before removes the file: a lock on a removed file keeps nobody away.
		if !sameFile(held) {
			_ = held.Close()
			continue
		}
		if foreign(path) {
			_ = held.Close()
			return nil, fmt.Errorf("the emulator needs the name %s for its lock, but that file belongs to something else; "+
				"move it away, or name another database file", path)
		}
		// Without the id, another process is told less. Nothing else depends on it.
		_ = os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())), 0o600)
		return &fileLock{held}, nil
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

// foreign reports whether a file has a content that is no process id.
func foreign(path string) bool {
	content, err := os.ReadFile(path)
	if err != nil || len(content) == 0 {
		return false // on Windows nobody can read a locked file
	}
	_, err = strconv.Atoi(string(content))
	return err != nil
}

// inUse names the process that has the lock.
func inUse(path string) error {
	const advice = "stop it first, or name another file"
	content, err := os.ReadFile(path)
	pid, notNumber := strconv.Atoi(string(content))
	if err != nil || notNumber != nil {
		return errors.New("the file is in use by another emulator; " + advice)
	}
	return fmt.Errorf("the file is in use by process %d, which is another emulator; %s", pid, advice)
}

// release gives the file to the next emulator. The lock file goes first: afterwards it may already be somebody else's.
func (l *fileLock) release() error {
	if l == nil {
		return nil
	}
	_ = os.Remove(l.held.Path()) // Windows keeps it, which does no harm
	return l.held.Close()
}
