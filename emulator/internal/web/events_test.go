package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func track(b browser, event, email string, data map[string]any) *segmentflow.TrackedEvent {
	b.Helper()
	result, err := b.emu.Client().Events.Track(b.Context(), &segmentflow.TrackEventParams{
		Event:       event,
		Profile:     segmentflow.ProfileIdentity{Email: email},
		Data:        data,
		ReferenceID: "ref of " + event,
	}, segmentflow.WithIdempotencyKey(event+" of "+email))
	require.NoError(b, err)
	return result
}

func TestTheListOfEventsTeachesTheCallThatFillsIt(t *testing.T) {
	page := open(t).page("/dashboard/events")
	require.Contains(t, page, "client.Events.Track(ctx")
	require.Contains(t, page, "curl "+origin+"/api/v1/events")
	require.NotContains(t, page, "<table")
}

func TestEventsAreFoundByNameProfileAndReference(t *testing.T) {
	b := people(t)
	track(b, "trial.started", "bruno@example.com", map[string]any{"plan": "Pro", "trialId": "t1"})
	track(b, "trial.started", "alex@example.com", map[string]any{"plan": "Free", "trialId": "t2"})
	page := b.page("/dashboard/events")
	require.Equal(t, 4, strings.Count(page, "<tr>\n<td>"))
	require.Contains(t, page, `<option value="order.created">`)
	require.Contains(t, page, `<option value="password_reset.requested">`, "a Journey starts with it")
	shown := text(page)
	require.Contains(t, shown, `now trial.started alex@example.com {&#34;plan&#34;:&#34;Free&#34;,&#34;trialId&#34;:`+
		`&#34;t2&#34;} trial-onboarding: skipped, filter`)
	require.Contains(t, shown, "trial-onboarding: enrolled")
	require.Contains(t, shown, "from a seed")

	for query, want := range map[string]int{
		"name=trial.started":                             2,
		"profile=BRUNO@example.com":                      2,
		"profile=cus_124&name=order.created":             1,
		"reference=ref+of+trial.started":                 2,
		"profile=cus_124&reference=ref+of+trial.started": 1,
		"profile=cus_125":                                0,
		"name=trial":                                     0,
		"profile=11111111-1111-4111-8111-111111111111":   0,
	} {
		page := b.page("/dashboard/events?" + query)
		require.Equal(t, want, strings.Count(page, "<tr>\n<td>"), query)
	}
	require.Contains(t, b.page("/dashboard/events?profile=nobody"), "No Profile has this email, externalId or id.")
	for _, before := range []string{"x", "-1", "0", "1.5"} {
		status, page := b.get("/dashboard/events?before=" + before)
		require.Equal(t, 400, status, before)
		require.Contains(t, page, "No page of the list begins")
	}
}

func TestEventsArePaged(t *testing.T) {
	b := open(t)
	for i := range 103 {
		track(b, fmt.Sprintf("seen.%03d", i), "alex@example.com", nil)
	}
	seen, pages := map[string]bool{}, 0
	for path := "/dashboard/events"; path != ""; pages++ {
		page := b.page(path)
		_, list, _ := strings.Cut(page, `id="events-list"`)
		for i := range 103 {
			if name := fmt.Sprintf(">seen.%03d<", i); strings.Contains(list, name) {
				require.False(t, seen[name])
				seen[name] = true
			}
		}
		path = ""
		if strings.Contains(page, `rel="next"`) {
			path = older(b, page)
		}
	}
	require.Len(t, seen, 103)
	require.Equal(t, 3, pages)
}

func TestThePageOfAnEventSaysWhatCameOfIt(t *testing.T) {
	b := people(t)
	result := track(b, "trial.started", "bruno@example.com", map[string]any{"plan": "Pro", "trialId": "t1"})
	track(b, "another", "bruno@example.com", nil)
	page := b.page("/dashboard/events/" + strings.ToUpper(result.EventID))
	shown := text(page)
	for _, want := range []string{
		"Profile bruno@example.com",
		"Occurred at the same time",
		"referenceId ref of trial.started",
		"Idempotency key trial.started of bruno@example.com",
		"trial-onboarding enrolled its run filter: /event/plan (&#34;Pro&#34;) in",
		"{ &#34;plan&#34;: &#34;Pro&#34;, &#34;trialId&#34;: &#34;t1&#34; }",
		"UserEvent trial.started of bruno@example.com",
	} {
		require.Contains(t, shown, want)
	}
	require.Regexp(t, `<a href="/dashboard/requests/req_[0-9a-f]+">`, page)

	b.emu.Advance(time.Hour)
	bought, err := b.emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
		Event:             "plan.purchased",
		Profile:           segmentflow.ProfileIdentity{Email: "bruno@example.com"},
		Data:              map[string]any{"trialId": "t1", "card": "4111", "list": []any{map[string]any{"pin": 1}}},
		RedactedDataPaths: []string{"/event/card"},
	})
	require.NoError(t, err)
	shown = text(b.page("/dashboard/events/" + bought.EventID))
	require.Contains(t, shown, "&#34;card&#34;: &#34;[redacted]&#34;")
	require.Contains(t, shown, "were replaced before anything was stored")
	require.Contains(t, shown, "No Journey that starts with this event was Active")
	require.Contains(t, shown, "trial-onboarding : the run ended: exit_rule:converted, because of an event plan.purch")

	_, raw := b.get("/dashboard/events/" + bought.EventID + "/data")
	require.JSONEq(t, `{"card": "[redacted]", "list": [{"pin": 1}], "trialId": "t1"}`, raw)
	require.Contains(t, raw, "\n  \"list\": [\n")
	for _, path := range []string{"none", "none/data", "11111111-1111-4111-8111-111111111111"} {
		status, _ := b.get("/dashboard/events/" + path)
		require.Equal(t, 404, status, path)
	}
}

// waitsForOrder is a Journey whose runs wait for an event.
const waitsForOrder = `
journeys:
  - {key: waits, status: Active, entry: {type: event, event: came}, start: w, nodes: [
      {id: w, type: waitFor, branches: [{id: ordered, event: "order.*", next: x}], timeout: P1D, timeoutNext: x},
      {id: x, type: exit}]}
`

func TestThePageOfAnEventNamesTheRunsThatWaitedForIt(t *testing.T) {
	seed, err := emulator.ParseSeed([]byte(waitsForOrder))
	require.NoError(t, err)
	b := open(t, emulator.WithSeed(seed))
	track(b, "came", "alex@example.com", nil)
	b.emu.Advance(time.Minute)
	other := track(b, "paid", "alex@example.com", nil)
	ordered := track(b, "order.created", "alex@example.com", nil)
	require.Contains(t, text(b.page("/dashboard/events/"+ordered.EventID)),
		"waits : the run stopped waiting at w and took ordered , because of an event order.*")
	require.NotContains(t, b.page("/dashboard/events/"+other.EventID), "Runs that moved on")
}

func TestASeededEventSaysThatNoJourneyIsEvaluated(t *testing.T) {
	b := people(t)
	page := b.page("/dashboard/events?name=order.created&profile=cus_123")
	_, rest, _ := strings.Cut(page, `<a href="/dashboard/events/`)
	id, _, _ := strings.Cut(rest, `"`)
	shown := text(b.page("/dashboard/events/" + id))
	require.Contains(t, shown, "history from a seed, for which no Journey is evaluated")
	require.Contains(t, shown, "none: a seed has this event")
	require.Contains(t, shown, "Occurred 10 days ago")
}

func TestHostileContentOfAnEventIsInert(t *testing.T) {
	b := open(t)
	name := breaking + strings.Repeat("n", 150)
	result := track(b, name, "h@example.com", map[string]any{
		breaking: breaking, "url": "javascript:alert(1)", "long": strings.Repeat("<b>", 30_000),
		"id": "00000000-0000-4000-8000-000000000000",
	})
	paths := []string{
		"/dashboard/events", "/dashboard/events/" + result.EventID,
		"/dashboard/events?name=" + url.QueryEscape(name), "/dashboard/people/h@example.com",
	}
	for _, path := range paths {
		page := b.page(path)
		inert(b, page)
		require.Less(t, len(page), 300_000, path)
	}
	page := b.page(paths[1])
	require.Contains(t, page, "The payload is cut here.")
	require.Contains(t, page, `<a href="/dashboard/find/00000000-0000-4000-8000-000000000000">`)
	_, header, _ := b.fetch(paths[1] + "/data")
	require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"))
}
