package emulator_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAConfirmationIsDecidedOnce(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	id := p.confirm(path)
	first := p.do(200, "POST", "/_emulator/confirmations/"+id+"/approve", nil)
	require.Equal(t, "approved", first["outcome"])
	p.emu.Advance(time.Hour)
	require.Equal(t, first, p.do(200, "POST", "/_emulator/confirmations/"+id+"/approve", nil))
	require.Equal(t, first, p.do(200, "POST", "/_emulator/confirmations/"+id+"/reject", nil))
	require.Equal(t, 1, p.emu.Outbox().Count())
}

func TestARejectedConfirmationLeavesADraft(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	id := p.confirm(path)
	require.NoError(t, p.emu.Human().Reject(id))
	require.NoError(t, p.emu.Human().Approve(id), "the first decision counts")
	p.emu.Outbox().None(t)
	p.do(200, "PATCH", path, object{"name": "Again"})
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	require.Equal(t, 1, p.emu.Outbox().Count())
}

func TestAConfirmationEndsAfterFifteenMinutesAndWithAnyChange(t *testing.T) {
	for name, change := range map[string]func(p press, path string){
		"time":     func(p press, _ string) { p.emu.Advance(15 * time.Minute) },
		"patch":    func(p press, path string) { p.do(200, "PATCH", path, object{"name": "Autumn sale"}) },
		"template": func(p press, _ string) { p.seedSale("", "New") },
		"segment": func(p press, _ string) {
			require.NoError(p, p.emu.Seed(emulator.Seed{
				Segments: []emulator.SeedSegment{{Key: "gold", Definition: true}},
			}))
		},
		"sender": func(p press, _ string) {
			require.NoError(p, p.emu.Seed(emulator.Seed{
				SenderProfiles: []emulator.SeedSenderProfile{{Key: "shop", Name: "Other", Email: "shop@acme.example"}},
			}))
		},
		"schedule": func(p press, path string) {
			p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 hour"})
			p.do(200, "POST", path+"/cancel", nil)
		},
		"archive": func(p press, path string) { p.do(200, "POST", path+"/archive", nil) },
	} {
		t.Run(name, func(t *testing.T) {
			p := openPress(t)
			path := p.draft(nil)
			id := p.confirm(path)
			change(p, path)
			require.ErrorIs(t, p.emu.Human().Approve(id), segmentflow.ErrConfirmationExpired)
			require.Equal(t, "prepared_send_expired",
				p.refused(410, "POST", "/_emulator/confirmations/"+id+"/reject", nil))
			p.emu.Outbox().None(t)
		})
	}
	p := openPress(t)
	id := p.confirm(p.draft(nil))
	p.emu.Advance(15*time.Minute - time.Millisecond)
	require.NoError(t, p.emu.Human().Approve(id))
	require.ErrorIs(t, p.emu.Human().Approve("00000000-0000-4000-8000-000000000000"), segmentflow.ErrNotFound)
}

func TestCancellingBeforeTheScheduledTimeReturnsToDraft(t *testing.T) {
	p := openPress(t)
	path := p.draft(object{"subject": "Hello", "replyTo": []string{"support@acme.example", "Shop <shop@acme.example>"}})
	before := p.retrieve(path)
	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "2026-03-02T11:00:00+01:00"})
	require.Equal(t, "invalid_state", p.refused(409, "PATCH", path, object{"name": "No"}))
	require.Equal(t, "invalid_state", p.refused(409, "POST", path+"/archive", nil))
	require.Equal(t, before, p.do(200, "POST", path+"/cancel", nil))
	require.Equal(t, "invalid_state", p.refused(409, "POST", path+"/cancel", nil))
	p.emu.Advance(3 * time.Hour)
	p.emu.Outbox().None(t)

	p.do(202, "POST", path+"/schedule", object{"scheduledAt": "in 1 day"})
	p.emu.Advance(24 * time.Hour)
	msg := p.emu.Outbox().Only(t)
	require.Equal(t, `"Shop" <shop@acme.example>`, msg.Headers.Get("Reply-To")[len("support@acme.example, "):])
	require.Len(t, msg.Headers["Reply-To"], 1)
	require.Equal(t, "invalid_state", p.refused(409, "POST", path+"/cancel", nil))
}

func TestCancellingWhileSendingStopsTheRemainingEmails(t *testing.T) {
	p := openPress(t)
	p.shoppers(1200)
	path := p.draft(nil)
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	p.emu.Advance(60 * time.Millisecond)
	during := p.results(path)
	require.Equal(t, []any{1201.0, 1000.0, 201.0}, []any{during["eligible"], during["sent"], during["queued"]})
	require.Equal(t, "Triggered", p.retrieve(path)["status"])

	got := p.do(200, "POST", path+"/cancel", nil)
	require.Equal(t, "Archived", got["status"])
	require.NotNil(t, got["cancelledAt"])
	p.emu.Advance(time.Hour)
	after := p.results(path)
	require.Equal(t,
		[]any{1000.0, 201.0, 0.0, 1000.0},
		[]any{after["sent"], after["cancelled"], after["queued"], after["delivered"]})
	require.Equal(t, 1000, p.emu.Outbox().Count())
}

func TestTheAudienceIsFixedAtTheStartAndConsentIsCheckedAtTheSend(t *testing.T) {
	p := openPress(t)
	p.shoppers(600)
	path := p.draft(nil)
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	late := ""
	for i := 0; late == ""; i++ {
		if email := "shopper" + string(rune('0'+i)) + "@example.com"; p.emu.Outbox().To(email).Count() == 0 {
			late = email
		}
	}
	require.NoError(t, p.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{
		{Email: late, Subscriptions: map[string]string{"offers": "Unsubscribed"}},
		{Email: "new@example.com", Properties: object{"tier": "gold"}}}}))
	p.emu.Advance(time.Minute)
	d := p.results(path)
	require.Equal(t, []any{601.0, 600.0, 1.0}, []any{d["audience"], d["sent"], d["skippedAtSend"]})
	p.emu.Outbox().To("new@example.com").None(t)
	p.emu.Outbox().To(late).None(t)
}

func TestSkippedProfilesAreCountedByReason(t *testing.T) {
	p := openPress(t)
	require.NoError(t, p.emu.Seed(emulator.Seed{
		Segments: []emulator.SeedSegment{{Key: "all", Definition: true}},
		Profiles: []emulator.SeedProfile{
			{Email: "suppressed+a@simulator.test"},
			{Email: "b@example.com", Suppressed: "bounce"},
			{Email: "suppressionlist@simulator.amazonses.com"},
			{Email: "c@example.com", Suppressed: "complaint"},
		}}))
	path := p.draft(p.withIDs(object{"segmentId": "all"}))
	want := object{
		"total":    8.0,
		"eligible": 3.0,
		"skipped": object{
			"unsubscribed":         1.0,
			"suppressed_bounce":    1.0,
			"suppressed_complaint": 1.0,
			"suppressed_manual":    2.0,
		},
	}
	require.Equal(t, want, p.do(200, "POST", path+"/preview", nil)["audience"])
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	p.emu.Advance(time.Hour)
	d := p.results(path)
	require.Equal(t, want["skipped"], d["skipped"])
	require.Equal(t,
		[]any{2.0, 1.0},
		[]any{d["delivered"], d["bounced"]},
		"only the email to bounced@simulator.test bounces")

	optIn := p.draft(p.withIDs(object{"segmentId": "all", "subscriptionGroupId": "trail-notes"}))
	require.Equal(t,
		object{"not_opted_in": 2.0, "suppressed_bounce": 2.0, "suppressed_complaint": 1.0, "suppressed_manual": 2.0},
		p.do(200, "POST", optIn+"/preview", nil)["audience"].(object)["skipped"])
}

func TestATestSendGoesToOneRecipientAndIsNotCounted(t *testing.T) {
	p := openPress(t)
	path := p.draft(object{"segmentId": nil})
	bruno := p.emu.ID("profile", "bruno@example.com")
	send := p.do(200, "POST", path+"/test", object{"profileId": bruno})
	require.Equal(t, "Queued", send["status"])
	msg := p.emu.Outbox().Carrier(emulator.CarrierTest).Only(t)
	require.Equal(t, "bruno@example.com", msg.To[0].Email, "a test may go to an unsubscribed Profile")
	require.NoError(t, p.emu.Unsubscribe(msg))
	require.InDelta(t, 0, p.results(path)["sent"], 0)

	p.seedAlex("", "bounce")
	skipped := p.do(200, "POST", path+"/test", object{"email": "alex@example.com"})
	require.Equal(t, "suppressed_bounce",
		p.do(200, "GET", "/api/v1/emails/"+skipped["id"].(string), nil)["failureMessage"])
	require.Equal(t, "not_found", p.refused(404, "POST", path+"/test", object{"profileId": path[len(path)-36:]}))
	p.do(200, "PATCH", path, object{"templateId": nil})
	require.Equal(t, "template_incomplete", p.refused(422, "POST", path+"/test", object{"email": "alex@example.com"}))
}

func TestARestartContinuesTheFanOutAndSendsNothingTwice(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	p := openPress(t, file)
	p.shoppers(1200)
	path := p.draft(nil)
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	require.Equal(t, 500, p.emu.Outbox().Count())
	require.NoError(t, p.emu.Close())

	p = press{t, acme(t, file)}
	p.emu.Advance(time.Hour)
	d := p.results(path)
	require.Equal(t, []any{1201.0, 1201.0}, []any{d["sent"], d["delivered"]})
	to := map[string]bool{}
	for _, msg := range p.emu.Outbox().All() {
		to[msg.To[0].Email] = true
	}
	require.Len(t, to, 1201)
}

func TestAScriptDeterminesTheFactsOfABroadcastsEmails(t *testing.T) {
	p := openPress(t)
	path := p.draft(nil)
	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	p.emu.Script(p.emu.Outbox().Only(t).SendID, emulator.PlannedFact{Type: "bounced"})
	p.emu.Advance(time.Hour)
	d := p.results(path)
	require.Equal(t, []any{0.0, 1.0}, []any{d["delivered"], d["bounced"]})
}
