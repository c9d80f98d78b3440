package emulator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// witness is a test with a name and an artifact directory.
type witness struct {
	ending
	name, dir string
}

func (w *witness) Name() string        { return w.name }
func (w *witness) ArtifactDir() string { return w.dir }

// named is a test with a name and no artifact directory.
type named struct {
	ending
	name string
}

func (w *named) Name() string { return w.name }

var logged = regexp.MustCompile(`(?m)^go run \S+/cmd/segmentflow-emulator --db (?:'(.*)'|(\S+)) --clock manual$`)

// fileIn returns the file of the command in a log.
func fileIn(t *testing.T, logs []string) string {
	t.Helper()
	found := logged.FindStringSubmatch(strings.Join(logs, "\n"))
	require.NotNil(t, found, logs)
	return strings.ReplaceAll(found[1], `'\''`, "'") + found[2]
}

// reopened opens a file with its clock at the instant of its world.
func reopened(t *testing.T, file string) *emulator.Emulator {
	t.Helper()
	return emulator.Start(t, emulator.WithDatabase(file), emulator.WithManualClock())
}

func TestAFailedTestKeepsItsWorld(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "it's here")
	require.NoError(t, os.Mkdir(dir, 0o700))
	files := map[string]bool{}
	for range 2 {
		w := &witness{name: t.Name(), dir: dir}
		s := openGuarded(t, w, emulator.WithEvidence())
		s.track(trial("Pro", "t1"))
		s.emu.Advance(time.Hour)
		w.Errorf("the test fails")
		w.end()

		file := fileIn(t, w.logs)
		require.True(t, strings.HasPrefix(file, dir), file)
		require.Contains(t, w.logs[0], "as it was at 2026-03-02T10:00:00.000Z:")
		files[file] = true
		again := reopened(t, file)
		require.Equal(t, monday.Add(time.Hour), again.Now())
		require.Equal(t, 1, again.Outbox().Count())
		next, _ := again.NextDue()
		require.Equal(t, monday.Add(72*time.Hour), next)
	}
	require.Len(t, files, 2, "two emulators of a test do not share a file")
}

func TestAPassedTestLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	w := &witness{name: t.Name(), dir: dir}
	openGuarded(t, w, emulator.WithEvidence(), emulator.WithGuards(emulator.GuardAll))
	w.end()
	require.Empty(t, append(w.logs, w.failures...))
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestEvidenceIsKeptWhateverTheTestIsLike(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	fails := func(w *ending) { w.Errorf("the test fails") }
	file := filepath.Join(t.TempDir(), "own.db")
	failing := func(_ shop, w *ending) { fails(w) }
	for name, c := range map[string]struct {
		options []emulator.Option
		do      func(s shop, w *ending)
	}{
		"a subtest/with spaces * and $(signs)/日": {nil, failing},
		"a database file":                        {[]emulator.Option{emulator.WithDatabase(file)}, failing},
		"a guard that fails": {[]emulator.Option{emulator.WithGuards(emulator.GuardErrors)}, func(s shop, _ *ending) {
			s.sendBad()
		}},
		"an emulator that was closed": {nil, func(s shop, w *ending) {
			require.NoError(t, s.emu.Close())
			fails(w)
		}},
		strings.Repeat("long", 99): {nil, failing},
	} {
		w := &named{name: name}
		s := openGuarded(t, w, append(c.options, emulator.WithEvidence())...)
		sendTo(t, s.emu, "password-reset", "alex@example.com")
		c.do(s, &w.ending)
		w.end()
		require.Len(t, w.failures, 1, name)
		kept := fileIn(t, w.logs)
		require.NotEqual(t, file, kept)
		require.True(t, strings.HasPrefix(kept, os.Getenv("TMPDIR")), kept)
		require.Equal(t, 1, reopened(t, kept).Outbox().Count(), name)
	}
}

func TestEvidenceOfATestWithoutErrorfIsKeptToo(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	w := &onlyTB{}
	openGuarded(t, w, emulator.WithEvidence(), emulator.WithGuards(emulator.GuardErrors)).sendBad()
	w.cleanup()
	require.Len(t, w.failures, 1)
	left, err := filepath.Glob(os.Getenv("TMPDIR") + "/segmentflow-witness-*/world.db")
	require.NoError(t, err)
	require.Len(t, left, 1)
}

func TestATestThatPanicsKeepsItsWorld(t *testing.T) {
	w := &witness{name: t.Name(), dir: t.TempDir()}
	require.PanicsWithValue(t, "ouch", func() {
		openGuarded(t, w, emulator.WithEvidence())
		defer w.end() // as package testing does, before the test has failed
		panic("ouch")
	})
	require.FileExists(t, fileIn(t, w.logs))
}

func TestEvidenceThatCannotBeKeptIsLogged(t *testing.T) {
	w := &witness{name: t.Name(), dir: filepath.Join(t.TempDir(), "nowhere")}
	openGuarded(t, w, emulator.WithEvidence())
	w.Errorf("the test fails")
	w.end()
	require.Len(t, w.logs, 1)
	require.Contains(t, w.logs[0], "emulator: the world of this test could not be kept: ")
}

func TestOnlyATestHasEvidence(t *testing.T) {
	_, err := emulator.New(emulator.WithEvidence())
	require.ErrorContains(t, err, "WithEvidence: there is no test that can fail; use Start")
	_, err = emulator.New(emulator.WithManualClock(), emulator.WithLiveClock())
	require.ErrorContains(t, err, "pass one of them")
}

func TestAManualClockGoesOnAtTheTimeOfAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	w := &named{name: t.Name()}
	s := openGuarded(t, w, emulator.WithDatabase(file))
	s.track(trial("Pro", "t1"))
	s.emu.Advance(71 * time.Hour)
	w.end()
	for range 2 {
		again := must(emulator.New(emulator.WithDatabase(file), emulator.WithManualClock()))(t)
		require.Equal(t, monday.Add(71*time.Hour), again.Now(), "the file's time")
		next, waits := again.NextDue()
		require.True(t, waits)
		require.Equal(t, monday.Add(72*time.Hour), next)
		require.NoError(t, again.Close())
	}
	running := must(emulator.New(emulator.WithDatabase(file)))(t)
	require.Equal(t, 2, running.Outbox().Count(), "another clock goes on to now")
	require.NoError(t, running.Close())
}
