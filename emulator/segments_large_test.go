package emulator_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// A large world counts the members of a Segment in other ways than a small one. TestASegmentOfManyProfilesIsCounted
// compares them with what is plain from the seed, before and after an event.
func TestASegmentOfManyProfilesIsCounted(t *testing.T) {
	const people = 3000
	tiers := []string{"gold", "plain"}
	var seed emulator.Seed
	for i := range people {
		email := fmt.Sprintf("p%d@example.com", i)
		seed.Profiles = append(seed.Profiles,
			emulator.SeedProfile{Email: email, Properties: map[string]any{"n": i, "tier": tiers[i%2]}})
		for k := range i % 3 {
			seed.Events = append(seed.Events, emulator.SeedEvent{Event: "order.created", Profile: email,
				Data: map[string]any{"total": 100 * k}})
		}
	}
	segments := []struct {
		key, definition string
		count, after    int // after 3 000 people, and after the first of them has ordered for 500
	}{
		{"buyers", `{"performed": {"event": "order.created"}}`, 2000, 2001},
		{"twice", `{"performed": {"event": "order.*", "count": {"gte": 2}}}`, 1000, 1000},
		{"none", `{"performed": {"event": "order.created", "count": {"lt": 1}}}`, 1000, 999},
		{"costly", `{"performed": {"event": "order.created", "filter": {"$state": "/event/total", "gte": 100}}}`,
			1000, 1001},
		{"gold-or-buyers", `{"$or": [{"$state": "/profile/tier", "eq": "gold"}, {"inSegment": "buyers"}]}`, 2500, 2500},
		{"low-not-buyers", `[{"$state": "/profile/n", "lt": 300}, {"$not": {"inSegment": "buyers"}}]`, 100, 99},
		{"nobody", `{"performed": {"event": "trial.started"}}`, 0, 0},
	}
	for _, segment := range segments {
		seed.Segments = append(seed.Segments, emulator.SeedSegment{Key: segment.key, Name: segment.key,
			Definition: json.RawMessage(segment.definition)})
	}
	emu := emulator.Start(t, emulator.WithSeed(seed))
	client := emu.Client()
	count := func(key string) int {
		preview, err := client.Segments.Preview(t.Context(), emu.ID("segment", key), nil)
		require.NoError(t, err)
		return preview.Count
	}
	for _, segment := range segments {
		require.Equal(t, segment.count, count(segment.key), segment.key)
	}
	_, err := client.Events.Track(t.Context(), &segmentflow.TrackEventParams{Event: "order.created",
		Profile: segmentflow.ProfileIdentity{Email: "p0@example.com"}, Data: map[string]any{"total": 500}})
	require.NoError(t, err)
	for _, segment := range segments {
		require.Equal(t, segment.after, count(segment.key), segment.key)
	}
}
