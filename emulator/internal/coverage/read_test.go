package coverage_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
)

var exit = document("", `{"id": "a", "type": "exit"}`)

// files returns the files of processes in a directory.
func files(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "journeys-*.jsonl"))
	require.NoError(t, err)
	return paths
}

// asAnother renames the file of this process, so that it looks like that of another process.
func asAnother(t *testing.T, dir, name string) string {
	t.Helper()
	written := files(t, dir)
	require.Len(t, written, 1)
	path := filepath.Join(dir, "journeys-"+name+".jsonl")
	require.NoError(t, os.Rename(written[0], path))
	return path
}

func TestFilesOfSeveralProcessesAreMerged(t *testing.T) {
	one, other := t.TempDir(), t.TempDir()
	third := *exit
	third.Number = 3
	record(t, one, &third, coverage.Run(), coverage.Node("a"))
	record(t, other, exit, coverage.Run(), coverage.Skip("suppressed"))
	require.NoError(t, os.Rename(asAnother(t, other, "other"), filepath.Join(one, "journeys-other.jsonl")))

	report, err := coverage.Read(one)
	require.NoError(t, err)
	require.Len(t, report.Journeys, 1)
	require.Equal(t, 1, report.Journeys[0].Number)
	require.Equal(t, 2, report.Journeys[0].Runs)
	require.Equal(t, []string{"node a (exit) 1", "skip entry: suppressed 1"}, texts(report.Journeys[0].Parts))
	require.InDelta(t, 100, report.Share().Percent(), 0)
}

func TestTwoDefinitionsOfOneKeyAreTwoVersions(t *testing.T) {
	dir := t.TempDir()
	longer := document("", `{"id": "a", "type": "delay", "for": "P1D", "next": "end"}`, end)
	record(t, dir, exit, coverage.Node("a"))
	record(t, dir, longer)
	report, err := coverage.Read(dir)
	require.NoError(t, err)
	require.Len(t, report.Journeys, 2)
	require.Equal(t, coverage.Share{Reached: 1, All: 6}, report.Share())
}

func TestHundredsOfEmulatorsWriteOneFile(t *testing.T) {
	dir := t.TempDir()
	const emulators = 300
	var all sync.WaitGroup
	failures := make(chan error, emulators)
	for range emulators {
		all.Go(func() {
			recorder, err := coverage.Open(dir)
			if err != nil {
				failures <- err
				return
			}
			recorder.Add(coverage.Mark{Version: exit, Place: coverage.Node("a")})
			failures <- errors.Join(recorder.Close(), recorder.Close())
		})
	}
	all.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}

	report, err := coverage.Read(dir)
	require.NoError(t, err)
	require.Equal(t, emulators, report.Journeys[0].Parts[0].Count)
	require.Len(t, files(t, dir), 1)
	text, err := os.ReadFile(files(t, dir)[0])
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), `"definition"`), "a definition is written once")
}

func TestADirectoryThatWasDeletedIsMadeAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "er")
	record(t, dir, exit, coverage.Node("a"))
	recorder, err := coverage.Open(dir)
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(dir))
	recorder.Add(coverage.Mark{Version: exit, Place: coverage.Node("a")})
	require.NoError(t, recorder.Close())

	report, err := coverage.Read(dir)
	require.NoError(t, err)
	require.Equal(t, 1, report.Journeys[0].Parts[0].Count)
}

func TestOpenNamesADirectoryThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		_, err := coverage.Open(dir)
		require.ErrorContains(t, err, "SEGMENTFLOW_JOURNEY_COVERAGE: Journey coverage cannot be written, "+
			"set it to a directory that can be: mkdir "+file)
	}
	recorder, err := coverage.Open("")
	require.NoError(t, err)
	require.Nil(t, recorder)
	require.NoError(t, recorder.Close())
}

func TestALineThatWasCutOffDoesNotCount(t *testing.T) {
	dir := t.TempDir()
	record(t, dir, exit, coverage.Node("a"))
	path := asAnother(t, dir, "killed")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, append(text, text[:len(text)-1]...), 0o600))

	report, err := coverage.Read(dir)
	require.NoError(t, err)
	require.Equal(t, 1, report.Journeys[0].Parts[0].Count)
}

// advice is how to record in a directory.
func advice(dir string) string {
	return "run the tests first: SEGMENTFLOW_JOURNEY_COVERAGE=" + dir + " go test -count=1 ./..."
}

func TestReadSaysWhatIsWrongWithADirectory(t *testing.T) {
	dir := t.TempDir()
	_, err := coverage.Read(dir)
	require.EqualError(t, err, dir+" has no Journey coverage; "+advice(dir))
	for _, name := range []string{"b.txt", "a.html", ".gitignore"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	_, err = coverage.Read(dir)
	require.EqualError(t, err, dir+" has no Journey coverage, but other files (a.html, b.txt); "+advice(dir))

	missing := filepath.Join(dir, "missing")
	_, err = coverage.Read(missing)
	require.EqualError(t, err, "the directory "+missing+" does not exist; "+advice(missing))
	_, err = coverage.Read("missing")
	require.EqualError(t, err, "the directory missing does not exist; "+advice("missing"))
	_, err = coverage.Read("")
	require.EqualError(t, err, "the name of the directory is empty; "+
		"pass the one that SEGMENTFLOW_JOURNEY_COVERAGE named")
	_, err = coverage.Read(filepath.Join(dir, "b.txt"))
	require.ErrorContains(t, err, "not a directory")
}

func TestReadNamesALineThatIsNotCoverage(t *testing.T) {
	written := t.TempDir()
	record(t, written, exit, coverage.Node("a"))
	whole, err := os.ReadFile(files(t, written)[0])
	require.NoError(t, err)
	line := string(whole)

	for text, want := range map[string]string{
		line + "mode: set\n": ":2 is not Journey coverage: invalid character 'm' looking for beginning of value",
		"{}\n":               ":1 is not Journey coverage: its format is 0, and this emulator reads 1",
		strings.Replace(line, `"format":1`, `"format":2`, 1): ":1 is not Journey coverage: " +
			"its format is 2, and this emulator reads 1",
		strings.Replace(line, `"start":"a"`, `"start":"b"`, 1): ":1 is not Journey coverage: " +
			"the definition is not that of the digest",
		strings.Replace(line, `"count":1`, `"count":-1`, 1): ":1 is not Journey coverage: it has a negative count",
		`{"format":1}` + "\n":                               ":1 is not Journey coverage: it has no digest",
	} {
		path := filepath.Join(t.TempDir(), "journeys-x.jsonl")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := coverage.Read(filepath.Dir(path))
		require.EqualError(t, err, path+want+"; delete the file and run the tests again")
	}

	path := filepath.Join(t.TempDir(), "journeys-x.jsonl")
	text := `{"format":1,"digest":"0123456789","version":1,"counts":[]}` + "\n"
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	_, err = coverage.Read(filepath.Dir(path))
	require.EqualError(t, err, filepath.Dir(path)+" has no definition of version 0123456; a file is missing; "+
		advice(filepath.Dir(path)))
}

func TestReadFindsARelativeDirectory(t *testing.T) {
	module := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.mod"), nil, 0o600))
	below := filepath.Join(module, "pkg", "inner")
	require.NoError(t, os.MkdirAll(below, 0o700))
	record(t, filepath.Join(module, "cover"), exit, coverage.Node("a"))
	t.Chdir(below)

	_, err := coverage.Read("cover")
	require.NoError(t, err, "below the root of the module")
	_, err = coverage.Read("../../cover")
	require.NoError(t, err, "below the working directory")
	record(t, filepath.Join(below, "cover"), exit)
	report, err := coverage.Read("cover")
	require.NoError(t, err)
	require.Zero(t, report.Share().Reached, "the working directory comes first")
}
