package cond_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// references returns segments that refer to others. The first name of a line is the
// segment, the others are those that it refers to.
func references(t rapid.TB, list ...string) map[string]*cond.Cond {
	t.Helper()
	segments := map[string]*cond.Cond{}
	for _, line := range list {
		name, refs, _ := strings.Cut(line, " ")
		doc := `{"$or": [true`
		for ref := range strings.FieldsSeq(refs) {
			doc += `, {"$not": {"inSegment": "` + ref + `"}}`
		}
		segments[name] = parse(t, doc+`]}`)
	}
	return segments
}

func TestCycles(t *testing.T) {
	for name, c := range map[string]struct {
		segments []string
		want     [][]string
	}{
		"no segments":                            {nil, nil},
		"no references":                          {[]string{"a", "b"}, nil},
		"a chain is not a cycle":                 {[]string{"a b", "b c", "c"}, nil},
		"two paths to the same are not a cycle":  {[]string{"a b c", "b d", "c d", "d"}, nil},
		"an unknown segment closes no cycle":     {[]string{"a none"}, nil},
		"a segment that refers to itself":        {[]string{"a a"}, [][]string{{"a"}}},
		"two that refer to each other":           {[]string{"b a", "a b"}, [][]string{{"a", "b"}}},
		"a cycle of three, along the references": {[]string{"c b", "b a", "a c"}, [][]string{{"a", "c", "b"}}},
		"a path into a cycle is not part of it":  {[]string{"x a", "a b", "b a y", "y"}, [][]string{{"a", "b"}}},
		"two separate cycles": {
			[]string{"a b", "b a", "c d", "d c"}, [][]string{{"a", "b"}, {"c", "d"}},
		},
		"two cycles with a common segment": {
			[]string{"a b c", "b a", "c a"}, [][]string{{"a", "b"}, {"a", "c"}},
		},
		"a cycle within a cycle": {[]string{"b a", "a b a"}, [][]string{{"a"}, {"a", "b"}}},
		"a shortcut does not hide the longer cycle": {
			[]string{"a b c", "b c", "c a"}, [][]string{{"a", "b", "c"}, {"a", "c"}},
		},
		"a reference that is written twice is found": {[]string{"a b b", "b a"}, [][]string{{"a", "b"}}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, cond.Cycles(references(t, c.segments...), nil))
		})
	}
}

func TestCyclesFollowIdsAndKeys(t *testing.T) {
	segments := references(t, "id-a key-b", "id-b id-a", "id-c key-c")
	require.Equal(t, [][]string{{"id-a", "id-b"}, {"id-c"}},
		cond.Cycles(segments, func(ref string) string { return strings.Replace(ref, "key", "id", 1) }))
	require.Empty(t, cond.Cycles(segments, nil))
}

func TestASegmentInAFilterClosesACycleToo(t *testing.T) {
	c := parse(t, `{"performed": {"event": "e", "filter": {"inSegment": "a"}}}`)
	require.Equal(t, [][]string{{"a"}}, cond.Cycles(map[string]*cond.Cond{"a": c}, nil))
}

func TestManualSegmentsHaveNoReferences(t *testing.T) {
	segments := references(t, "a manual", "b a")
	segments["manual"] = nil
	require.Empty(t, cond.Cycles(segments, nil))
}

func TestEveryReferenceThatClosesACycleIsReported(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 6
		reach, lines := [n][n]bool{}, []string{}
		edges := map[[2]string]bool{}
		for i := range n {
			line := fmt.Sprint(i)
			for _, to := range rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 2).Draw(t, line) {
				line += fmt.Sprint(" ", to)
				reach[i][to], edges[[2]string{fmt.Sprint(i), fmt.Sprint(to)}] = true, true
			}
			lines = append(lines, line)
		}
		for via := range n {
			for from := range n {
				for to := range n {
					reach[from][to] = reach[from][to] || reach[from][via] && reach[via][to]
				}
			}
		}
		on := map[[2]string]bool{}
		for _, cycle := range cond.Cycles(references(t, lines...), nil) {
			require.Equal(t, slices.Min(cycle), cycle[0])
			require.Len(t, slices.Compact(slices.Sorted(slices.Values(cycle))), len(cycle), "no name twice")
			for i, from := range cycle {
				edge := [2]string{from, cycle[(i+1)%len(cycle)]}
				require.True(t, edges[edge], "a cycle follows references")
				on[edge] = true
			}
		}
		for edge := range edges {
			require.Equal(t, reach[edge[1][0]-'0'][edge[0][0]-'0'], on[edge], "%v", edge)
		}
	})
}
