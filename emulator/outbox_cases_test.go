package emulator_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// reportCase provokes a failure. ask is a question that fails; nil is Only of To.
type reportCase struct {
	name    string
	provoke func(s shop)
	ask     func(outbox emulator.Outbox) emulator.Outbox
}

func to(address string) func(emulator.Outbox) emulator.Outbox {
	return func(outbox emulator.Outbox) emulator.Outbox { return outbox.To(address) }
}

func everything(outbox emulator.Outbox) emulator.Outbox { return outbox }

func of(template string) func(emulator.Outbox) emulator.Outbox {
	return func(outbox emulator.Outbox) emulator.Outbox { return outbox.Template(template) }
}

var reportCases = []reportCase{
	{"nothing happened", func(shop) {}, to("alex@example.com")},
	{"a misspelt event", func(s shop) {
		s.event("trial.startd", "chiara@example.com")
		s.event("trial.startd", "chiara@example.com")
		s.event("page.viewed", "chiara@example.com")
	}, to("chiara@example.com")},
	{"a misspelt event, asked for nobody", func(s shop) { s.event("trail.started", "chiara@example.com") }, everything},
	{"an event that only moves runs", func(s shop) {
		s.event("plan.purchased", "chiara@example.com")
	}, to("chiara@example.com")},
	{"an event of a paused Journey and one of a draft", func(s shop) {
		s.event("cart.left", "alex@example.com")
		s.event("cart.filled", "alex@example.com")
	}, to("alex@example.com")},
	{"an event of history", func(s shop) {
		s.seedText("events: [{event: trial.started, profile: chiara@example.com, data: {plan: Pro, trialId: t1}}]")
	}, to("chiara@example.com")},
	{"a run in a Journey that was paused", func(s shop) {
		s.track(trial("Pro", "t1"))
		s.seedText(strings.Replace(trialJourney(s), "status: Active", "status: Paused", 1))
	}, of("trial-reminder")},
	{"a run held by a pause", func(s shop) {
		s.track(trial("Pro", "t1"))
		s.seedText(strings.Replace(trialJourney(s), "status: Active", "status: Paused", 1))
		s.emu.Advance(96 * time.Hour)
	}, of("trial-reminder")},
	{"a run waits", func(s shop) {
		s.track(trial("Pro", "t1"))
		s.emu.Advance(time.Minute)
	}, of("trial-reminder")},
	{"several runs wait", func(s shop) {
		for _, name := range []string{"alex", "chiara", "dora", "emil"} {
			event := trial("Pro", "t1")
			event.Profile = segmentflow.ProfileIdentity{Email: name + "@example.com"}
			s.track(event)
			s.emu.Advance(time.Minute)
		}
	}, of("trial-reminder")},
	{"a run waits for an event or a condition", func(s shop) {
		s.event("plan.ending", "alex@example.com")
	}, to("alex@example.com")},
	{"filters, keys and earlier runs", func(s shop) {
		s.track(trial("Free", "t1"))
		s.event("trial.started", "chiara@example.com", object{"plan": "Pro"})
		s.track(trial("Pro", "t2"))
		s.track(trial("Pro", "t2"))
		s.emu.Advance(time.Minute)
	}, func(outbox emulator.Outbox) emulator.Outbox {
		return outbox.To("chiara@example.com").Template("trial-reminder")
	}},
	{"a cooldown", func(s shop) {
		s.event("login.blocked", "alex@example.com", object{"device": "d1"})
		s.event("login.blocked", "alex@example.com", object{"device": "d1"})
	}, to("alex@example.com")},
	{"an exit rule", func(s shop) {
		s.track(trial("Pro", "t1"))
		bought := trial("Pro", "t1")
		bought.Event = "plan.purchased"
		s.track(bought)
	}, of("trial-reminder")},
	{"an arm without email", func(s shop) { s.event("survey.due", "alex@example.com") }, of("news")},
	{"a Template that was archived, and the run fails or goes on", func(s shop) {
		s.event("login.failed", "alex@example.com")
		s.event("login.slow", "alex@example.com")
		s.seedText(`journeys:
  - {key: slow, entry: {type: event, event: login.failed}, start: end, nodes: [{id: end, type: exit}]}
  - {key: patient, entry: {type: event, event: login.slow}, start: end, nodes: [{id: end, type: exit}]}`)
		must(s.client.Templates.Archive(s.Context(), s.emu.ID("template", "old")))(s)
		s.emu.Advance(24 * time.Hour)
	}, func(outbox emulator.Outbox) emulator.Outbox { return outbox.To("alex@example.com").Template("old") }},
	{"a new member of a Segment that a Journey skipped", func(s shop) {
		must(s.client.Profiles.Update(s.Context(), s.emu.Profile("bruno@example.com").ID,
			&segmentflow.UpdateProfileParams{Properties: object{"vip": true}}))(s)
	}, to("bruno@example.com")},
	{"an event of somebody else", func(s shop) { s.event("plan.ending", "alexx@example.com") }, to("alex@example.com")},
	{"an address that is misspelt", func(s shop) {
		s.send(s.mailTo("alex@example.com"))
	}, to("alex@exmaple.com")},
	{"an external id instead of an address", func(shop) {}, to("cus_123")},
	{"a redirected email", func(s shop) {
		p := s.mailTo("other@example.com")
		p.ProfileID = s.emu.Profile("alex@example.com").ID
		s.send(p)
	}, to("alex@example.com")},
	{"only a copy", func(s shop) {
		p := s.mailTo("bruno@example.com")
		p.CC = []string{"alex@example.com"}
		s.send(p)
		s.send(s.mailTo("alexa@example.com"))
	}, to("alex@example.com")},
	{"capital letters in a subject", func(s shop) {
		s.send(s.mailTo("alex@example.com"))
	}, func(outbox emulator.Outbox) emulator.Outbox { return outbox.Subject("news") }},
	{"unsubscribed by the seed", func(s shop) {
		event := trial("Pro", "t1")
		event.Profile = segmentflow.ProfileIdentity{Email: "bruno@example.com"}
		s.track(event)
	}, to("bruno@example.com")},
	{"unsubscribed by one click", func(s shop) {
		s.track(trial("Pro", "t1"))
		require.NoError(s, s.emu.Unsubscribe(s.emu.Outbox().Only(s)))
		s.emu.Advance(72 * time.Hour)
	}, of("trial-reminder")},
	{"never opted in", func(s shop) {
		p := s.mailTo("chiara@example.com")
		p.SubscriptionGroupID = s.emu.ID("subscriptionGroup", "trail-notes")
		s.send(p)
	}, to("chiara@example.com")},
	{"suppressed by a bounce", func(s shop) {
		s.send(s.mailTo("alex@example.com"))
		require.NoError(s, s.emu.Bounce(s.emu.Outbox().Only(s), emulator.BounceHard))
		s.emu.Advance(time.Hour)
		s.send(receipt(s.receipt(), 1))
	}, of("order-receipt")},
	{"suppressed by a complaint", func(s shop) {
		s.send(s.mailTo("alex@example.com"))
		require.NoError(s, s.emu.Complain(s.emu.Outbox().Only(s)))
		s.send(receipt(s.receipt(), 1))
	}, of("order-receipt")},
	{"suppressed by the seed, and for ever", func(s shop) {
		s.seedText("profiles: [{email: alex@example.com, suppressed: manual}]")
		s.send(receipt(s.receipt(), 1))
		s.send(s.mailTo("suppressed@simulator.test"))
	}, everything},
	{"an empty subject", func(s shop) {
		p := s.mailTo("alex@example.com")
		p.TemplateID = s.emu.ID("template", "bare")
		s.send(p)
	}, to("alex@example.com")},
	{"a deleted Profile", func(s shop) {
		s.track(trial("Pro", "t1"))
		require.NoError(s, s.client.Profiles.Delete(s.Context(), s.emu.Profile("chiara@example.com").ID))
	}, of("trial-reminder")},
	{"refused calls", func(s shop) {
		_ = s.sendRefused(&segmentflow.SendEmailParams{TemplateID: "no-id", To: &segmentflow.Recipient{Email: "alex"}})
		_ = s.sendRefused(&segmentflow.SendEmailParams{
			TemplateID: "3f1c8a52-7c9e-4a57-9d4e-1f0d6c2b7a10", To: &segmentflow.Recipient{Email: "alex@example.com"}})
		call(s, s.emu, "POST", "/api/v1/emial", `{}`)
		call(s, s.emu, "POST", "/api/v1/emails", `{}`, "x-api-key", "sk_test_wrong")
		call(s, s.emu, "POST", "/api/v1/events", `{}`, "x-api-key", "sk_test_acme_mailer", "Idempotency-Key", "e1")
		p := s.mailTo("alex@example.com")
		p.From = "hello@new.acme.example"
		_ = s.sendRefused(p)
		_ = s.sendRefused(p)
		call(s, s.emu, "POST", "/api/v1/journeys/trial-onboarding/trigger",
			`{"profile": {"email": "alex@example.com"}}`, "Idempotency-Key", "t1")
	}, to("alex@example.com")},
	{"a refused call that succeeded later", func(s shop) {
		p := s.mailTo("bruno@example.com")
		p.From = "hello@new.acme.example"
		_ = s.sendRefused(p, segmentflow.WithIdempotencyKey("k1"))
		p.From = ""
		s.send(p, segmentflow.WithIdempotencyKey("k1"))
		_ = s.sendRefused(s.mailTo("alex@example.com"), segmentflow.WithIdempotencyKey("k1"))
	}, to("alex@example.com")},
	{"calls that were made to fail", func(s shop) {
		s.emu.Fail(emulator.Fault{Times: 1, Status: 503})
		s.emu.Fail(emulator.Fault{Times: 1, Drop: true})
		s.emu.Fail(emulator.Fault{Times: 1, Body: "<html>"})
		s.emu.Fail(emulator.Fault{Times: 1, Status: 422, Details: object{"reason": "sender_unverified"}})
		for n := range 4 {
			require.Error(s, s.try("alex@example.com", fmt.Sprint("k", n)))
		}
	}, to("alex@example.com")},
	{"a call over the rate limit", func(s shop) {
		s.emu.RateLimit("sendEmail", 1, time.Minute)
		require.NoError(s, s.try("bruno@example.com", "k1"))
		require.Error(s, s.try("alex@example.com", "k2"))
	}, to("alex@example.com")},
	{"a lost reply whose work was done", func(s shop) {
		s.emu.Fail(emulator.Fault{Times: 1, AfterCommit: true, Drop: true})
		require.Error(s, s.try("bruno@example.com", "k1"))
	}, to("alex@example.com")},
	{"rejected items of a batch", func(s shop) {
		item := func(email, key string) segmentflow.BatchSendItem {
			p := s.mailTo(email)
			return segmentflow.BatchSendItem{IdempotencyKey: key, TemplateID: p.TemplateID, To: p.To, Data: p.Data}
		}
		bad := item("alex@example.com", "k3")
		bad.TemplateID = s.emu.ID("template", "autumn-sale")
		must(s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{
			Items: []segmentflow.BatchSendItem{item("bruno@example.com", "k1"), item("alex", "k2"), bad}}))(s)
	}, to("alex@example.com")},
	{"many rejected items of a batch", func(s shop) {
		items := make([]segmentflow.BatchSendItem, 30)
		for i := range items {
			items[i] = segmentflow.BatchSendItem{IdempotencyKey: fmt.Sprint("k", i), TemplateID: s.receipt()}
		}
		must(s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{Items: items}))(s)
	}, everything},
	{"a scheduled Broadcast", func(s shop) { s.schedule(s.sale()) }, of("autumn-sale")},
	{"a Broadcast that waits for a person", func(s shop) { s.confirm(s.sale()) }, of("autumn-sale")},
	{"a Broadcast whose confirmation expired", func(s shop) {
		s.confirm(s.sale())
		s.emu.Advance(time.Hour)
	}, of("autumn-sale")},
	{"a Broadcast that was rejected", func(s shop) {
		require.NoError(s, s.emu.Human().Reject(s.confirm(s.sale())))
	}, of("autumn-sale")},
	{"a Broadcast that nobody sent", func(s shop) { s.sale() }, of("autumn-sale")},
	{"a Broadcast with blockers", func(s shop) {
		s.broadcast(&segmentflow.CreateBroadcastParams{Name: "Empty", TemplateID: s.emu.ID("template", "autumn-sale")})
	}, of("autumn-sale")},
	{"a Broadcast that an edit returned to draft", func(s shop) {
		s.schedule(s.sale())
		s.seedText("subscriptionGroups: [{key: offers, name: Offers, policy: OptIn}]")
	}, of("autumn-sale")},
	{"a Broadcast that failed when it started", func(s shop) {
		s.schedule(s.broadcast(s.autumn()))
		s.seedText("profiles: [{email: alex@example.com, properties: {tier: silver}}]")
		s.emu.Advance(24 * time.Hour)
	}, of("autumn-sale")},
	{"a Broadcast that left somebody out", func(s shop) {
		require.NoError(s, s.emu.Human().Approve(s.confirm(s.sale())))
	}, to("bruno@example.com")},
	{"a Broadcast to others", func(s shop) {
		require.NoError(s, s.emu.Human().Approve(s.confirm(s.broadcast(s.autumn()))))
	}, func(outbox emulator.Outbox) emulator.Outbox {
		return outbox.To("chiara@example.com").Carrier(emulator.CarrierBroadcast)
	}},
	{"an Issue that waits for a person", func(s shop) {
		issue := must(s.client.NewsletterIssues.Create(s.Context(), s.emu.ID("newsletter", "trail-notes"),
			&segmentflow.CreateNewsletterIssueParams{Title: "Number one"}))(s)
		must(s.client.NewsletterIssues.CreateConfirmation(s.Context(), issue.ID))(s)
	}, func(outbox emulator.Outbox) emulator.Outbox { return outbox.Carrier(emulator.CarrierNewsletterIssue) }},
	{"the id of a carrier of another type", func(s shop) {
		s.send(s.mailTo("alex@example.com"))
	}, func(outbox emulator.Outbox) emulator.Outbox {
		return outbox.Carrier(emulator.CarrierJourney, outbox.Last().SendID)
	}},
	{"what could send it", func(shop) {}, of("trial-reminder")},
	{"a trigger of a paused Journey", func(s shop) {
		s.seedText("journeys: [{key: loyalty-upgrade, status: Paused, entry: {type: api}, start: a, " +
			"nodes: [{id: a, type: exit}]}]")
		call(s, s.emu, "POST", "/api/v1/journeys/loyalty-upgrade/trigger",
			`{"profile": {"email": "alex@example.com"}}`, "Idempotency-Key", "t1")
	}, to("alex@example.com")},
	{"a chain of events without end", func(s shop) {
		s.seedText("journeys: [{key: echo, status: Active, entry: {type: event, event: said}, start: a, " +
			"nodes: [{id: a, type: emitEvent, event: said, next: b}, {id: b, type: exit}]}]")
		s.event("said", "alex@example.com")
	}, to("alex@example.com")},
	{"a Broadcast that was cancelled while it was sent", func(s shop) {
		var people []emulator.SeedProfile
		for n := range 600 {
			people = append(people, emulator.SeedProfile{Email: fmt.Sprintf("p%03d@example.com", n)})
		}
		require.NoError(s, s.emu.Seed(emulator.Seed{Profiles: people}))
		sale := s.sale()
		require.NoError(s, s.emu.Human().Approve(s.confirm(sale)))
		must(s.client.Broadcasts.Cancel(s.Context(), sale.ID))(s)
	}, of("news")},
	{"twice under two keys", func(s shop) {
		s.send(s.mailTo("alex@example.com"), segmentflow.WithIdempotencyKey("news:1"))
		s.send(s.mailTo("alex@example.com"), segmentflow.WithIdempotencyKey("news:1b"))
	}, to("alex@example.com")},
	{"twice by two runs", func(s shop) {
		s.track(trial("Pro", "t1"))
		s.track(trial("Pro", "t2"))
	}, to("chiara@example.com")},
	{"by a Broadcast and by a call", func(s shop) {
		require.NoError(s, s.emu.Human().Approve(s.confirm(s.sale())))
		s.send(s.mailTo("alex@example.com"), segmentflow.WithIdempotencyKey("news:1"))
	}, to("alex@example.com")},
	{"a bit of everything", func(s shop) {
		for n := range 10 {
			s.track(trial("Free", fmt.Sprint("t", n)))
			s.event(fmt.Sprint("page.viewed.", n), "chiara@example.com")
			s.send(receipt(s.receipt(), n))
			p := s.mailTo("chiara@example.com")
			p.SubscriptionGroupID = s.emu.ID("subscriptionGroup", "trail-notes")
			s.send(p)
			s.event("survey.due", "chiara@example.com")
			s.event("plan.ending", "chiara@example.com")
			s.sale()
		}
		call(s, s.emu, "POST", "/api/v1/emial", `{}`)
		require.NoError(s, s.emu.Human().Approve(s.confirm(s.broadcast(s.autumn()))))
		s.track(trial("Pro", "t1"))
		bought := trial("Pro", "t1")
		bought.Event = "plan.purchased"
		s.track(bought)
	}, func(outbox emulator.Outbox) emulator.Outbox {
		return outbox.To("chiara@example.com").Template("password-reset")
	}},
}
