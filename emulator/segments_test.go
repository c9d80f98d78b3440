package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// segmentPage is a reply of listSegments, with the names of its Segments.
type segmentPage struct {
	names          []any
	next, previous any
}

func listSegments(t *testing.T, emu *emulator.Emulator, query string) segmentPage {
	t.Helper()
	reply := call(t, emu, "GET", "/api/v1/segments"+query, "").json(t)
	page := segmentPage{[]any{}, reply["nextCursor"], reply["previousCursor"]}
	for _, s := range reply["segments"].([]any) {
		page.names = append(page.names, s.(map[string]any)["name"])
	}
	return page
}

// segmentsNamed returns a seed of Segments that contain every Profile. The first name is that of the oldest Segment.
func segmentsNamed(names ...string) emulator.Seed {
	seed := emulator.Seed{}
	for i, name := range names {
		seed.Segments = append(seed.Segments, emulator.SeedSegment{
			ID:         fmt.Sprintf("00000000-0000-4000-8000-%012d", i),
			Key:        name,
			Definition: json.RawMessage("true"),
		})
	}
	return seed
}

func TestSegmentsArePagedNewestFirstInBothDirections(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday), emulator.WithSeed(segmentsNamed("a", "b")))
	emu.Advance(1e6)
	require.NoError(t, emu.Seed(segmentsNamed("a", "b", "c", "d", "e")))

	first := listSegments(t, emu, "?limit=2")
	require.Equal(t, segmentPage{[]any{"e", "d"}, first.next, nil}, first)
	second := listSegments(t, emu, fmt.Sprint("?limit=2&cursor=", first.next))
	require.Equal(t, []any{"c", "b"}, second.names)
	third := listSegments(t, emu, fmt.Sprint("?limit=2&cursor=", second.next))
	require.Equal(t, segmentPage{[]any{"a"}, nil, third.previous}, third)

	back := listSegments(t, emu, fmt.Sprint("?limit=2&cursor=", third.previous))
	require.Equal(t, second, back)
	back = listSegments(t, emu, fmt.Sprint("?limit=1&cursor=", back.previous))
	require.Equal(t, []any{"d"}, back.names)
	back = listSegments(t, emu, fmt.Sprint("?limit=1&cursor=", back.previous))
	require.Equal(t, segmentPage{[]any{"e"}, back.next, nil}, back)
	require.Equal(t, segmentPage{[]any{"e", "d", "c", "b", "a"}, nil, nil}, listSegments(t, emu, ""))
}

func TestACursorStaysValidWhileSegmentsAreAdded(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday), emulator.WithSeed(segmentsNamed("a", "b", "c")))
	first := listSegments(t, emu, "?limit=1")
	emu.Advance(1e9)
	require.NoError(t, emu.Seed(segmentsNamed("a", "b", "c", "d")))
	require.Equal(t, []any{"b"}, listSegments(t, emu, fmt.Sprint("?limit=1&cursor=", first.next)).names)
}

func TestAnInvalidCursorIsRefused(t *testing.T) {
	emu := emulator.Start(t)
	for _, cursor := range []string{
		"x", "c2VnbWVudHM", "cHJvZmlsZXMgbmV4dCAxIGE", "c2VnbWVudHMgbmV4dCB4IGE", "c2VnbWVudHMgdXAgMSBh",
	} {
		refused := call(t, emu, "GET", "/api/v1/segments?cursor="+cursor, "")
		require.Equal(t, 400, refused.status, cursor)
		require.Equal(t, []string{"query /cursor format"}, refused.issues(t), cursor)
	}
}

// tiers returns three Profiles. Two are gold, and the Manual Segment lists one of these.
func tiers() emulator.Seed {
	return emulator.Seed{
		Profiles: []emulator.SeedProfile{
			{Email: "ann@example.com", Properties: map[string]any{"tier": "gold"}},
			{Email: "bob@example.com", Properties: map[string]any{"tier": "silver"}},
			{Email: "cat@example.com", Properties: map[string]any{"tier": "gold"}},
		},
		Segments: []emulator.SeedSegment{
			{Key: "gold", Name: "Gold members", Definition: map[string]any{"$state": "/profile/tier", "eq": "gold"}},
			{Key: "chosen", Members: []string{"bob@example.com"}},
			{
				Key:        "buyers",
				Definition: map[string]any{"performed": map[string]any{"event": "order.created", "within": "P1D"}},
			},
		},
	}
}

// preview counts a Segment and lists the emails of its first members.
func preview(t *testing.T, emu *emulator.Emulator, key, body string) (count any, emails []any) {
	t.Helper()
	reply := call(t, emu, "POST", "/api/v1/segments/"+emu.ID("segment", key)+"/preview", body)
	require.Equal(t, 200, reply.status, reply.body)
	require.Equal(t, emu.Now().UTC().Format("2006-01-02T15:04:05.000Z"), reply.json(t)["asOf"])
	for _, p := range reply.json(t)["profiles"].([]any) {
		emails = append(emails, p.(map[string]any)["email"])
	}
	return reply.json(t)["count"], emails
}

func TestAPreviewIsLive(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday), emulator.WithSeed(tiers()))
	count, emails := preview(t, emu, "gold", "")
	require.EqualValues(t, 2, count)
	require.ElementsMatch(t, []any{"ann@example.com", "cat@example.com"}, emails)
	count, emails = preview(t, emu, "gold", `{"limit": 1}`)
	require.EqualValues(t, 2, count)
	require.Len(t, emails, 1)
	count, emails = preview(t, emu, "chosen", "{}")
	require.EqualValues(t, 1, count)
	require.Equal(t, []any{"bob@example.com"}, emails)

	tracked := call(t, emu, "POST", "/api/v1/events",
		`{"event": "order.created", "profile": {"email": "bob@example.com", "properties": {"tier": "gold"}}}`,
		"Idempotency-Key", "1")
	require.Equal(t, 200, tracked.status)
	count, _ = preview(t, emu, "gold", "")
	require.EqualValues(t, 3, count)
	emu.Advance(24 * time.Hour)
	count, emails = preview(t, emu, "buyers", "")
	require.EqualValues(t, 1, count, "both ends of a window are included")
	require.Equal(t, []any{"bob@example.com"}, emails)
	emu.Advance(time.Millisecond)
	count, _ = preview(t, emu, "buyers", "")
	require.EqualValues(t, 0, count)
}

func TestARetrievedSegmentShowsItsCondition(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday), emulator.WithSeed(tiers()))
	path := "/api/v1/segments/" + emu.ID("segment", "gold")
	require.Equal(t,
		map[string]any{
			"id":         emu.ID("segment", "gold"),
			"name":       "Gold members",
			"type":       "Dynamic",
			"definition": map[string]any{"$state": "/profile/tier", "eq": "gold"},
			"createdAt":  "2026-03-02T09:00:00.000Z",
			"updatedAt":  "2026-03-02T09:00:00.000Z",
		},
		call(t, emu, "GET", path, "").json(t))
	manual := call(t, emu, "GET", "/api/v1/segments/"+emu.ID("segment", "chosen"), "").json(t)
	require.Equal(t, "Manual", manual["type"])
	require.Nil(t, manual["definition"])
}

func TestAForeignSegmentIsNotFound(t *testing.T) {
	const foreign = "22222222-2222-4222-8222-222222222222"
	emu := emulator.Start(t, emulator.WithSeed(emulator.Seed{Organizations: []emulator.Seed{{
		Organization: emulator.SeedOrganization{ID: "11111111-1111-4111-8111-111111111111", Name: "Other"},
		APIKeys:      []emulator.SeedAPIKey{{Key: "sk_other", Scopes: []string{"segments:read"}}},
		Segments:     []emulator.SeedSegment{{Key: "all", ID: foreign, Definition: true}},
	}}}))
	require.Equal(t, 200, call(t, emu, "GET", "/api/v1/segments/"+foreign, "", "x-api-key", "sk_other").status)
	require.Equal(t, 404, call(t, emu, "GET", "/api/v1/segments/"+foreign, "").status)
	require.Equal(t, 404, call(t, emu, "POST", "/api/v1/segments/"+foreign+"/preview", "").status)
	require.Empty(t, listSegments(t, emu, "").names)
}

func TestAnInvalidSegmentIsRefusedWithAllProblems(t *testing.T) {
	emu := emulator.Start(t)
	refused := call(t, emu, "POST", "/_emulator/seed", `{"segments": [
		{"key": "a", "definition": [{"$state": "/profile/x", "gt": "many"},
			{"performed": {"event": "a*b", "within": "P1M"}}, {"$or": []}]},
		{"key": "b", "definition": [{"inSegment": "none"}, {"subscribed": "none"},
			{"received": {"event": "opened", "templateId": "none"}}]},
		{"key": "c", "definition": {"inSegment": "d"}}, {"key": "d", "definition": {"$not": {"inSegment": "c"}}}]}`)
	require.Equal(t, 400, refused.status, refused.body)
	var paths []string
	for _, issue := range refused.issues(t) {
		paths = append(paths, strings.Fields(issue)[1])
	}
	require.Equal(t, []string{
		"/segments/0/definition/0/gt",
		"/segments/0/definition/1/performed/event",
		"/segments/0/definition/1/performed/within",
		"/segments/0/definition/2/$or",
		"/segments/1/definition/0/inSegment",
		"/segments/1/definition/1/subscribed",
		"/segments/1/definition/2/received/templateId",
		"/segments/2/definition",
	}, paths)
	require.Empty(t, listSegments(t, emu, "").names)
}
