package emulator_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// openElsewhere returns a connection to a file, as another program has it.
func openElsewhere(t *testing.T, file string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	return conn
}

func execute(t *testing.T, conn *sql.Conn, statement string) {
	t.Helper()
	_, err := conn.ExecContext(context.WithoutCancel(t.Context()), statement)
	require.NoError(t, err)
}

func count(t *testing.T, conn *sql.Conn, query string) (n int) {
	t.Helper()
	require.NoError(t, conn.QueryRowContext(t.Context(), query).Scan(&n))
	return n
}

func TestASecondEmulatorOnAFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "world.db")
	require.NoError(t, os.Symlink("world.db", filepath.Join(dir, "link.db")))
	first, err := emulator.New(emulator.WithDatabase(filepath.Join(dir, "link.db")))
	require.NoError(t, err, "a link to a file that does not exist yet")
	for _, spelling := range []string{file, filepath.Join(dir, "link.db"), dir + "//./world.db"} {
		_, err = emulator.New(emulator.WithDatabase(spelling))
		require.EqualError(t, err,
			fmt.Sprintf("database %s: the file is in use by process %d, which is another emulator; "+
				"stop it first, or name another file", spelling, os.Getpid()))
	}
	require.NoError(t, first.Close())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "a closed world has only its file: %v", entries)
	acme(t, emulator.WithDatabase(file))
}

func TestAFailedStartReleasesTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	_, err := emulator.New(emulator.WithDatabase(file), emulator.WithSeedFile("no-such.yaml"))
	require.ErrorContains(t, err, "no-such.yaml")
	acme(t, emulator.WithDatabase(file))
}

func TestAnyPathIsUsedLiterally(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"what?.db", "a#b%20c.db", "file:x.db", "ünï code"} {
		file := filepath.Join(dir, name)
		emu, err := emulator.New(emulator.WithDatabase(file))
		require.NoError(t, err)
		require.FileExists(t, file)
		require.NoError(t, emu.Close())
	}
	_, err := emulator.New(emulator.WithDatabase(""))
	require.ErrorContains(t, err, "the file name is empty")
}

func TestAnEmptyFileBecomesAWorldAndKeepsItsMode(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	require.NoError(t, os.WriteFile(file, nil, 0o640))
	require.NoError(t, os.Chmod(file, 0o640))
	acme(t, emulator.WithDatabase(file))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		info, err := os.Stat(file + suffix)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o640), info.Mode().Perm(), suffix)
	}
}

func TestADatabaseWithoutTablesBecomesAWorld(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	other := openElsewhere(t, file)
	execute(t, other, "PRAGMA journal_mode = WAL")
	require.NoError(t, other.Close())
	acme(t, emulator.WithDatabase(file))
}

func TestALiveClockRetriesUntilALockIsReleased(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "world.db")
		log := &strings.Builder{}
		s := openShop(t,
			emulator.WithDatabase(file),
			emulator.WithLiveClock(),
			emulator.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
		s.send(receipt(s.receipt(), 1))
		other := openElsewhere(t, file)
		execute(t, other, "BEGIN IMMEDIATE")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		const delivered = "SELECT count(*) FROM all_facts WHERE type = 'delivered'"
		require.Zero(t, count(t, other, delivered))
		tries := strings.Count(log.String(), "another program has locked the database file")
		require.InDelta(t, 10, tries, 1, "once a second")
		execute(t, other, "ROLLBACK")
		time.Sleep(time.Second)
		synctest.Wait()
		require.Equal(t, 1, count(t, other, delivered))
	})
}

func TestAFailedFirstStartLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	mistaken := emulator.WithSeed(emulator.Seed{Templates: []emulator.SeedTemplate{{Key: "t"}}})
	_, err := emulator.New(emulator.WithDatabase(filepath.Join(dir, "world.db")), mistaken)
	require.Error(t, err)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)

	file := filepath.Join(dir, "kept.db")
	require.NoError(t, emulator.Start(t, emulator.WithDatabase(file)).Close())
	_, err = emulator.New(emulator.WithDatabase(file), mistaken)
	require.Error(t, err)
	require.FileExists(t, file)
}

func TestALogWithoutContentDelaysNoStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	emu := emulator.Start(t, emulator.WithDatabase(file))
	_, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"), To: &segmentflow.Recipient{Email: "alex@example.com"},
	})
	require.NoError(t, err)
	log, err := os.ReadFile(file + "-wal")
	require.NoError(t, err)
	require.NoError(t, emu.Close())

	with := func(at int, part ...byte) []byte { return slices.Concat(log[:at], part, log[at+len(part):]) }
	for name, content := range map[string][]byte{
		"no header": {}, "part of a header": log[:31], "only a header": log[:32], "part of a frame": log[:33],
		"other content": bytes.Repeat([]byte("?"), 100), "another page size": with(8, 0, 0, 0, 7),
		"another salt": with(16, 1, 2, 3, 4), "another checksum": with(24, 1, 2, 3, 4),
	} {
		require.NoError(t, os.WriteFile(file+"-wal", content, 0o600))
		emu, err := emulator.New(emulator.WithDatabase(file))
		require.NoError(t, err, name)
		require.Equal(t, 1, emu.Outbox().Count(), name)
		require.NoError(t, emu.Close())
	}
}
