package store_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// crowd makes 100 000 Profiles with 1 000 000 events in the last ninety days, or a hundredth of that with -short.
func crowd(b *testing.B) *store.Tx {
	b.Helper()
	profiles, events := 100_000, 1_000_000
	if testing.Short() {
		profiles, events = profiles/100, events/100
	}
	db, err := store.Open(":memory:")
	require.NoError(b, err)
	b.Cleanup(func() { _ = db.Close() })
	draw := rand.New(rand.NewPCG(1, 2))
	id := func(kind int) string {
		return fmt.Sprintf("%08x-%04x-4000-8000-%012x", draw.Uint32(), kind, draw.Uint64N(1<<48))
	}
	tx, err := db.Begin(noon, "org", func() string { return id(1) })
	require.NoError(b, err)
	ids := make([]string, profiles)
	tiers, countries := []string{"gold", "silver", "bronze", "none"}, []string{"DE", "FR", "US", "JP", "BR"}
	for i := range ids {
		ids[i] = id(0)
		p := &store.Profile{
			ID:        ids[i],
			Email:     fmt.Sprintf("p%d@example.com", i),
			CreatedAt: noon.Add(time.Duration(-i) * time.Second),
			Sources:   []string{"api"},
			Properties: fmt.Appendf(nil,
				`{"country":%q,"firstName":"First %d","signedUpAt":%q,"spent":%d,"tags":["a","b%d"],"tier":%q}`,
				countries[draw.IntN(5)], i, noon.Add(-time.Duration(draw.IntN(400*24))*time.Hour).Format(time.RFC3339),
				draw.IntN(1000), draw.IntN(10), tiers[draw.IntN(4)]),
		}
		require.NoError(b, tx.PutProfile(p))
		if i%10 < 3 {
			require.NoError(b, tx.SetSubscription(p.ID, "g-news", []string{"Subscribed", "Unsubscribed"}[i%2], "api"))
		}
		if i%2 == 0 {
			sent := noon.Add(-time.Hour)
			send := &store.EmailSend{ID: tx.NewID(), ProfileID: p.ID, TemplateID: "t1"}
			require.NoError(b, tx.AddSend(send, &store.Message{Seq: i + 1, SentAt: sent}))
			if i%3 > 0 {
				fact := store.Fact{Type: []string{"opened", "clicked"}[i%3-1], Detail: []byte("{}"), At: sent}
				require.NoError(b, tx.AddFact(send, fact))
			}
		}
	}

	names := []string{
		"order.created", "order.paid", "login", "login", "login",
		"page.viewed", "page.viewed", "page.viewed", "page.viewed", "trial.started",
	}
	for i := range events {
		e := store.UserEvent{
			ID:         id(2),
			ProfileID:  ids[draw.IntN(profiles)],
			Event:      names[draw.IntN(len(names))],
			OccurredAt: noon.Add(-90 * 24 * time.Hour / time.Duration(events) * time.Duration(events-i)),
			Data:       fmt.Appendf(nil, `{"currency":"EUR","orderId":"ord_%d","total":%d}`, i, draw.IntN(500)),
		}
		require.NoError(b, tx.PutEvent(&e))
	}
	return tx
}

// BenchmarkCount counts the members of varied Segments as they are now.
func BenchmarkCount(b *testing.B) {
	tx := crowd(b)
	w := &world{
		conditions: map[string]*cond.Cond{"gold": parse(b, `{"$state": "/profile/tier", "eq": "gold"}`)},
		zone:       zone.Load("Europe/Berlin"),
	}
	for _, segment := range []struct{ name, document string }{
		{"everybody", `true`},
		{"property-eq", `{"$state": "/profile/tier", "eq": "gold"}`},
		{"property-in-and-number",
			`[{"$state": "/profile/country", "in": ["DE", "FR"]}, {"$state": "/profile/spent", "gte": 500}]`},
		{"property-missing", `{"$state": "/profile/phone", "exists": false}`},
		{"property-date-within", `{"$state": "/profile/signedUpAt", "within": "P30D"}`},
		{"property-local-date", `{"$state": "/profile/signedUpAt", "after": "2026-05-06"}`},
		{"list-contains", `{"$state": "/profile/tags", "contains": "b3"}`},
		{"performed", `{"performed": {"event": "order.created"}}`},
		{"performed-within", `{"performed": {"event": "login", "within": "P7D"}}`},
		{"performed-thrice", `{"performed": {"event": "login", "count": {"gte": 3}}}`},
		{"performed-prefix", `{"performed": {"event": "order.*", "within": "P30D"}}`},
		{"performed-filter",
			`{"performed": {"event": "order.created", "filter": {"$state": "/event/total", "gte": 450}}}`},
		{"performed-filter-within",
			`{"performed": {"event": "order.*", "filter": {"$state": "/event/total", "gte": 100},
				"within": "P30D", "count": {"gte": 2}}}`},
		{"never-performed", `{"performed": {"event": "order.paid", "count": {"lt": 1}}}`},
		{"received", `{"received": {"event": "opened", "templateId": "t1", "within": "P7D"}}`},
		{"subscribed", `{"subscribed": "news"}`},
		{"nested",
			`[{"inSegment": "gold"}, {"$not": {"performed": {"event": "login", "within": "P14D"}}},
				{"$or": [{"subscribed": "news"}, {"received": {"event": "clicked"}}]}]`},
		{"bucket", `{"bucket": {"percent": 12.5, "salt": "autumn"}}`},
	} {
		b.Run(segment.name, func(b *testing.B) {
			node, count := parse(b, segment.document).Root(), 0
			for b.Loop() {
				var err error
				count, err = tx.CountMembers(node, w)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/count")
			b.ReportMetric(float64(count), "members")
		})
	}
}
