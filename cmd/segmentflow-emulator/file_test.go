//go:build unix

package main_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver of the other programs that read and lock files

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// openElsewhere opens a file as another program would. It uses one connection, so that a transaction covers the
// statements after it.
func openElsewhere(t *testing.T, file string, statements ...string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	for _, statement := range statements {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	return db
}

// contents describes the files of a directory.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	found := map[string]string{}
	for _, entry := range entries {
		found[entry.Name()] = entry.Type().String()
		if entry.Type().IsRegular() {
			content, err := os.ReadFile(filepath.Join(dir, entry.Name()))
			require.NoError(t, err)
			found[entry.Name()] = fmt.Sprintf("%d bytes, %x", len(content), sha256.Sum256(content))
		}
	}
	return found
}

func duplicate(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(to, content, 0o600))
}

func TestASecondProcessOnAFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	db, link := filepath.Join(dir, "world.db"), filepath.Join(dir, "link.db")
	first := start(t, nil, "--db", db, "--log", "off")
	require.NoError(t, os.Symlink("world.db", link))
	here, err := os.Getwd()
	require.NoError(t, err)
	relative, err := filepath.Rel(here, db)
	require.NoError(t, err)
	before := contents(t, dir)
	for _, spelling := range []string{db, link, relative, dir + "/./x/../world.db"} {
		code, stdout, stderr := refused(t, nil, "--addr", "127.0.0.1:0", "--db", spelling)
		require.Equal(t, 1, code)
		require.Empty(t, stdout)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		require.Contains(t, stderr, spelling)
		require.Contains(t, stderr, "process "+strconv.Itoa(first.command.Process.Pid))
	}
	require.Equal(t, before, contents(t, dir))
	require.Equal(t, "ok", first.get("/_emulator/health")["status"], "the first still runs")

	require.NoError(t, first.command.Process.Kill())
	require.NotZero(t, first.end())

	second := start(t, nil, "--db", link, "--log", "off")
	code, _, stderr := refused(t, nil, "--addr", "127.0.0.1:0", "--db", db)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "process "+strconv.Itoa(second.command.Process.Pid))
	require.NoError(t, second.command.Process.Signal(syscall.SIGTERM))
	require.Zero(t, second.end())
	require.NoFileExists(t, db+".lock")
}

// internals matches what no error at start may show.
var internals = regexp.MustCompile(`SQLITE|SELECT|PRAGMA|INSERT|BEGIN|sqlite3|\(\d+\)|unable to open|goroutine`)

// unusable creates a file, or something else with its name, that cannot be used as a database. The error contains
// message.
type unusable struct {
	name, message string
	create        func(t *testing.T, db string)
}

// duplicateOpen copies files of a database that another program has open, by their suffixes.
func duplicateOpen(t *testing.T, db string, statements []string, suffixes ...string) {
	t.Helper()
	live := filepath.Join(t.TempDir(), "live.db")
	openElsewhere(t, live, append([]string{"PRAGMA journal_mode = WAL"}, statements...)...)
	for _, suffix := range suffixes {
		duplicate(t, live+suffix, db+suffix)
	}
}

func unusables() []unusable {
	foreign := []string{
		"CREATE TABLE meta (key TEXT, value TEXT)",
		"INSERT INTO meta VALUES ('schema', '1')",
		"CREATE TABLE profiles (id INT)",
	}
	return []unusable{
		{"a foreign database", "an emulator did not make it", func(t *testing.T, db string) {
			openElsewhere(t, db, foreign...).Close()
		}},
		{"a foreign database without tables", "an emulator did not make it", func(t *testing.T, db string) {
			openElsewhere(t, db, "PRAGMA user_version = 7").Close()
		}},
		{"a foreign database with a log", "an emulator did not make it", func(t *testing.T, db string) {
			duplicateOpen(t, db, foreign, "", "-wal", "-shm")
		}},
		{"a foreign database with a log alone", "an emulator did not make it", func(t *testing.T, db string) {
			duplicateOpen(t, db, foreign, "", "-wal")
		}},
		{"a foreign database that is in use", "an emulator did not make it", func(t *testing.T, db string) {
			openElsewhere(t, db, append(foreign, "BEGIN EXCLUSIVE")...)
		}},
		{"a text", "not a database", func(t *testing.T, db string) {
			require.NoError(t, os.WriteFile(db, []byte(strings.Repeat("profiles: []\n", 999)), 0o600))
		}},
		{"a short text", "not a database", func(t *testing.T, db string) {
			require.NoError(t, os.WriteFile(db, []byte("x"), 0o600))
		}},
		{"a cut database", "damaged", func(t *testing.T, db string) {
			openElsewhere(t, db, foreign...).Close()
			require.NoError(t, os.Truncate(db, 5000))
		}},
		{"noise after a valid header", "", func(t *testing.T, db string) {
			file := append([]byte("SQLite format 3\x00"), bytes.Repeat([]byte("noise"), 4000)...)
			require.NoError(t, os.WriteFile(db, file, 0o600))
		}},
		{"a directory", "is a directory", func(t *testing.T, db string) {
			require.NoError(t, os.Mkdir(db, 0o700))
		}},
		{"a pipe", "not a regular file", func(t *testing.T, db string) {
			require.NoError(t, syscall.Mkfifo(db, 0o600))
		}},
		{"a file with two names", "several names", func(t *testing.T, db string) {
			openElsewhere(t, db, foreign...).Close()
			require.NoError(t, os.Link(db, filepath.Join(filepath.Dir(db), "name.db")))
		}},
		{"a circle of links", "circle", func(t *testing.T, db string) {
			require.NoError(t, os.Symlink(db, db))
		}},
		{"a link to nowhere", "does not exist", func(t *testing.T, db string) {
			require.NoError(t, os.Symlink("no/such/world.db", db))
		}},
		{"a lock of something else", "has other content", func(t *testing.T, db string) {
			require.NoError(t, os.WriteFile(db+".lock", []byte("[[package]]\n"), 0o600))
		}},
	}
}

func TestAnUnusableFileIsRefusedAndStaysUnchanged(t *testing.T) {
	for _, c := range unusables() {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			db := filepath.Join(dir, "world.db")
			c.create(t, db)
			before := contents(t, dir)
			code, stdout, stderr := refused(t, nil, "--addr", "127.0.0.1:0", "--db", db)
			require.Equal(t, 1, code, stderr)
			require.Empty(t, stdout)
			require.Contains(t, stderr, db)
			require.Contains(t, stderr, c.message)
			require.NotRegexp(t, internals, stderr)
			require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
			require.Equal(t, before, contents(t, dir))
		})
	}
}

func TestAFileOfAnotherVersionIsRefusedWithBothVersions(t *testing.T) {
	for _, log := range []bool{false, true} {
		dir := t.TempDir()
		db := filepath.Join(dir, "world.db")
		s := start(t, nil, "--db", db, "--log", "off")
		require.NoError(t, s.command.Process.Kill())
		s.end()
		old := openElsewhere(t, db, "UPDATE meta SET value = '1' WHERE key = 'schema'")
		if !log {
			require.NoError(t, old.Close())
		}
		require.NoError(t, os.Remove(db+".lock")) // the lock of the killed command
		before := contents(t, dir)
		code, _, stderr := refused(t, nil, "--addr", "127.0.0.1:0", "--db", db)
		require.Equal(t, 1, code)
		require.Regexp(t,
			`world.db: the file was made by another version of the emulator: `+
				`its schema is 1, this emulator's is [0-9a-f]{12}; remove`,
			stderr,
		)
		require.Equal(t, before, contents(t, dir))
	}
}

func TestAKilledDatabaseIsRecoveredFromItsLog(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "world.db")
	s := start(t, nil, "--db", db, "--seed", acme, "--log", "off")
	event, err := s.client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:   "came",
		Profile: segmentflow.ProfileIdentity{Email: "new@example.com"},
	})
	require.NoError(t, err)
	require.NoError(t, s.command.Process.Kill())
	s.end()
	info, err := os.Stat(db)
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(10_000), "all of it is in the log")

	moved := t.TempDir() // without the index of the log
	duplicate(t, db, filepath.Join(moved, "world.db"))
	duplicate(t, db+"-wal", filepath.Join(moved, "world.db-wal"))
	for _, file := range []string{db, filepath.Join(moved, "world.db")} {
		s = start(t, nil, "--db", file, "--seed", acme, "--log", "off")
		require.Equal(t, "came", s.get("/_emulator/events/" + event.EventID)["event"])
	}
}

func TestALockedFileIsReportedAndUsedAgainAfterwards(t *testing.T) {
	db := filepath.Join(t.TempDir(), "world.db")
	s := start(t, nil, "--db", db, "--seed", acme, "--log", "off")
	program := openElsewhere(t, db, "BEGIN IMMEDIATE", "UPDATE meta SET value = value")
	client := s.client(segmentflow.WithMaxRetries(0))
	params := &segmentflow.TrackEventParams{
		Event:   "came",
		Profile: segmentflow.ProfileIdentity{Email: "new@example.com"},
	}
	var response segmentflow.Response
	_, err := client.Events.Track(t.Context(), params, segmentflow.WithResponse(&response))
	require.ErrorIs(t, err, segmentflow.ErrUnavailable)
	require.ErrorContains(t, err, "another program has locked the database file")
	require.NotRegexp(t, internals, err.Error())
	require.Equal(t, "1", response.Header.Get("Retry-After"))

	status, health := s.ask("GET", "/_emulator/health", "")
	require.Equal(t, 503, status)
	require.JSONEq(t,
		`{"status": "unavailable", "reason": "The emulator cannot use its database: `+
			`another program has locked the database file."}`,
		health,
	)

	status, body := s.ask("GET", "/_emulator/messages", "")
	require.Equal(t, 503, status, body)

	_, err = program.ExecContext(t.Context(), "ROLLBACK")
	require.NoError(t, err)
	require.Equal(t, "ok", s.get("/_emulator/health")["status"])

	_, err = client.Events.Track(t.Context(), params)
	require.NoError(t, err)
	var events int
	require.NoError(t,
		program.QueryRowContext(t.Context(), "SELECT count(*) FROM user_events WHERE event = 'came'").Scan(&events),
	)
	require.Equal(t, 1, events, "the refused call left nothing")
}

func TestAFileThatIsLockedAtStartIsRefused(t *testing.T) {
	db := filepath.Join(t.TempDir(), "world.db")
	s := start(t, nil, "--db", db, "--log", "off")
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	s.end()
	for _, mode := range []string{"IMMEDIATE", "EXCLUSIVE"} {
		program := openElsewhere(t, db, "BEGIN "+mode)
		code, _, stderr := refused(t, nil, "--addr", "127.0.0.1:0", "--db", db)
		require.Equal(t, 1, code)
		require.Equal(t,
			fmt.Sprintf("segmentflow-emulator: database %s: another program has locked the database file; "+
				"close it there and start again\n", db),
			stderr,
		)
		require.NoError(t, program.Close())
	}
	start(t, nil, "--db", db, "--log", "off")
}
