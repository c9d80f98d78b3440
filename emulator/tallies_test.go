package emulator_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// talliedSegments are Segments that count the events of a person who has many of them. The counts are kept.
func talliedSegments() (definitions []string) {
	const filtered = `{"performed": {"event": "e", "filter": %s%s, "count": {%s}}}`
	filters := []string{
		`{"$state": "/event/n", "gt": 2}`,
		`{"$state": "/event/n", "eq": {"$state": "/profile/n"}}`,
		`{"$or": [{"$state": "/event/n", "eq": 1}, {"$not": {"$state": "/event/none", "exists": false}}]}`,
		`{"performed": {"event": "other", "count": {"gte": 2}}}`,
		`[{"inSegment": "s0"}, {"$state": "/event/n", "lt": 3}]`,
		`{"$state": "/event/at", "within": "PT1H"}`,
	}
	shares := []int{2, 1, 1, 5, 3, 5} // fifths of the events that pass
	for i, filter := range filters {
		for j, count := range []string{`"gte": %d`, `"lte": %d`, `"eq": %d`, `"lt": %d`, `"gt": %d`} {
			within, most := "", 40
			if (i+j)%2 == 1 {
				within, most = `, "within": "PT20M"`, 20
			}
			bound := fmt.Sprintf(count, most*shares[i]/5+1) // one more than there are at first
			definitions = append(definitions, fmt.Sprintf(filtered, filter, within, bound))
		}
	}
	return append(definitions,
		`{"$not": {"performed": {"event": "*", "within": "PT10M", "count": {"gte": 4}}}}`,
		`{"$or": [{"inSegment": "s2"}, [{"inSegment": "s7"}, {"$not": {"inSegment": "s1"}}]]}`)
}

// TestKeptCountsOfEventsAreThoseOfAllEvents does random things to people with many events. After each, the known
// members of the Segments must be those that a count of all events finds.
func TestKeptCountsOfEventsAreThoseOfAllEvents(t *testing.T) {
	people := []string{"a@example.com", "b@example.com"}
	seed, segments := emulator.Seed{}, talliedSegments()
	for i, definition := range segments {
		key := fmt.Sprintf("s%d", i)
		var document any
		require.NoError(t, json.Unmarshal([]byte(definition), &document))
		seed.Segments = append(seed.Segments, emulator.SeedSegment{Key: key, Definition: document})
		seed.Journeys = append(seed.Journeys, journeyDocument(t, fmt.Sprintf(`{"key": "j%d", "status": "Active",
			"entry": {"type": "segment", "segment": %q}, "start": "x",
			"nodes": [{"id": "x", "type": "exit"}]}`, i, key)))
	}
	for _, email := range people {
		seed.Profiles = append(seed.Profiles, emulator.SeedProfile{Email: email})
		for i := range 40 {
			seed.Events = append(seed.Events, emulator.SeedEvent{Key: email + fmt.Sprint(i), Event: "e", Profile: email,
				OccurredAt: fmt.Sprintf("-PT%dM", i), Data: map[string]any{"n": i % 5}})
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		emu, err := emulator.New(emulator.WithSeed(seed))
		require.NoError(t, err)
		defer func() { require.NoError(t, emu.Close()) }()
		for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
			talliedAct(t, emu, rapid.SampledFrom(people).Draw(t, "who"))
			for i := range segments {
				for _, email := range people {
					known, counted, err := emu.Membership(emu.ID("segment", fmt.Sprintf("s%d", i)), email)
					require.NoError(t, err)
					require.Equal(t, counted, known, "step %d: %s in %s", step, email, segments[i])
				}
			}
		}
	})
}

func talliedAct(t *rapid.T, emu *emulator.Emulator, email string) {
	ctx, client := t.Context(), emu.Client()
	n := rapid.IntRange(0, 4).Draw(t, "n")
	act := rapid.SampledFrom([]string{
		"track", "track", "other", "past", "advance", "property", "delete", "fail", "seed", "segment",
	}).Draw(t, "act")
	event := &segmentflow.TrackEventParams{
		Event:   "e",
		Profile: segmentflow.ProfileIdentity{Email: email},
		Data:    map[string]any{"n": n, "at": emu.Now().Format(time.RFC3339)},
	}
	switch act {
	case "advance":
		emu.Advance(time.Duration(rapid.IntRange(1, 3_000_000).Draw(t, "ms")) * time.Millisecond)
		return
	case "delete":
		if p := emu.Profiles().Email(email).Last(); p != nil {
			require.NoError(t, client.Profiles.Delete(ctx, p.ID))
		}
		return
	case "fail":
		require.ErrorContains(t, emu.Undo("e", email, n), "undone")
		return
	case "seed":
		require.NoError(t, emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: email}},
			Events: []emulator.SeedEvent{{Key: fmt.Sprint("again", n, email), Event: "e", Profile: email,
				Data: map[string]any{"n": n}, OccurredAt: fmt.Sprintf("-PT%dM", n)}}}))
		return
	case "segment":
		definition := map[string]any{"performed": map[string]any{
			"event":  "e",
			"count":  map[string]any{"gte": 30 + n},
			"filter": map[string]any{"$state": "/event/n", "gt": 0},
		}}
		require.NoError(t, emu.Seed(emulator.Seed{
			Segments: []emulator.SeedSegment{{Key: "s0", Definition: definition}},
		}))
		return
	case "other":
		event.Event = "other"
	case "past":
		event.OccurredAt = emu.Now().Add(time.Duration(rapid.IntRange(-40, 40).Draw(t, "minutes")) * time.Minute)
	case "property":
		event.Profile.Properties = map[string]any{"n": n}
	}
	_, err := client.Events.Track(ctx, event)
	require.NoError(t, err)
}
