package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// run returns the path of the page of the newest run of a Journey.
func (b browser) run(key string) string {
	b.Helper()
	runs := b.emu.Runs(key).All()
	require.NotEmpty(b, runs)
	return "/dashboard/runs/" + runs[len(runs)-1].RunID
}

func TestAPageOfARunTellsAllOfIt(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	profile := b.track("trial.started", "alex@example.com", map[string]any{"plan": "Pro", "trialId": "t1"})
	page := b.page(b.run("trial-onboarding"))
	words := text(page)
	require.Contains(t, words, "A run of trial-onboarding Journey trial-onboarding version 1 Profile alex@example.com "+
		"Status running Started now by an event")
	require.Contains(t, words, "Key t1 Now waits at wait and goes on in 3 days at the latest")
	require.Contains(t, words, "1 now welcome email sent")
	require.Contains(t, words, "Welcome to the Pro trial, Alex")
	require.Contains(t, words, "&#34;trialId&#34;: &#34;t1&#34;")
	require.Contains(t, words, "entered by the event trial.started")
	require.Contains(t, page, `href="/dashboard/people/`+profile+`"`)
	require.Regexp(t, `href="/dashboard/mail/[0-9a-f-]{36}"`, page)
	require.Regexp(t, `href="/dashboard/events/[0-9a-f-]{36}"`, page)
	require.Contains(t, page, b.journey("trial-onboarding")+"?before=0&amp;run=")
	require.Contains(t, page, "2 ● wait")

	b.emu.Advance(72 * time.Hour)
	words = text(b.page(b.run("trial-onboarding")))
	require.Contains(t, words, "Status completed Started 3 days ago")
	require.Contains(t, words, "Ended now , after 3 days")
	require.Contains(t, words, "gold: /profile/tier (&#34;gold&#34;) eq &#34;gold&#34; → true")
	status, _ := b.get("/dashboard/runs/nope")
	require.Equal(t, 404, status)
}

func TestAPageOfARunSaysWhatItWaitsForAndWhyItEnded(t *testing.T) {
	b := open(t, journeyOf(t, `{"key": "j", "status": "Active", "entry": {"type": "api"}, "start": "w",
		"exitOn": [{"id": "left", "event": "left"}],
		"nodes": [{"id": "w", "type": "waitFor", "timeout": "P1D", "timeoutNext": "e", "branches": [
			{"id": "paid", "event": "paid", "next": "e"},
			{"id": "gold", "condition": {"$state": "/profile/tier", "eq": "gold"}, "next": "e"}]},
			{"id": "e", "type": "exit"}]}`))
	_, err := b.emu.Client().Journeys.Trigger(t.Context(), "j", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{Email: "a@example.com"}, Variables: map[string]any{"n": 1}})
	require.NoError(t, err)
	words := text(b.page(b.run("j")))
	require.Contains(t, words, "Started now by a call of the API")
	require.Contains(t, words, "paid: an event “paid” gold: /profile/tier (missing) eq &#34;gold&#34; → false")
	require.Contains(t, words, "The run has taken no step.")
	require.Contains(t, words, "The run has sent none.")
	require.JSONEq(t, `{"data": {"n": 1}}`, b.page(b.run("j")+"/state"))

	b.track("left", "a@example.com", nil)
	require.Contains(t, text(b.page(b.run("j"))), "Status exited exit_rule:left because an event left")
}

func TestARunShowsNoSensitiveValue(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme), journeyOf(t, `{"key": "receipt", "status": "Active",
		"entry": {"type": "api"}, "start": "w",
		"nodes": [{"id": "w", "type": "delay", "for": "P1D", "next": "m"},
			{"id": "m", "type": "email", "template": "order-receipt", "next": "e"}, {"id": "e", "type": "exit"}]}`))
	_, err := b.emu.Client().Journeys.Trigger(t.Context(), "receipt", &segmentflow.TriggerJourneyParams{
		Profile:   segmentflow.TriggerProfile{Email: "alex@example.com"},
		Variables: map[string]any{"paymentReference": "s3cret"}})
	require.NoError(t, err)
	for range 2 {
		require.NotContains(t, b.page(b.run("receipt")), "s3cret")
		require.Contains(t, b.page(b.run("receipt")+"/state"), "[redacted]")
		require.NotContains(t, b.page(b.run("receipt")+"/state"), "s3cret")
		b.emu.Advance(24 * time.Hour)
	}
}

func TestTheListOfRunsIsFilteredAndPaged(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	for i := range 60 {
		b.namedTrial(fmt.Sprintf("p%02d@example.com", i), fmt.Sprintf("t%d", i))
	}
	b.track("password_reset.requested", "p07@example.com", nil)
	row := regexp.MustCompile(`href="/dashboard/runs/[0-9a-f-]{36}"`)
	first := b.page("/dashboard/runs")
	require.Len(t, row.FindAllString(first, -1), 50)
	require.Contains(t, text(first), "password-reset version 1 p07@example.com completed done")
	older := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(first)
	require.NotNil(t, older)
	second := b.page(strings.ReplaceAll(older[1], "&amp;", "&"))
	require.Len(t, row.FindAllString(second, -1), 11)
	require.NotContains(t, second, `rel="next"`)
	require.Contains(t, second, "p00@example.com")

	for query, want := range map[string]int{
		"journey=password-reset":                            1,
		"journey=trial-onboarding&node=wait&version=1":      50,
		"status=completed":                                  1,
		"status=underway&profile=p07@example.com":           1,
		"profile=P07@example.com":                           2,
		"journey=trial-onboarding&node=done&status=running": 0,
		"status=failed":                                     0,
	} {
		require.Len(t, row.FindAllString(b.page("/dashboard/runs?"+query), -1), want, query)
	}
	for query, want := range map[string]string{
		"journey=nope": "There is no such Journey.", "profile=nope": "There is no such Profile.",
		"status=nope": "There is no such status.", "version=x": "A version is a number.",
		"node=" + url.QueryEscape("<b>"): "No run matches.",
	} {
		page := b.page("/dashboard/runs?" + query)
		require.Contains(t, text(page), want)
		require.NotContains(t, page, "<b>")
	}
	for _, place := range []string{"x", "-1", "0"} {
		status, page := b.get("/dashboard/runs?before=" + place)
		require.Equal(t, 400, status)
		require.Contains(t, text(page), "There is no such page of the list")
	}
}

func TestRunsOfADeletedProfileStay(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	profile := b.track("trial.started", "new@example.com", map[string]any{"plan": "Pro", "trialId": "t1"})
	require.NoError(t, b.emu.Client().Profiles.Delete(t.Context(), profile))
	require.Contains(t, text(b.page("/dashboard/runs")), "a deleted Profile exited profile_deleted")
	require.Contains(t, text(b.page(b.run("trial-onboarding"))),
		"Profile a deleted Profile Status exited profile_deleted")
	require.Contains(t, text(b.page(b.journey("trial-onboarding"))), "1 begun 0 under way 0 completed 1 exited")
}
