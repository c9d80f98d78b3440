package main_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// recordCoverage runs the command, which records in a directory of a module, and triggers a Journey of it. It returns
// the module, below which the test then is.
func recordCoverage(t *testing.T, dir string) (module string) {
	t.Helper()
	seed, err := filepath.Abs(acme)
	require.NoError(t, err)
	module = t.TempDir()
	below := filepath.Join(module, "pkg", "inner")
	require.NoError(t, os.MkdirAll(below, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(module, "go.mod"), []byte("module example.com/m\n"), 0o600))
	t.Chdir(below)

	s := start(t, []string{"SEGMENTFLOW_JOURNEY_COVERAGE=" + dir}, "--seed", seed, "--log", "off")
	_, err = s.client().Journeys.Trigger(t.Context(), "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "chiara@example.com"},
		Variables: map[string]any{"newTier": "gold"},
	})
	require.NoError(t, err)
	require.NoError(t, s.command.Process.Signal(syscall.SIGTERM))
	require.Zero(t, s.end(), s.stderr)
	return module
}

func TestCoverageShowsWhatWasReached(t *testing.T) {
	module := recordCoverage(t, "cover")
	dir := filepath.Join(module, "cover")
	require.DirExists(t, dir, "a relative directory is below the root of the module")
	page, list := filepath.Join(dir, "index.html"), filepath.Join(dir, "coverage.json")

	code, table, stderr := refused(t, nil, "coverage", "cover", "--html", page, "--json", list, "--min", "10.7")
	require.Zero(t, code, stderr)
	require.Empty(t, stderr)
	require.Contains(t, table, "loyalty-upgrade v1 (64f2e5c)     75.0 %  3 of 4, 1 run\n"+
		"  never  skip       entry: suppressed\n")
	require.True(t, strings.HasSuffix(table, "total                            10.7 %  3 of 28\n"), table)
	html, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Contains(t, string(html), "<h1>Journey coverage: 10.7 %</h1>")

	text, err := os.ReadFile(list)
	require.NoError(t, err)
	var fromJSON emulator.Coverage
	require.NoError(t, json.Unmarshal(text, &fromJSON))
	read, err := emulator.ReadCoverage(dir)
	require.NoError(t, err)
	require.Equal(t, read.Journeys, fromJSON.Journeys)

	code, _, stderr = refused(t, nil, "coverage", "--min=10.8", dir)
	require.Equal(t, 1, code)
	require.Equal(t, "segmentflow-emulator coverage: left out "+list+": it is not Journey coverage\n"+
		"segmentflow-emulator coverage: left out "+page+": it is not Journey coverage\n"+
		"segmentflow-emulator coverage: the coverage of Journeys is 10.7 %, below the minimum of 10.8 %\n", stderr)

	code, again, _ := refused(t, nil, "coverage", "--json", "-", "--", dir)
	require.Zero(t, code)
	require.True(t, strings.HasPrefix(again, "{\n"), again)
}

func TestCoverageOfNothingIsAnError(t *testing.T) {
	empty := t.TempDir()
	none := filepath.Join(empty, "none")
	used := filepath.Join(empty, "used")
	t.Setenv("SEGMENTFLOW_JOURNEY_COVERAGE", used)
	emulator.Start(t)
	for dir, want := range map[string]string{
		empty: empty + " has no Journey coverage, but other files (used); run the tests first: " +
			"SEGMENTFLOW_JOURNEY_COVERAGE=" + empty + " go test -count=1 ./...",
		none: "the directory " + none + " does not exist; run the tests first: " +
			"SEGMENTFLOW_JOURNEY_COVERAGE=" + none + " go test -count=1 ./...",
		used: used + " has no Journeys: no emulator of these tests had one that was Active",
	} {
		code, stdout, stderr := refused(t, nil, "coverage", dir)
		require.Equal(t, 1, code)
		require.Empty(t, stdout)
		require.Equal(t, "segmentflow-emulator coverage: "+want+"\n", stderr)
	}
}

func TestInvalidArgumentsOfCoverageExitWithTwo(t *testing.T) {
	for want, args := range map[string][]string{
		"the directory is missing; write segmentflow-emulator coverage DIR, with the directory that " +
			"SEGMENTFLOW_JOURNEY_COVERAGE named when the tests ran": {},
		"the name of the directory is empty":                                {""},
		`unexpected argument "b"; coverage reads one directory`:             {"a", "b"},
		"flag provided but not defined: -xml":                               {"a", "--xml", "b"},
		"flag needs an argument: -html":                                     {"a", "--html"},
		`invalid value "101" for flag -min: must be a number from 0 to 100`: {"a", "--min", "101"},
		`invalid value "-1" for flag -min: must be a number from 0 to 100`:  {"a", "--min=-1"},
		`invalid value "NaN" for flag -min: must be a number from 0 to 100`: {"a", "--min", "NaN"},
		`invalid value "80%" for flag -min: must be a number from 0 to 100`: {"--min", "80%", "a"},
	} {
		code, stdout, stderr := refused(t, nil, append([]string{"coverage"}, args...)...)
		require.Equal(t, 2, code, stderr)
		require.Empty(t, stdout)
		require.Equal(t, "segmentflow-emulator coverage: "+want+"\n", stderr)
	}
}

func TestCoverageDescribesItself(t *testing.T) {
	for _, args := range [][]string{{"coverage", "--help"}, {"coverage", "dir", "-h"}} {
		code, usage, stderr := refused(t, nil, args...)
		require.Zero(t, code)
		require.Empty(t, stderr)
		for _, part := range []string{"coverage DIR", "--html FILE", "--json FILE", "--min PERCENT", "-count=1"} {
			require.Contains(t, usage, part)
		}
	}
	_, usage, _ := refused(t, nil, "--help")
	require.Contains(t, usage, "segmentflow-emulator coverage --help")
}

func TestAFileThatCannotBeWrittenIsAnError(t *testing.T) {
	module := recordCoverage(t, "cover")
	page := filepath.Join(module, "missing", "index.html")
	code, _, stderr := refused(t, nil, "coverage", "cover", "--html", page)
	require.Equal(t, 1, code)
	require.Equal(t, "segmentflow-emulator coverage: open "+page+": no such file or directory\n", stderr)
}

// coverageOf returns a line about a Journey with a node, a skip and exit rules, of which some were reached.
func coverageOf(key string, rules, reached int) string {
	exits, counts := make([]string, rules), make([]string, reached)
	for i := range exits {
		exits[i] = fmt.Sprintf(`{"id":"r%d","event":"e"}`, i)
	}
	for i := range counts {
		counts[i] = fmt.Sprintf(`{"kind":"exit","name":"r%d","count":1}`, i)
	}
	definition := `{"key":"` + key + `","name":"K","entry":{"type":"api"},"exitOn":[` + strings.Join(exits, ",") +
		`],"start":"end","nodes":[{"id":"end","type":"exit"}]}`
	return fmt.Sprintf(`{"format":1,"digest":"%x","version":1,"definition":%s,"counts":[%s]}`+"\n",
		sha256.Sum256([]byte(definition)), definition, strings.Join(counts, ","))
}

func TestAMinimumThatIsReachedExactlyIsEnough(t *testing.T) {
	dir := t.TempDir()
	lines := coverageOf("a", 98, 98) + coverageOf("b", 98, 63) + coverageOf("c", 48, 0)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "journeys-a.jsonl"), []byte(lines), 0o600))
	for limit, want := range map[string]int{"0": 0, "64.3": 0, "64.4": 0, "64.41": 1, "64.5": 1, "100": 1} {
		code, table, stderr := refused(t, nil, "coverage", dir, "--min", limit)
		require.Equal(t, want, code, "%s: %s", limit, stderr)
		require.Contains(t, table, "64.4 %  161 of 250\n")
	}
}
