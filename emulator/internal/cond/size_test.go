package cond_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func many(n int, term string) string { return strings.TrimSuffix(strings.Repeat(term+", ", n), ", ") }

func TestAConditionHasAtMostAThousandTerms(t *testing.T) {
	for name, c := range map[string]struct{ open, term, end string }{
		"a list":      {`[`, `true`, `]`},
		"$and":        {`{"$and": [`, `{"$state": "/profile/a"}`, `]}`},
		"$or":         {`{"$or": [`, `{"subscribed": "offers"}`, `]}`},
		"inside $not": {`{"$not": [`, `{"inSegment": "vips"}`, `]}`},
		"buckets":     {`[`, `{"bucket": {"percent": 1, "salt": "s"}}`, `]`},
		"mail":        {`[`, `{"received": {"event": "opened"}}`, `]`},
	} {
		t.Run(name, func(t *testing.T) {
			parse(t, c.open+many(1000, c.term)+c.end)
			findings := refused(t, c.open+many(1001, c.term)+c.end)
			require.Len(t, findings, 1)
			require.Empty(t, findings[0].Path)
			require.Contains(t, findings[0].Message, "has more than 1000 terms")
		})
	}
	filter := `{"performed": {"event": "e", "filter": [%s]}}`
	parse(t, fmt.Sprintf(filter, many(999, `true`)))
	refused(t, fmt.Sprintf(filter, many(1000, `true`)))
}

func TestSizeIncludesSegments(t *testing.T) {
	segments := map[string]*cond.Cond{
		"leaf":  parse(t, `{"$state": "/profile/a"}`),
		"three": parse(t, `[{"inSegment": "leaf"}, {"$not": {"inSegment": "leaf"}}, true]`),
		"self":  parse(t, `{"$or": [true, {"inSegment": "self"}]}`),
	}
	for i := range 40 {
		below := fmt.Sprintf(`{"inSegment": "d%d"}`, i-1)
		if i == 0 {
			below = `true`
		}
		segments[fmt.Sprint("d", i)] = parse(t, `{"$or": [`+below+`, `+below+`]}`)
	}
	sizes := cond.Sizes(func(ref string) *cond.Cond { return segments[ref] })
	for ref, want := range map[string]cond.Size{
		"leaf":   {Terms: 1},
		"manual": {Terms: 1},
		"three":  {Terms: 3, Depth: 3},
		"d0":     {Terms: 2, Depth: 1},
		"d8":     {Terms: 512, Depth: 17},
	} {
		require.Equal(t, want, sizes(ref), ref)
		require.Empty(t, sizes(ref).Fault(), ref)
	}
	require.Equal(t, "has more than 1000 terms", sizes("d9").Fault())
	require.Equal(t, "has more than 1000 terms", sizes("d39").Fault())
	require.NotEmpty(t, sizes("self").Fault())

	nested := strings.Repeat(`{"$not": `, 31) + `{"inSegment": "leaf"}` + strings.Repeat(`}`, 31)
	require.Empty(t, parse(t, nested).Size(sizes).Fault())
	require.Equal(t, "is nested more than 32 deep", parse(t, `{"$not": `+nested+`}`).Size(sizes).Fault())
}

// counted returns Segments and counts the calls.
type counted struct {
	cond.Facts
	segments map[string]*cond.Cond
	asked    int
}

func (c *counted) ProfileID() string { return "p" }

func (c *counted) Segment(ref string) (*cond.Cond, bool, error) {
	c.asked++
	return c.segments[ref], false, nil
}

func TestASteadyEnvEvaluatesASegmentOnce(t *testing.T) {
	facts := &counted{segments: map[string]*cond.Cond{
		"a": parse(t, `{"$state": "/profile/a"}`),
		"b": parse(t, `{"inSegment": "a"}`),
	}}
	env := &cond.Env{State: cond.State{"profile": map[string]any{"a": true}}, Facts: facts, Steady: true}
	c := parse(t, `[`+many(50, `{"inSegment": "b"}`)+`]`)
	result, err := c.Eval(env)
	require.NoError(t, err)
	require.True(t, result.True)
	require.Equal(t, 2, facts.asked)

	env = &cond.Env{State: cond.State{"profile": map[string]any{}}, Facts: facts}
	result, err = c.Eval(env)
	require.NoError(t, err)
	require.False(t, result.True, "another Env does not use the results of the first")
}
