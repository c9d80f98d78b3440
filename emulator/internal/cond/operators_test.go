package cond_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// known returns the names that the finding of a document lists between two texts.
func known(t *testing.T, doc, before, after string) []string {
	t.Helper()
	message := refused(t, doc)[0].Message
	_, message, found := strings.Cut(message, before)
	require.True(t, found)
	message, _, found = strings.Cut(message+"\n", after)
	require.True(t, found)
	return strings.Split(message, ", ")
}

// A new operator fails this test until it has a sample.
func TestEveryOperatorIsComplete(t *testing.T) {
	samples := map[string]struct {
		yes, no, bad string // operands for the value "2026-06-05T11:00:00Z"; bad is "" if there is none
		dates, clock bool
	}{
		"eq":         {yes: `"2026-06-05T11:00:00Z"`, no: `1`},
		"neq":        {yes: `1`, no: `"2026-06-05T11:00:00Z"`},
		"gt":         {yes: `4`, no: `5`, bad: `"x"`},
		"gte":        {yes: `5`, no: `6`, bad: `"x"`},
		"lt":         {yes: `6`, no: `5`, bad: `"x"`},
		"lte":        {yes: `5`, no: `4`, bad: `"x"`},
		"in":         {yes: `["2026-06-05T11:00:00Z"]`, no: `["x"]`, bad: `[]`},
		"contains":   {yes: `"-06-"`, no: `"-07-"`},
		"exists":     {yes: `true`, no: `false`, bad: `1`},
		"startsWith": {yes: `"2026"`, no: `"06"`, bad: `1`},
		"before":     {yes: `"2026-06-06"`, no: `"2026-06-05"`, bad: `"x"`, dates: true},
		"after":      {yes: `"2026-06-05"`, no: `"2026-06-06"`, bad: `"x"`, dates: true},
		"within":     {yes: `"PT2H"`, no: `"PT1S"`, bad: `"x"`, dates: true, clock: true},
	}
	operators := known(t, `{"$state": "/data/v", "?": 1}`, "known operators: ", "; \"not\"")
	require.Len(t, samples, len(operators))
	for _, op := range operators {
		t.Run(op, func(t *testing.T) {
			c, ok := samples[op]
			require.True(t, ok, "the operator has no sample")
			v := `"2026-06-05T11:00:00Z"`
			if strings.HasPrefix(op, "gt") || strings.HasPrefix(op, "lt") {
				v = `5`
			}
			for operand, want := range map[string]string{c.yes: "true", c.no: "false"} {
				parsed := parse(t, compare(`"`+op+`": `+operand))
				explanation, err := parsed.Explain(&cond.Env{Now: noon, State: given(t, v)})
				require.NoError(t, err)
				require.Equal(t, "/data/v ("+v+") "+op+" "+operand+" → "+want, explanation)
				reads := cond.Reads{Pointers: []cond.Pointer{{"data", "v"}}, Time: c.clock, Moments: c.clock}
				if c.dates {
					reads.Pointers = append(reads.Pointers, cond.Pointer{"profile", "timezone"})
				}
				require.Equal(t, reads, parsed.Reads())
				require.Equal(t, cond.Size{Terms: 1}, parsed.Size(nil))
			}
			if c.bad != "" {
				require.Contains(t, refused(t, compare(`"`+op+`": `+c.bad))[0].Message, op+" takes ")
			}
		})
	}
}

// A new operator of a count fails this test until it has a sample.
func TestEveryOperatorOfACountIsComplete(t *testing.T) {
	samples := map[string][3]bool{ // with 1, 2 and 3 events and the bound 2
		"gte": {false, true, true}, "lte": {true, true, false}, "eq": {false, true, false}, "lt": {true, false, false},
		"gt": {false, false, true},
	}
	operators := known(t, `{"performed": {"event": "e", "count": {}}}`, "exactly one of ", ", such as")
	require.Len(t, samples, len(operators))
	for _, op := range operators {
		truth, ok := samples[op]
		require.True(t, ok, "%s has no sample", op)
		for i, want := range truth {
			who := &person{events: did("e", []time.Duration{-1 * ms, -2 * ms, -3 * ms}[:i+1]...)}
			doc := `{"performed": {"event": "e", "count": {"` + op + `": 2}}}`
			require.Equal(t, want, evalFor(t, doc, who).True, "%s with %d events", op, i+1)
		}
	}
}

// formSample is a sample of one form: documents that are true and false, and the
// explanation, the reads and the size of the first.
type formSample struct {
	yes, no, explanation string
	reads                cond.Reads
	size                 cond.Size
}

func formSamples() map[string]formSample {
	term := cond.Size{Terms: 1}
	return map[string]formSample{
		"$and": {`{"$and": [true, true]}`, `{"$and": [true, false]}`, "always → true and always → true",
			cond.Reads{}, cond.Size{Terms: 2, Depth: 1}},
		"$or": {`{"$or": [false, true]}`, `{"$or": [false]}`, "always → false or always → true",
			cond.Reads{}, cond.Size{Terms: 2, Depth: 1}},
		"$not": {`{"$not": false}`, `{"$not": true}`, "not (always → false)",
			cond.Reads{}, cond.Size{Terms: 1, Depth: 1}},
		"$state": {`{"$state": "/data/v"}`, `{"$state": "/data/v", "not": true}`, "/data/v (1) truthy → true",
			cond.Reads{Pointers: []cond.Pointer{{"data", "v"}}}, term},
		"performed": {`{"performed": {"event": "e", "filter": true}}`, `{"performed": {"event": "f"}}`,
			"performed e with a filter (1 or more) gte 1 → true",
			cond.Reads{Events: []string{"e"}, Time: true}, cond.Size{Terms: 2, Depth: 1}},
		"received": {`{"received": {"event": "sent", "templateId": "t"}}`, `{"received": {"event": "opened"}}`,
			"received sent of t → true",
			cond.Reads{Mail: []string{"sent"}, Templates: []string{"t"}, Time: true}, term},
		"subscribed": {`{"subscribed": "g"}`, `{"subscribed": "h"}`, "subscribed g → true",
			cond.Reads{Groups: []string{"g"}}, term},
		"inSegment": {`{"inSegment": "s"}`, `{"inSegment": "r"}`, "inSegment s → true",
			cond.Reads{Segments: []string{"s"}}, cond.Size{Terms: 1, Depth: 1}},
		"bucket": {`{"bucket": {"percent": 100, "salt": "a"}}`, `{"bucket": {"percent": 0, "salt": "a"}}`,
			`bucket 100.00 % of "a" → true`, cond.Reads{}, term},
	}
}

// A new form fails this test until it has a sample.
func TestEveryFormIsComplete(t *testing.T) {
	env := &cond.Env{Now: noon, State: given(t, `1`), Facts: &person{
		id: someone, events: did("e", -time.Hour), mail: []fact{{kind: "sent", id: "t", at: noon}},
		groups: map[string]bool{"g": true}, members: map[string]bool{"s": true},
	}}
	manual := func(string) cond.Size { return cond.Size{Terms: 1} }
	samples := formSamples()
	forms := known(t, `{}`, "write one of ", "\n")
	require.Len(t, samples, len(forms))
	for _, form := range forms {
		t.Run(form, func(t *testing.T) {
			sample, ok := samples[form]
			require.True(t, ok, "the form has no sample")
			c := parse(t, sample.yes)
			require.True(t, eval(t, sample.yes, env).True)
			require.False(t, eval(t, sample.no, env).True)
			explanation, err := c.Explain(env)
			require.NoError(t, err)
			require.Equal(t, sample.explanation, explanation)
			require.Equal(t, sample.reads, c.Reads())
			require.Equal(t, sample.size, c.Size(manual))

			// With a Segment, Size goes through the nodes, and does not use the size from parsing.
			size := parse(t, `[`+sample.yes+`, {"inSegment": "s"}]`).Size(manual)
			require.Equal(t, cond.Size{Terms: sample.size.Terms + 1, Depth: max(sample.size.Depth+1, 2)}, size)
		})
	}
}
