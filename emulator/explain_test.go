package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAnEmailIsExplainedWithItsConsent(t *testing.T) {
	s := openShop(t)
	event := trial("Pro", "t1")
	event.Profile.Email = "bruno@example.com"
	tracked := s.track(event)
	run := s.onlyRun("trial-onboarding")
	require.Contains(t, s.emu.Explain(tracked.EventID), `trial-onboarding: enrolled`)
	require.Contains(t, s.emu.Explain(tracked.EventID), `filter: /event/plan ("Pro") in ["Pro","Team"] → true`)
	require.Contains(t, s.emu.Explain(run.RunID), "waits at wait until 2026-03-05T09:00:00.000Z")

	send := s.send(&segmentflow.SendEmailParams{
		TemplateID:          s.receipt(),
		To:                  &segmentflow.Recipient{Email: "bruno@example.com"},
		SubscriptionGroupID: s.emu.ID("subscriptionGroup", "offers"),
	})
	story := s.emu.Explain(send.ID)
	for _, want := range []string{
		"EmailSend of order-receipt to bruno@example.com",
		"Skipped, unsubscribed",
		"SubscriptionGroup offers is OptOut",
		"Unsubscribed by seed",
		"sent for email",
	} {
		require.Contains(t, story, want)
	}

	s.track(trial("Pro", "t2"))
	msg := s.emu.Outbox().To("chiara@example.com").Only(t)
	story = s.emu.Explain(msg.SendID)
	require.Contains(t, story, "accepted")
	require.Contains(t, story, "entered by the event trial.started")
	require.Equal(t, story, call(t, s.emu, "GET", "/_emulator/explain/"+msg.SendID, "", "Host", "localhost").body)
	require.Contains(t, s.emu.Explain("bruno@example.com"), "run of trial-onboarding version 1")
}

func TestSensitiveAndRedactedValuesAreNotExplained(t *testing.T) {
	s := openShop(t)
	secret := templateNamed("secret", "Hello")
	secret.Definition.(map[string]any)["sensitiveTransactionalVariablePaths"] = []string{"/data/code"}
	require.NoError(t, s.emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{secret}}))
	s.seedJourney(`{"key": "code", "name": "C", "status": "Active",
		"entry": {"type": "api", "filter": {"$state": "/data/code", "exists": true}},
		"exitOn": [{"id": "used", "condition": {"$state": "/data", "eq": {"$state": "/profile/seen"}}}], "start": "b",
		"nodes": [{"id": "b", "type": "branch", "default": "m",
			"paths": [{"id": "known", "when": {"$state": "/data/code", "startsWith": "s3"}, "next": "m"}]},
		{"id": "m", "type": "email", "template": "secret", "next": "w"},
		{"id": "w", "type": "waitFor",
			"branches": [{"id": "same", "next": "x",
				"condition": {"$state": "/profile/code", "eq": {"$state": "/data/code"}}}],
			"timeout": "P1D", "timeoutNext": "x"}, {"id": "x", "type": "exit"}]}`)
	started, err := s.client.Journeys.Trigger(t.Context(), "code", &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{Email: "alex@example.com"}, Variables: map[string]any{"code": "s3cr3t"}})
	require.NoError(t, err)
	story := s.emu.Explain(started.RunID)
	require.NotContains(t, story, "s3cr3t")
	require.Contains(t, story, "known: /data/code ([hidden]) startsWith")
	require.Contains(t, story, "same: /profile/code (missing) eq /data/code ([hidden])")
	s.emu.Advance(24 * time.Hour)
	require.NotContains(t, s.emu.Explain(started.RunID), "s3cr3t")

	tracked := s.track(&segmentflow.TrackEventParams{
		Event:             "trial.started",
		Profile:           alex,
		Data:              map[string]any{"plan": "s3cr3t"},
		RedactedDataPaths: []string{"/event/plan"},
	})
	story = s.emu.Explain(tracked.EventID)
	require.NotContains(t, story, "s3cr3t")
	require.Contains(t, story, `filter: /event/plan ("[redacted]") in ["Pro","Team"] → false`)
}

func TestAnUnknownIDIsNotExplained(t *testing.T) {
	s := openShop(t)
	got := call(t, s.emu, "GET", "/_emulator/explain/nobody@example.com", "", "Host", "localhost")
	require.Equal(t, 404, got.status)
}

func TestAnExplanationDoesNotShowASensitiveURL(t *testing.T) {
	s := openShop(t)
	send := s.send(&segmentflow.SendEmailParams{TemplateID: s.emu.ID("template", "password-reset"),
		To:   &segmentflow.Recipient{Email: "alex@example.com"},
		Data: map[string]any{"resetUrl": "https://acme.example/reset?token=s3cr3t"}})
	msg := s.emu.Outbox().To("alex@example.com").Only(t)
	require.NoError(t, s.emu.Click(msg, msg.Link("s3cr3t")))
	story := s.emu.Explain(send.ID)
	require.Contains(t, story, "clicked")
	require.NotContains(t, story, "s3cr3t")
}
