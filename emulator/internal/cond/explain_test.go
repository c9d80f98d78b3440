package cond_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestExplainShowsTheRuleAndTheValues(t *testing.T) {
	profile := map[string]any{
		"tier": "gold",
		"home": "gold",
		"card": map[string]any{"number": "4242"},
		"long": strings.Repeat("x", 500),
	}
	env := &cond.Env{
		Now:    time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC),
		State:  cond.State{"profile": profile},
		Hidden: func() []cond.Pointer { return []cond.Pointer{{"profile", "card", "number"}} },
	}

	for _, c := range []struct{ document, want string }{
		{`true`, `always → true`},
		{`{"$state": "/profile/tier", "eq": "silver"}`, `/profile/tier ("gold") eq "silver" → false`},
		{
			`{"$state": "/profile/tier", "eq": {"$state": "/profile/home"}, "not": true}`,
			`/profile/tier ("gold") not eq /profile/home ("gold") → false`,
		},
		{`{"$state": "/profile/none"}`, `/profile/none (missing) truthy → false`},
		{
			`{"$state": "/profile/card/number", "exists": true}`,
			`/profile/card/number ([hidden]) exists true → true`,
		},
		{`{"$state": "/profile/card"}`, `/profile/card ([hidden]) truthy → true`},
		{`{"$state": "/profile/card/number/0"}`, `/profile/card/number/0 ([hidden]) truthy → false`},
		{
			`{"$or": [false, {"$not": false}, {"$state": "/profile/never"}]}`,
			`always → false or not (always → false)`,
		},
		{`[true, false, {"$state": "/profile/never"}]`, `always → true and always → false`},
		{
			`{"performed": {"event": "order.*", "within": "PT1H", "count": {"lt": 1}}}`,
			`performed order.* within 1h0m0s (0) lt 1 → true`,
		},
		{
			`{"received": {"event": "opened", "templateId": "welcome", "within": "PT24H"}}`,
			`received opened of welcome within 24h0m0s → false`,
		},
		{`{"subscribed": "offers"}`, `subscribed offers → false`},
		{`{"inSegment": "gold"}`, `inSegment gold → false`},
		{`{"bucket": {"percent": 12.5, "salt": "s"}}`, `bucket 12.50 % of "s" → false`},
	} {
		parsed, findings := cond.ParseJSON([]byte(c.document))
		require.Empty(t, findings, c.document)
		got, err := parsed.Explain(env)
		require.NoError(t, err)
		require.Equal(t, c.want, got, c.document)
	}
	long, _ := cond.ParseJSON([]byte(`[` + strings.Repeat(`{"$state": "/profile/long"},`, 100) + `true]`))
	got, err := long.Explain(env)
	require.NoError(t, err)
	require.Less(t, len(got), 700)
}
