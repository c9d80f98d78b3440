package emulator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAFailedRelayFailsEachEmailOfABroadcast(t *testing.T) {
	p := openPress(t, emulator.WithSMTP("127.0.0.1:1")) // no server listens there
	p.shoppers(2)
	require.NoError(t, p.emu.Seed(emulator.Seed{
		Profiles: []emulator.SeedProfile{{Email: "delivered@simulator.test", Properties: object{"tier": "gold"}}},
	}))
	path := p.draft(nil)
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	idle(t, p.emu)
	d := p.results(path)
	require.Equal(t,
		[]any{4.0, 3.0, 0.0, 1.0},
		[]any{d["eligible"], d["processing"], d["failed"], d["sent"]},
		"an email to a simulated address is never relayed")
	require.Equal(t, "Triggered", p.retrieve(path)["status"], "emails wait for their next try")
	p.emu.Advance(21 * time.Minute)
	d = p.results(path)
	require.Equal(t, []any{4.0, 0.0, 3.0, 1.0}, []any{d["eligible"], d["processing"], d["failed"], d["sent"]})
	require.Equal(t, "Sent", p.retrieve(path)["status"])
}

func TestAJourneyReceivesTheFactsOfABroadcastsEmails(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "reader", "name": "Reader", "status": "Active",
		"entry": {"type": "event", "event": "reader.joined"}, "start": "wait", "nodes": [
		{"id": "wait", "type": "waitFor", "timeout": "P30D", "timeoutNext": "done",
		 "branches": [{"id": "got", "next": "done",
			"condition": {"received": {"event": "delivered", "templateId": "autumn-sale"}}}]},
		{"id": "done", "type": "exit"}]}`)
	p := press{t, s.emu}
	a := call(t, s.emu, "POST", "/api/v1/events",
		`{"event": "reader.joined", "profile": {"email": "alex@example.com"}}`, "Idempotency-Key", "one")
	require.Equal(t, 200, a.status, a.body)
	require.NoError(t, p.emu.Human().Approve(p.confirm(p.draft(nil))))
	require.Equal(t, "running", string(s.onlyRun("reader").Status))
	s.emu.Advance(time.Second)
	require.Equal(t, "completed", string(s.onlyRun("reader").Status))
}

func TestAnotherOrganizationSeesNoCarrier(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	require.NoError(t, p.emu.Seed(emulator.Seed{
		Organizations: []emulator.Seed{{
			Organization: emulator.SeedOrganization{ID: "7e6d0000-0000-4000-8000-000000000002", Name: "Other"},
			APIKeys:      []emulator.SeedAPIKey{{Key: "sk_test_other", Scopes: []string{"*"}, AllowSends: true}},
		}},
	}))
	other := []string{"x-api-key", "sk_test_other"}
	for _, act := range []string{
		"/schedule", "/confirmation", "/cancel", "/archive", "/duplicate", "/preview", "/preflight",
	} {
		var body any
		if act == "/schedule" {
			body = object{"scheduledAt": "in 1 hour"}
		}
		require.Equal(t, "not_found", p.refused(404, "POST", path+act, body, other...), act)
	}
	require.Empty(t, p.do(200, "GET", "/api/v1/broadcasts", nil, other...)["broadcasts"])
}
