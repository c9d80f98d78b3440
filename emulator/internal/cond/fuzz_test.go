package cond_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// FuzzParse parses documents of every kind. A valid condition keeps its document and
// can be evaluated. Any other document has findings that point into it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		``, `null`, `true`, `[]`, `{}`, `[true, {"$or": [false]}]`, `{"$and": [{"$not": true}], "$or": 1}`, typical,
		`{"$state": "/data/a~1b", "eq": {"$state": "data/0"}, "not": true}`,
		`{"$state": "/data/v", "in": [null, "", 1e400]}`,
		`{"$state": "~", "gt": {"$x": 1}, "within": "P1M"}`, `{"$state": "data/v", "before": 999999999999.5}`,
		`{"performed": {"event": "*", "filter": [{"$state": "/event/x"}], "within": "PT1.5S", "count": {"lt": 1}}}`,
		`{"received": {"event": "sent", "templateId": "t"}}`, `{"inSegment": "s"}`,
		`{"bucket": {"percent": 0.01, "salt": "s"}}`,
		"{\"\xff/~\": {\"\\u0000\": \"\\ud800\"}}", `{"$state": "/data/v", "gte": "-00.10E-5"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		c, findings := cond.ParseJSON(doc)
		if c == nil {
			requirePointingInto(t, doc, findings)
			return
		}
		require.Empty(t, findings)
		raw, err := json.Marshal(c.Raw())
		require.NoError(t, err)
		again := parse(t, string(raw))
		require.Equal(t, c.Raw(), again.Raw())
		require.Equal(t, c.Root(), again.Root())
		require.Equal(t, c.Reads(), again.Reads())

		env := &cond.Env{
			Now:   noon,
			State: given(t, `["x", {"a/b": "2026-06-05"}]`),
			Facts: &person{id: "p", events: did("e", 0, time.Hour)},
		}
		r, err := c.Eval(env)
		require.NoError(t, err)
		require.True(t, r.Until.IsZero() || r.Until.After(noon))
	})
}

// requirePointingInto checks that each finding points to an existing value, or to a
// missing member of an existing object.
func requirePointingInto(t *testing.T, doc []byte, findings []cond.Finding) {
	t.Helper()
	require.NotEmpty(t, findings)
	root, err := cond.Decode(doc)
	for _, f := range findings {
		require.NotEmpty(t, f.Message)
		if err != nil {
			require.Empty(t, f.Path)
			continue
		}
		at, err := cond.ParsePointer("/doc" + f.Path)
		require.NoError(t, err)
		require.Equal(t, "/doc"+f.Path, at.String())
		s := cond.State{"doc": root}
		if _, there := s.Lookup(at); !there {
			parent, _ := s.Lookup(at[:len(at)-1])
			require.IsType(t, map[string]any{}, parent, f.Path)
		}
	}
}

// FuzzOrder compares texts with themselves, whatever they look like.
func FuzzOrder(f *testing.F) {
	for _, seed := range []string{
		"", "P1DT2H", "2026-06-05", "1780660800", "-0.1e-3", "9999999999999999999", "0e99",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if order, ok := cond.Order(s, s); ok {
			require.Zero(t, order)
		}
		require.True(t, cond.Equal(s, s))
	})
}
