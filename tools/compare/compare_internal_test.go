package main

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/tools/compare/floor"
)

// tiny sizes show that everything works.
var tiny = sizes{1, 1, time.Millisecond, 16, 1, 20, 50, 30}

func TestMain(m *testing.M) {
	if isChild(os.Args) {
		return
	}
	os.Exit(m.Run())
}

func benchOf(t *testing.T) *bench {
	t.Helper()
	b, closeFloor, err := newBench(t.Context(), tiny, t.TempDir())
	require.NoError(t, err)
	t.Cleanup(closeFloor)
	return b
}

func TestEveryRowIsMeasured(t *testing.T) {
	b := benchOf(t)
	for _, r := range rows() {
		t.Run(r.what, func(t *testing.T) {
			got, err := r.measure(b, t.Context())
			require.NoError(t, err)
			require.Regexp(t, `^\d`, strings.TrimPrefix(got.measured, "-"))
			require.NotEmpty(t, got.detail)
			require.LessOrEqual(t, utf8.RuneCountInString(r.line(got)), 120, "too wide for docs/performance.md")
		})
	}
}

func TestGrowthIsMeasured(t *testing.T) {
	b := benchOf(t)
	for _, file := range []string{"", b.dir + "/sends.db"} {
		points, err := askChild[[]sendPoint](t.Context(), asked{What: "sends", N: 1_000, File: file, Sizes: tiny})
		require.NoError(t, err)
		require.Len(t, points, 1)
		require.Equal(t, file != "", points[0].File > 0)
		require.Positive(t, points[0].RSS)
	}
	for _, kind := range []string{"Journeys", "Segments", "Templates"} {
		costs, err := b.catalog(t.Context(), kind, 2)
		require.NoError(t, err)
		require.Len(t, costs, 4)
	}
}

func TestTheHeaderNamesMachineAndPeers(t *testing.T) {
	text, err := header(t.Context())
	require.NoError(t, err)
	for _, part := range []string{"processors", "go1.", "miniredis/v2 v2.", "stripe-mock v0.", "sqlite v1."} {
		require.Contains(t, text, part)
	}
}

func TestRowsAreChosenByName(t *testing.T) {
	o, err := parse([]string{"-quick", "-rows", "broadcast|advance", "-people", "7"})
	require.NoError(t, err)
	require.Equal(t, quick.Rounds, o.Rounds)
	require.Equal(t, 7, o.People)
	chosen := slices.DeleteFunc(rows(), func(r row) bool { return !o.rows.MatchString(r.what) })
	require.Len(t, chosen, 2)
	_, err = parse([]string{"-rows", "("})
	require.Error(t, err)
}

// turnsOf takes turns of the given lengths, one after the other.
func turnsOf(lengths ...time.Duration) turn {
	return func() (time.Duration, error) {
		next := lengths[0]
		lengths = lengths[1:]
		return next, nil
	}
}

func TestTheMedianOfRatiosCounts(t *testing.T) {
	r, err := compare(3, turnsOf(900, 20, 60, 40), turnsOf(1, 10, 10, 40))
	require.NoError(t, err)
	require.Equal(t, ratio{median: 2, low: 1, high: 6, call: 40, base: 10}, r)
	require.Equal(t, "2.0 ×", r.result().measured)
	require.Equal(t, "0.50 ×", r.throughput().measured)
	one, err := cost(3, turnsOf(900, 20, 60, 40))
	require.NoError(t, err)
	require.EqualValues(t, 40, one)
}

func TestRepeatedCallsAreDividedByTheirItems(t *testing.T) {
	calls := 0
	spin := func() error {
		for begun := cpuTime(); cpuTime()-begun < time.Millisecond; {
		}
		calls++
		return nil
	}
	used, err := repeat(5*time.Millisecond, 10, spin)()
	require.NoError(t, err)
	require.Positive(t, calls)
	require.GreaterOrEqual(t, used, 100*time.Microsecond)
	failure := errors.New("broken")
	_, err = compare(1, repeat(1, 1, func() error { return failure }), turnsOf(1, 1))
	require.ErrorIs(t, err, failure)
}

func TestTimesOfProcessesAreRead(t *testing.T) {
	used, err := statTime("42 (a b) c) S 1 2 3 4 5 6 7 8 9 10 12 30 0 0")
	require.NoError(t, err)
	require.Equal(t, 420*time.Millisecond, used)
	used, err = clockTime(" 1:02.50\n")
	require.NoError(t, err)
	require.Equal(t, 62500*time.Millisecond, used)
	for _, read := range []func(string) (time.Duration, error){statTime, clockTime} {
		_, err = read("x")
		require.Error(t, err)
	}
}

func TestSymbolsAreAddedUpByPackage(t *testing.T) {
	symbols, err := parseSymbols("  40 8 T example.com/a%2eb/c.(*T[example.com/d.X]).Run\n" +
		"  20 5 T main.main\n  28 7 T main.init\n  10 0 R type:*\n  90 0 d runtime.bss\n  98 9 D net.big\n  U malloc\n")
	require.NoError(t, err)
	sizes := sizesByPackage(symbols)
	require.Equal(t, map[string]int64{"example.com/a.b": 8, "main": 12, "types": 16}, sizes)
	require.Regexp(t, `(?s)\| types \| 16 B \| 16.0 %.*\| main \|.*\| all else \| 72`,
		biggest(sizes, 2, 100))
	require.Len(t, slices.Collect(maps.Keys(sizes)), 3)
	_, err = parseSymbols("")
	require.Error(t, err)
}

func TestBenchmarksAreRead(t *testing.T) {
	all, err := parseBenchmark("goos: linux\nBenchmarkCount/never-performed-2 \t 10\t  34700100 ns/op\t 9 members\t" +
		" 34 ms/count\nBenchmarkCount/nested    \t      10\t  61000000 ns/op\nPASS\n")
	require.NoError(t, err)
	require.Equal(t, []benchmarked{{"never-performed", 34700100}, {"nested", 61 * time.Millisecond}}, all)
	_, err = parseBenchmark("PASS\n")
	require.ErrorContains(t, err, "no results")
}

func TestTheFloorStoresFourRows(t *testing.T) {
	f, err := floor.New(t.Context())
	require.NoError(t, err)
	defer f.Close()
	call, err := f.Caller()
	require.NoError(t, err)
	require.NoError(t, call())
	require.NoError(t, call())
	n, err := f.Stored(t.Context())
	require.NoError(t, err)
	require.Equal(t, 8, n)
}
