//go:build unix

package emulator_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestNewFilesBelongToTheirOwnerOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	before := syscall.Umask(0)
	t.Cleanup(func() { syscall.Umask(before) })
	s := openShop(t, emulator.WithDatabase(file))
	s.send(receipt(s.receipt(), 1))
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(file + suffix)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), suffix)
	}
}

func TestAFileThatCannotBeWrittenIsRefusedWithAMessage(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("the superuser may write everything")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "world.db")
	emu, err := emulator.New(emulator.WithDatabase(file))
	require.NoError(t, err)
	require.NoError(t, emu.Close())
	for _, c := range []struct {
		path string
		mode os.FileMode
		says string
	}{
		{file, 0o400, "the file is read-only (permission denied)"},
		{file, 0o000, "the file cannot be read (permission denied)"},
		{dir, 0o500, "is the directory read-only?"},
		{dir, 0o000, "(permission denied)"},
	} {
		require.NoError(t, os.Chmod(c.path, c.mode))
		_, err := emulator.New(emulator.WithDatabase(file))
		require.NoError(t, os.Chmod(c.path, 0o700))
		require.ErrorContains(t, err, "database "+file+": ")
		require.ErrorContains(t, err, c.says)
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1, "nothing is left behind")
	}
	acme(t, emulator.WithDatabase(file))
}

// withFileLimit calls do while no file of this process can grow beyond size, as on a full disk.
func withFileLimit(t *testing.T, size int64, do func()) {
	t.Helper()
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	limit := before
	limit.Cur = uint64(size)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)) }()
	do()
}

func TestAFullDiskLeavesNoPartialCall(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	s := openShop(t, emulator.WithDatabase(file))
	other := openElsewhere(t, file)
	const all = "SELECT (SELECT count(*) FROM email_sends) + (SELECT count(*) FROM messages) + " +
		"(SELECT count(*) FROM profiles)"
	had := count(t, other, all)
	list := items(s, "a", "b", "c")
	for i := range 97 {
		item := list[0]
		item.IdempotencyKey = fmt.Sprint("k", i)
		item.To = &segmentflow.Recipient{Email: fmt.Sprintf("p%d@example.com", i)}
		list = append(list, item)
	}
	body, err := json.Marshal(map[string]any{"items": list})
	require.NoError(t, err)
	log, err := os.Stat(file + "-wal")
	require.NoError(t, err)
	withFileLimit(t, log.Size()+50_000, func() {
		for range 2 {
			refused := call(t, s.emu, "POST", "/api/v1/emails/batch", string(body))
			require.Equal(t, 503, refused.status, refused.body)
			require.Equal(t, "unavailable", refused.json(t)["error"])
			require.Equal(t, "1", refused.header.Get("Retry-After"))
		}
	})
	require.Equal(t, had, count(t, other, all))
	require.InDelta(t, 100, call(t, s.emu, "POST", "/api/v1/emails/batch", string(body)).json(t)["accepted"], 0)
}
