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

// journeyOf is a Journey of a seed from its JSON document.
func journeyOf(t *testing.T, doc string) emulator.Option {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(`{"journeys": [` + doc + `]}`))
	require.NoError(t, err)
	return emulator.WithSeed(seed)
}

// track tracks an event of a Profile, and returns the id of the Profile.
func (b browser) track(event, email string, data map[string]any) string {
	b.Helper()
	tracked, err := b.emu.Client().Events.Track(b.Context(), &segmentflow.TrackEventParams{
		Event: event, Profile: segmentflow.ProfileIdentity{Email: email}, Data: data,
	})
	require.NoError(b, err)
	return tracked.ProfileID
}

// namedTrial tracks the event that starts the trial of acme.
func (b browser) namedTrial(email, id string) {
	b.Helper()
	b.track("trial.started", email, map[string]any{"plan": "Pro", "trialId": id})
}

// journey returns the path of the page of a Journey.
func (b browser) journey(key string) string { return "/dashboard/journeys/" + b.emu.ID("journey", key) }

func TestTheListOfJourneysCountsTheirRuns(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.namedTrial("alex@example.com", "t1")
	b.namedTrial("new@example.com", "t2")
	b.track("plan.purchased", "new@example.com", map[string]any{"trialId": "t2"})
	page := b.page("/dashboard/journeys")
	require.Contains(t, text(page), "Trial onboarding trial-onboarding version 1 Active "+
		"an event “trial.started” starts a run 1 0 1 0")
	require.Contains(t, text(page), "loyalty-upgrade version 1 Active a call of the API starts a run 0 0 0 0")
	require.Contains(t, page, `href="`+b.journey("trial-onboarding")+`"`)

	b.emu.Advance(72 * time.Hour)
	require.Contains(t, text(b.page("/dashboard/journeys")), "starts a run 0 1 1 0")
}

func TestAnEmptyListOfJourneysTeachesHowToSeedOne(t *testing.T) {
	b := open(t)
	require.Contains(t, text(b.page("/dashboard/journeys")),
		"There is no Journey. A seed defines them: journeys: - key:")
	require.Contains(t, text(b.page("/dashboard/segments")),
		"There is no Segment. A seed defines them: segments: - key:")
	require.Contains(t, text(b.page("/dashboard/runs")), "No run matches. client.Journeys.Trigger starts one")
	for _, list := range []string{"Journeys", "Segments"} {
		page := text(b.page("/dashboard/" + strings.ToLower(list) + "?before=zzz"))
		require.Contains(t, page, "There are no more "+list+". Show the first ones")
		require.NotContains(t, page, "A seed defines them")
	}
}

func TestAJourneyIsDrawnWithItsCounts(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	empty := text(b.page(b.journey("trial-onboarding")))
	require.Contains(t, empty, `No run has begun. This call starts one: client.Events.Track(ctx, `)
	require.Contains(t, empty, "0 %")
	require.Contains(t, text(b.page(b.journey("loyalty-upgrade"))),
		`client.Journeys.Trigger(ctx, &#34;loyalty-upgrade&#34;`)

	b.namedTrial("alex@example.com", "t1")
	page := b.page(b.journey("trial-onboarding"))
	words := text(page)
	require.Contains(t, words, "1 begun 1 under way 0 completed 0 exited 0 failed")
	require.Contains(t, words, "only if this is true: the event&#39;s plan is one of “Pro”, “Team”")
	require.Contains(t, words, "2 wait delay · waits 3 days reached 1×, 1 is here")
	require.Contains(t, words, "wait delay waits 3 days Reached 1×; 1 run is here now . elapsed → tier never")
	require.Contains(t, words, "sent 1× → wait")
	require.Contains(t, words, "takes the first path that is true: “gold”: the Profile&#39;s tier is “gold”")
	require.Contains(t, words, "“converted”: an event “plan.purchased” with the key of the run, "+
		"of which this is true: "+
		"the event&#39;s trialId exists (no run has exited by it)")
	require.Contains(t, words, "have reached 3 of ")
	require.Contains(t, words, "node tier (branch)")
	require.NotContains(t, words, "node wait (delay)")
	require.Contains(t, words, "the first version 1 1")

	standing := "/dashboard/runs?" + url.Values{"journey": {b.emu.ID("journey", "trial-onboarding")},
		"node": {"wait"}, "status": {"underway"}, "version": {"1"}}.Encode()
	require.Contains(t, page, strings.ReplaceAll(standing, "&", "&amp;"))
	require.Contains(t, text(b.page(standing)), "trial-onboarding version 1 alex@example.com running wait in 3 days")

	b.track("plan.purchased", "alex@example.com", map[string]any{"trialId": "t1"})
	words = text(b.page(b.journey("trial-onboarding")))
	require.Contains(t, words, "1 begun 0 under way 0 completed 1 exited 0 failed")
	require.Contains(t, words, "the event&#39;s trialId exists (1 run has exited by it)")
	require.NotContains(t, words, "is here")
	require.Contains(t, text(b.page(standing)), "No run matches.")
}

func TestAPageOfAJourneyMarksThePathOfARun(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.namedTrial("alex@example.com", "t1")
	b.emu.Advance(72 * time.Hour)
	b.namedTrial("new@example.com", "t2")
	run := b.emu.Runs("trial-onboarding").All()[0].RunID
	page := b.page(b.journey("trial-onboarding") + "?run=" + run)
	require.Contains(t, text(page), "with the path of the run "+run)
	require.Equal(t, 9, strings.Count(page, `<g class="walked">`), "entry, four nodes, and the arcs before and between")
	require.Contains(t, text(page), "done exit ● the run is here")
	require.Contains(t, text(page), "gold 1× → done the run’s way")
	require.Contains(t, text(page), "reminder email sends an email from the Template “trial-reminder”")

	status, _ := b.get(b.journey("loyalty-upgrade") + "?run=" + run)
	require.Equal(t, 404, status, "the run is of another Journey")
}

func TestAPageOfAJourneyMarksTheOneReasonWhyAnEmailWasSkipped(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.namedTrial("bruno@example.com", "t1") // who has unsubscribed
	run := b.emu.Runs("trial-onboarding").Last().RunID
	words := text(b.page(b.journey("trial-onboarding") + "?run=" + run))
	require.Contains(t, words, "skipped: unsubscribed 1× → wait the run’s way")
	require.Contains(t, words, "skipped: suppressed → wait never")
}

func TestAKeyLeadsToTheJourney(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	byKey := "/dashboard/journeys/trial-onboarding?version=1"
	response, page := b.do("GET", byKey, nil)
	require.Equal(t, 200, response.StatusCode, page)
	require.Equal(t, b.journey("trial-onboarding")+"?version=1", response.Request.URL.RequestURI())
	for _, path := range []string{"/dashboard/journeys/nope", b.journey("trial-onboarding") + "?version=2",
		b.journey("trial-onboarding") + "?version=x", b.journey("trial-onboarding") + "?run=x",
		b.journey("trial-onboarding") + "/definition?version=0", "/dashboard/journeys/nope/archive"} {
		status, _ := b.get(path)
		require.Equal(t, 404, status, path)
	}
	require.Contains(t, b.page(b.journey("trial-onboarding")+"/definition"), `"event": "trial.started"`)
}

func TestOlderVersionsStayWithTheirRuns(t *testing.T) {
	doc := `{"key": "j", "status": "Active", "entry": {"type": "event", "event": "go"}, "start": "a",
		"nodes": [{"id": "a", "type": "delay", "for": "P1D", "next": "b"}, {"id": "b", "type": "exit"}]}`
	b := open(t, journeyOf(t, doc))
	b.track("go", "a@example.com", nil)
	changed := strings.NewReplacer(`"go"`, `"begin"`, `"P1D"`, `"P2D"`, `"b"}`, `"c"}`,
		`{"id": "b", "type": "exit"}`, `{"id": "c", "type": "delay", "for": "P1D", "next": "d"},
			{"id": "d", "type": "exit"}`).Replace(doc)
	seed, err := emulator.ParseSeed([]byte(`{"journeys": [` + changed + `]}`))
	require.NoError(t, err)
	require.NoError(t, b.emu.Seed(seed))

	words := text(b.page(b.journey("j")))
	require.Contains(t, words, "2 3 2 nodes added, 1 node removed, 1 node changed 0 0 1 2 the first version 1 1")
	require.Contains(t, words, "1 begun 1 under way")
	require.Contains(t, words, "waits 2 days")
	old := text(b.page(b.journey("j") + "?version=1"))
	require.Contains(t, old, "version 1 of 2")
	require.Contains(t, b.page(b.journey("j")), `href="/dashboard/events?name=begin"`)
	require.Contains(t, b.page(b.journey("j")+"?version=1"), `href="/dashboard/events?name=go"`)
	require.Contains(t, old, "waits 1 day Reached 1×; 1 run is here now")
}

func TestAJourneyIsPausedResumedAndArchived(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.namedTrial("alex@example.com", "t1")
	path := b.journey("trial-onboarding")
	change := func(status string) string {
		code, page := b.post(path+"/status", url.Values{"status": {status}})
		require.Equal(t, 200, code, page)
		return text(page)
	}
	require.Contains(t, change("Paused"), "Trial onboarding Paused. Paused trial-onboarding version 1")
	require.Contains(t, change("Paused"), "Trial onboarding The Journey was Paused already. Paused",
		"a double click archives nothing")
	b.emu.Advance(96 * time.Hour)
	run := "/dashboard/runs/" + b.emu.Runs("trial-onboarding").All()[0].RunID
	require.Contains(t, text(b.page(run)), "Now held at wait since 1 day ago : the Journey is paused")
	require.Contains(t, text(b.page("/dashboard/runs")), "held by a pause")
	require.Contains(t, change("Active"), "Resumed. What became due while it was paused has been done.")
	require.Contains(t, text(b.page(run)), "Status completed")

	b.namedTrial("new@example.com", "t2")
	require.Contains(t, text(b.page(path+"/archive")), "It ends 1 run that is under way")
	require.Contains(t, change("Archived"), "Archived. Its runs have ended. Archived trial-onboarding")
	require.Contains(t, change("Active"), "Journey trial-onboarding is Archived, and its runs have ended")
	require.Contains(t, change("Draft"), "The Journey was not changed")
	require.NotContains(t, contentOf(b.page(path)), "<button", "there is nothing to change any more")
	require.NotContains(t, contentOf(b.page(path+"/archive")), "<button")
}

func TestADraftThatCannotBeActiveSaysWhy(t *testing.T) {
	b := open(t, journeyOf(t, `{"key": "j", "entry": {"type": "api"}, "start": "a",
		"nodes": [{"id": "a", "type": "email", "template": "nope", "next": "b"}, {"id": "b", "type": "exit"}]}`))
	for status, want := range map[string]string{
		"Active": "Journey j cannot be Active; correct this in its document or in what it refers to: " +
			"/nodes/0/template: there is no template &#34;nope&#34;",
		"Paused": "Journey j is a Draft, so nobody can enter it",
	} {
		_, page := b.post(b.journey("j")+"/status", url.Values{"status": {status}})
		require.Contains(t, text(page), want)
		require.Contains(t, page, `role="alert"`)
	}
	require.Contains(t, text(b.page(b.journey("j"))), "The Journey is Draft; only an Active one can be entered.")
}

func TestHostileNamesOfJourneysAreInert(t *testing.T) {
	evil := `</title><script>alert(1)</script>“\u202e\u200b` + strings.Repeat("x", 150)
	event := `"javascript:alert(1)//</script>`
	quoted := strings.ReplaceAll(event, `"`, `\"`)
	b := open(t, journeyOf(t, fmt.Sprintf(`{"key": "j", "name": "%[1]s", "status": "Active",
		"entry": {"type": "event", "event": "%[2]s", "filter": {"$state": "/event/%[3]s", "neq": "%[1]s"}},
		"start": "%[1]s",
		"exitOn": [{"id": "%[1]s", "event": "%[1]s"}],
		"nodes": [{"id": "%[1]s", "type": "waitFor", "timeout": "P1D", "timeoutNext": "%[1]s",
				"branches": [{"id": "%[1]s", "event": "%[1]s", "next": "e"}]},
			{"id": "e", "type": "exit", "reason": "%[1]s"}]}`, evil, quoted, "~1<b>")))
	b.track(event, "a@example.com", map[string]any{evil: evil})
	run := b.emu.Runs("j").All()[0].RunID
	for _, path := range []string{
		"/dashboard/journeys", b.journey("j"), b.journey("j") + "?run=" + run,
		"/dashboard/runs", "/dashboard/runs/" + run,
		"/dashboard/runs?node=" + url.QueryEscape(evil), b.journey("j") + "/archive",
	} {
		page := b.page(path)
		require.NotContains(t, contentOf(page), "<script", path)
		require.NotContains(t, page, "<b>", path)
		require.NotContains(t, page, "ZgotmplZ", path)
		require.NotContains(t, page, `href="javascript:`, path)
	}
	require.Contains(t, text(b.page(b.journey("j"))), "1 run is here now")
}

func TestAJourneyOf200NodesIsOnePage(t *testing.T) {
	nodes := []string{}
	for i := range 199 {
		nodes = append(nodes, fmt.Sprintf(`{"id": "node-%d", "type": "branch", "default": "node-%d",
			"paths": [{"id": "gold",
			"when": {"$state": "/profile/tier", "eq": "gold"}, "next": "node-%d"}]}`, i, i+1, min(199, i+3)))
	}
	nodes = append(nodes, `{"id": "node-199", "type": "exit"}`)
	b := open(t, journeyOf(t, `{"key": "large", "status": "Active", "entry": {"type": "event", "event": "go"},
		"start": "node-0", "nodes": [`+strings.Join(nodes, ", ")+`]}`))
	b.track("go", "a@example.com", nil)
	page := b.page(b.journey("large"))
	require.Less(t, len(page), 300_000)
	require.Contains(t, page, "<svg")
	require.Contains(t, page, "reached 1×")
	require.Contains(t, page, `id="node-100"`)
	require.NotContains(t, page, `id="node-101"`)
	next := b.journey("large") + "?before=100&version=1"
	require.Contains(t, page, strings.ReplaceAll(next, "&", "&amp;")+"#node-101")
	require.Contains(t, page, `rel="next">Next</a>`)
	require.Contains(t, b.page(next), `id="node-200"`)
	require.Contains(t, b.page(next), ">First</a>")
	require.Less(t, len(b.page(next)), 300_000)
}
