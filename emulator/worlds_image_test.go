package emulator_test

import (
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// plainly opens a file as any program with SQLite would, and returns the result of a query of one value.
func plainly(t *testing.T, path, query string) (found string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRowContext(t.Context(), query).Scan(&found), query)
	return found
}

func TestAWrittenImageIsADatabaseFile(t *testing.T) {
	for name, options := range map[string][]emulator.Option{
		"memory": nil,
		"file":   {emulator.WithDatabase(filepath.Join(t.TempDir(), "source.db"))},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, options...)
			s.lived()
			image, path := snapshot(t, s.emu), filepath.Join(t.TempDir(), "world.db")
			sameWorld(t, image, snapshot(t, s.emu), "to look changes nothing")
			require.NoError(t, image.WriteTo(path))
			require.Equal(t, "ok", plainly(t, path, "PRAGMA integrity_check"))
			require.Equal(t, "2", plainly(t, path, "SELECT count(*) FROM email_sends WHERE status = 'Sent'"))
			require.Equal(t, "delete", plainly(t, path, "PRAGMA journal_mode"))
			entries, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, entries, 1, "nothing else is left")

			again, err := emulator.ReadImage(path)
			require.NoError(t, err)
			sameWorld(t, image, again, "ReadImage")
			require.ErrorContains(t, image.WriteTo(path), "exists; remove it, or name another file")
			require.NoError(t, os.Chmod(path, 0o400))
			_, err = emulator.ReadImage(path)
			require.NoError(t, err, "it may be read-only")
			require.NoError(t, os.Chmod(path, 0o600))

			later := emulator.WithStartTime(monday.AddDate(1, 0, 0))
			opened := shopOf(t, emulator.Start(t, emulator.WithDatabase(path), later))
			require.Equal(t, s.emu.Now(), opened.emu.Now())
			opened.mail("kim@example.com")
			require.Equal(t, 3, opened.emu.Outbox().Count())

			again, err = emulator.ReadImage(path)
			require.NoError(t, err, "an emulator has it open, with a log")
			require.Equal(t, 3, emulator.Start(t, emulator.WithImage(again)).Outbox().Count())
			require.ErrorContains(t, image.WriteTo(path), "exists")
			require.NoError(t, opened.emu.Close())
			require.Equal(t, "ok", plainly(t, path, "PRAGMA integrity_check"))
			raw, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, 3, emulator.Start(t, emulator.WithImage(raw)).Outbox().Count(), "bytes of a closed file")
		})
	}
}

func TestAFileIsFilledFromAnImageOnce(t *testing.T) {
	s := openShop(t)
	s.lived()
	image := snapshot(t, s.emu)
	dir := t.TempDir()
	path := filepath.Join(dir, "world.db")
	options := []emulator.Option{emulator.WithDatabase(path), emulator.WithImage(image)}

	first := shopOf(t, emulator.Start(t, options...))
	require.Equal(t, monday.Add(20*time.Minute), first.emu.Now().Truncate(time.Minute))
	first.mail("kim@example.com")
	require.NoError(t, first.emu.Close())

	second := emulator.Start(t, append(options, emulator.WithLiveClock())...)
	require.WithinDuration(t, first.emu.Now(), second.Now(), time.Minute, "the clock continues too")
	require.Equal(t, 3, second.Outbox().Count(), "the file continues")
	second.Reset()
	require.Equal(t, 2, second.Outbox().Count(), "Reset goes back to the image")
	require.NoError(t, second.Close())
	require.Equal(t, "ok", plainly(t, path, "PRAGMA integrity_check"))

	for _, bad := range []emulator.Image{image[:len(image)/2], []byte("garbage")} {
		fresh := filepath.Join(dir, "fresh.db")
		_, err := emulator.New(emulator.WithDatabase(fresh), emulator.WithImage(bad))
		require.ErrorContains(t, err, "WithImage: ")
		require.NoFileExists(t, fresh)
	}
}

func TestRestoreReplacesTheContentOfAFile(t *testing.T) {
	s := openShop(t)
	s.lived()
	image := snapshot(t, s.emu)
	path := filepath.Join(t.TempDir(), "world.db")
	file := shopOf(t, emulator.Start(t, emulator.WithDatabase(path), emulator.WithStartTime(monday.AddDate(0, 1, 0)),
		emulator.WithSeed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "old@example.com"}}})))
	require.NoError(t, file.emu.Restore(image))
	require.Equal(t, s.emu.Now(), file.emu.Now())
	file.mail("kim@example.com")
	require.Equal(t, 3, file.emu.Outbox().Count())
	require.NoError(t, file.emu.Close())
	for _, name := range []string{path, path + "-wal"} {
		raw, _ := os.ReadFile(name)
		require.NotContains(t, string(raw), "old@example.com", "what was replaced is gone")
	}
	require.Equal(t, "ok", plainly(t, path, "PRAGMA integrity_check"))
	require.Equal(t, 3, emulator.Start(t, emulator.WithDatabase(path)).Outbox().Count())
}

// badImage is an image that cannot be used, and what is said about it.
type badImage struct {
	said  string
	image emulator.Image
}

func unusable(t *testing.T, image emulator.Image) []badImage {
	t.Helper()
	foreign := filepath.Join(t.TempDir(), "foreign.db")
	db, err := sql.Open("sqlite", foreign)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), "CREATE TABLE meta (key TEXT, value TEXT)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
	raw, err := os.ReadFile(foreign)
	require.NoError(t, err)
	schema := plainlyIn(t, image, "SELECT value FROM meta WHERE key = 'schema'")
	other := strings.Replace(string(image), schema, strings.Repeat("0", len(schema)), 1)
	secret := plainlyIn(t, image, "SELECT value FROM meta WHERE key = 'secret'")
	noSecret := strings.Replace(string(image), secret, strings.Repeat("z", len(secret)), 1)
	noMemory := strings.Replace(string(image), `,"doors":`, `,"doors",`, 1)
	torn := slices.Clone(image)
	clear(torn[len(torn)/2 : len(torn)/2+40000])
	return []badImage{
		{"the image is empty", emulator.Image{}},
		{"it is not an image: an image is a SQLite database", emulator.Image("garbage")},
		{"it is not an image: an image is a SQLite database", emulator.Image(strings.Repeat("garbage", 1000))},
		{"the image is cut off: it should have ", image[:len(image)-4096]},
		{"the image is cut off: it should have ", image[:5000]},
		{"an emulator did not make", raw},
		{"its schema is 000000000000, this emulator's is " + schema, emulator.Image(other)},
		{"the image is damaged", torn},
		{"the image is damaged", emulator.Image(noSecret)},
		{"the image is damaged", emulator.Image(noMemory)},
		{"the image is damaged", append(slices.Clone(image), 1)},
	}
}

func plainlyIn(t *testing.T, image emulator.Image, query string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "world.db")
	require.NoError(t, image.WriteTo(path))
	return plainly(t, path, query)
}

func TestAnImageThatCannotBeUsedChangesNothing(t *testing.T) {
	for name, options := range map[string][]emulator.Option{
		"memory": nil,
		"file":   {emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t, options...)
			s.lived()
			before := snapshot(t, s.emu)
			for _, bad := range unusable(t, before) {
				said, image := bad.said, bad.image
				require.ErrorContains(t, s.emu.Restore(image), said)
				_, err := emulator.New(emulator.WithImage(image))
				require.ErrorContains(t, err, "WithImage: ")
				require.ErrorContains(t, err, said)
				path := filepath.Join(t.TempDir(), "bad.db")
				require.ErrorContains(t, image.WriteTo(path), said)
				require.NoFileExists(t, path)
				require.NoError(t, os.WriteFile(path, image, 0o600))
				_, err = emulator.ReadImage(path)
				require.ErrorContains(t, err, said)
			}
			require.Error(t, s.emu.Restore(nil))
			sameWorld(t, before, snapshot(t, s.emu), "nothing has changed")
			s.mail("kim@example.com")
		})
	}
	_, err := emulator.ReadImage(filepath.Join(t.TempDir(), "none.db"))
	require.ErrorContains(t, err, "the file does not exist")
	_, err = emulator.ReadImage(t.TempDir())
	require.ErrorContains(t, err, "it is a directory")
	_, err = emulator.New(emulator.WithImage(nil))
	require.ErrorContains(t, err, "pass one that Snapshot or ReadImage has returned")
	s := openShop(t)
	image := snapshot(t, s.emu)
	_, err = emulator.New(emulator.WithImage(image), emulator.WithImage(image))
	require.ErrorContains(t, err, "there is an image already")
	require.ErrorContains(t, image.WriteTo(filepath.Join(t.TempDir(), "none", "world.db")), "does not exist")
}

func TestSnapshotsOverHTTP(t *testing.T) {
	s := openShop(t)
	s.lived()
	image := snapshot(t, s.emu)
	got := call(t, s.emu, "GET", "/_emulator/snapshot", "")
	require.Equal(t, http.StatusOK, got.status)
	require.Equal(t, "application/vnd.sqlite3", got.header.Get("Content-Type"))
	sameWorld(t, image, emulator.Image(got.body), "GET")

	s.mail("kim@example.com")
	for _, media := range []string{"application/vnd.sqlite3", "application/octet-stream", ""} {
		put := call(t, s.emu, "PUT", "/_emulator/snapshot", got.body, "Content-Type", media)
		require.Equal(t, http.StatusNoContent, put.status, put.body)
		sameWorld(t, image, snapshot(t, s.emu), "PUT")
	}
	put := call(t, s.emu, "PUT", "/_emulator/snapshot", got.body, "Content-Type", "application/json")
	require.Equal(t, http.StatusUnsupportedMediaType, put.status)
	for _, bad := range unusable(t, image) {
		put := call(t, s.emu, "PUT", "/_emulator/snapshot", string(bad.image), "Content-Type", "application/x-sqlite3")
		require.Equal(t, http.StatusBadRequest, put.status)
		require.Equal(t, []string{"body  malformed"}, put.issues(t))
		issues := put.json(t)["details"].(map[string]any)["issues"].([]any)
		require.Contains(t, issues[0].(map[string]any)["message"], bad.said)
	}
	sameWorld(t, image, snapshot(t, s.emu), "nothing has changed")
	require.NoError(t, s.emu.Close())
	require.Equal(t, http.StatusServiceUnavailable, call(t, s.emu, "GET", "/_emulator/snapshot", "").status)
}

func TestAConversationUnderWayIsInNoImage(t *testing.T) {
	p := openPost(t, answers("DATA", silence))
	s := p.shop()
	send := s.mail("alex@example.com")
	require.Equal(t, "DATA", <-p.reached)
	image := snapshot(t, s.emu)
	require.Equal(t, "Processing", s.status(send))
	for name, emu := range map[string]*emulator.Emulator{
		"fork":     s.emu.Fork(t),
		"no relay": emulator.Start(t, emulator.WithImage(image), emulator.WithStartTime(monday)),
		"file": emulator.Start(t, emulator.WithImage(image), emulator.WithStartTime(monday),
			emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))),
	} {
		require.Equal(t, "Failed, relay_interrupted", shopOf(t, emu).status(send), name)
	}
	require.NoError(t, s.emu.Restore(image))
	require.Equal(t, "Failed, relay_interrupted", s.status(send))
	idle(t, s.emu)
	require.Equal(t, segmentflow.EmailSendStatusFailed, s.retrieve(send).Status)
}
