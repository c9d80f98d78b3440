package cond_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// typical is a typical condition of an audience.
const typical = `[
	{"$state": "/profile/tier", "in": ["pro", "team"]},
	{"$state": "/profile/lastSeenAt", "within": "P30D"},
	{"$or": [{"$state": "/profile/seats", "gte": 5}, {"$state": "/profile/country", "neq": "DE"}]},
	{"performed": {"event": "order.*", "filter": {"$state": "/event/total", "gt": 50}, "within": "P90D",
		"count": {"gte": 2}}},
	{"$not": {"received": {"event": "sent", "templateId": "win-back", "within": "P7D"}}},
	{"subscribed": "news"},
	{"bucket": {"percent": 100, "salt": "win-back"}}
]`

func BenchmarkParse(b *testing.B) {
	raw := []byte(typical)
	b.ReportAllocs()
	for b.Loop() {
		if _, findings := cond.ParseJSON(raw); len(findings) > 0 {
			b.Fatal(findings)
		}
	}
}

func BenchmarkEvalTypical(b *testing.B) {
	who := &person{
		id:     someone,
		groups: map[string]bool{"news": true},
		mail:   []fact{{kind: "sent", key: "win-back", at: noon.Add(-30 * day)}},
	}
	for i := range 20 {
		who.events = append(who.events, cond.Event{
			Name:       "order.paid",
			OccurredAt: noon.Add(-time.Duration(i) * day),
			Data:       value(b, `{"total": 51}`),
		})
	}
	benchmarkEval(b, typical, &cond.Env{
		Now:   noon,
		Facts: who,
		State: state(b, `{"profile": {
			"tier": "pro", "lastSeenAt": "2026-06-01T10:00:00Z", "seats": 12, "country": "FR"
		}}`),
	})
}

func BenchmarkEvalComparison(b *testing.B) {
	benchmarkEval(b, `{"$state": "/event/plan", "eq": "pro"}`,
		&cond.Env{Now: noon, State: state(b, `{"event": {"plan": "pro"}}`)})
}

func benchmarkEval(b *testing.B, doc string, env *cond.Env) {
	b.Helper()
	c := parse(b, doc)
	r, err := c.Eval(env)
	require.NoError(b, err)
	require.True(b, r.True)
	b.ReportAllocs()
	for b.Loop() {
		if who, ok := env.Facts.(*person); ok {
			who.since = who.since[:0]
		}
		if _, err := c.Eval(env); err != nil {
			b.Fatal(err)
		}
	}
}
