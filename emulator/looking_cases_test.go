package emulator_test

import (
	"fmt"
	"net/http"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// lookingReport provokes a failure of a question. ask fails its t.
type lookingReport struct {
	name    string
	provoke func(s shop)
	ask     func(s shop, t emulator.TB)
}

// unsubscribed unsubscribes chiara@example.com and sends her the second email of the trial.
func unsubscribed(s shop) {
	s.track(trial("Pro", "t1"))
	if err := s.emu.Unsubscribe(s.emu.Outbox().Last()); err != nil {
		s.Fatal(err)
	}
	s.emu.Advance(72 * time.Hour)
}

const (
	skippedStatus = segmentflow.EmailSendStatusSkipped
	sentStatus    = segmentflow.EmailSendStatusSent
	exitedStatus  = segmentflow.JourneyRunStatusExited
)

// calls makes calls of several kinds, some of which are refused.
func calls(s shop) {
	s.send(s.mailTo("alex@example.com"), segmentflow.WithIdempotencyKey("k1"))
	_ = s.sendRefused(s.mailTo("alex"), segmentflow.WithIdempotencyKey("k2"))
	_ = s.sendRefused(&segmentflow.SendEmailParams{
		TemplateID: "5e6d0000-0000-4000-8000-00000000dead", To: &segmentflow.Recipient{Email: "alex@example.com"},
	}, segmentflow.WithIdempotencyKey("k3"))
	call(s, s.emu, "POST", "/api/v1/email", "{}")
	must(s.client.Emails.Retrieve(s.Context(), s.emu.Sends().Last().ID))(s)
}

var lookingReports = []lookingReport{
	{"sends: nothing happened", func(shop) {}, func(s shop, t emulator.TB) {
		s.emu.Sends().To("alex@example.com").Status(skippedStatus).Only(t)
	}},
	{"sends: skipped although sent was asked for", unsubscribed, func(s shop, t emulator.TB) {
		s.emu.Sends().To("chiara@example.com").Template("trial-reminder").Status(sentStatus).Only(t)
	}},
	{"sends: sent although skipped was asked for", func(s shop) {
		s.send(s.mailTo("alex@example.com"))
		s.send(s.mailTo("suppressed@simulator.test"))
	}, func(s shop, t emulator.TB) {
		s.emu.Sends().To("alex@example.com").Status(skippedStatus).Reason("unsubscribed").Only(t)
	}},
	{"sends: a run waits", func(s shop) { s.track(trial("Pro", "t1")) }, func(s shop, t emulator.TB) {
		s.emu.Sends().Template("trial-reminder").Only(t)
	}},
	{"sends: too many", func(s shop) {
		s.send(s.mailTo("alex@example.com"), segmentflow.WithIdempotencyKey("k1"))
		s.send(s.mailTo("suppressed@simulator.test"))
	}, func(s shop, t emulator.TB) { s.emu.Sends().Template("news").Only(t) }},
	{"sends: none is wanted", unsubscribed, func(s shop, t emulator.TB) {
		s.emu.Sends().Status(skippedStatus).None(t)
	}},

	{"runs: nothing happened", func(shop) {}, func(s shop, t emulator.TB) {
		s.emu.Runs("trial-onboarding").Profile("chiara@example.com").Only(t)
	}},
	{"runs: the Journey skipped the event", func(s shop) { s.track(trial("Free", "t1")) }, func(s shop, t emulator.TB) {
		s.emu.Runs("trial-onboarding").Profile("chiara@example.com").Only(t)
	}},
	{"runs: a misspelt Profile and runs of others", func(s shop) { s.track(trial("Pro", "t1")) },
		func(s shop, t emulator.TB) { s.emu.Runs("trial-onboarding").Profile("chiarra@example.com").Only(t) }},
	{"runs: another status", func(s shop) { s.track(trial("Pro", "t1")) }, func(s shop, t emulator.TB) {
		s.emu.Runs("trial-onboarding").Profile("cus_125").Status(exitedStatus).Only(t)
	}},
	{"runs: a paused Journey", func(s shop) { s.event("cart.left", "alex@example.com") }, func(s shop, t emulator.TB) {
		s.emu.Runs("paused").Only(t)
	}},
	{"runs: a new member of a Segment that was skipped", func(s shop) {
		s.seedText("profiles: [{email: bruno@example.com, properties: {vip: true, tier: silver}}]")
	}, func(s shop, t emulator.TB) { s.emu.Runs("vips").Only(t) }},
	{"runs: a refused trigger", func(s shop) {
		_, err := s.client.Journeys.Trigger(s.Context(), "trial-onboarding", &segmentflow.TriggerJourneyParams{
			Profile: segmentflow.TriggerProfile{Email: "alex@example.com"},
		})
		_ = refusal(s, err)
	}, func(s shop, t emulator.TB) { s.emu.Runs("trial-onboarding").Only(t) }},
	{"runs: too many", func(s shop) {
		s.track(trial("Pro", "t1"))
		s.event("plan.purchased", "chiara@example.com", object{"trialId": "t1"})
		s.track(trial("Pro", "t2"))
	}, func(s shop, t emulator.TB) { s.emu.Runs("").Only(t) }},

	{"events: a misspelt name", func(s shop) { s.track(trial("Pro", "t1")) }, func(s shop, t emulator.TB) {
		s.emu.Events().Name("trail.started").Profile("chiara@example.com").Only(t)
	}},
	{"events: of somebody else", func(s shop) { s.track(trial("Free", "t1")) }, func(s shop, t emulator.TB) {
		s.emu.Events().Name("trial.started").Profile("alex@example.com").Only(t)
	}},
	{"events: a refused call", func(s shop) {
		_, err := s.client.Events.Track(s.Context(), &segmentflow.TrackEventParams{
			Event: "", Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
		})
		if err == nil {
			s.Fatal("the event has no name")
		}
		call(s, s.emu, "POST", "/api/v1/events", `{"profile": {"email": "alex@example.com"}}`, "Idempotency-Key", "k1")
	}, func(s shop, t emulator.TB) { s.emu.Events().Name("order.paid").Profile("alex@example.com").Only(t) }},
	{"events: none is wanted", func(s shop) { s.track(trial("Pro", "t1")) }, func(s shop, t emulator.TB) {
		s.emu.Events().Name("trial.started").None(t)
	}},

	{"profiles: another value", func(shop) {}, func(s shop, t emulator.TB) {
		s.emu.Profiles().Email("chiara@example.com").Property("tier", "platinum").Subscribed("offers").Only(t)
	}},
	{"profiles: a misspelt email", func(shop) {}, func(s shop, t emulator.TB) {
		s.emu.Profiles().Email("chiarra@example.com").Only(t)
	}},
	{"profiles: not in a Segment", func(shop) {}, func(s shop, t emulator.TB) {
		s.emu.Profiles().ExternalID("cus_125").InSegment("vip").Only(t)
	}},
	{"profiles: too many", func(shop) {}, func(s shop, t emulator.TB) {
		s.emu.Profiles().Subscribed("offers").Only(t)
	}},

	{"requests: nothing happened", func(shop) {}, func(s shop, t emulator.TB) {
		s.emu.Requests().Operation("sendEmail").Only(t)
	}},
	{"requests: other calls", calls, func(s shop, t emulator.TB) {
		s.emu.Requests().Operation("trackEvent").Status(http.StatusOK).Only(t)
	}},
	{"requests: a misspelt key", calls, func(s shop, t emulator.TB) { s.emu.Requests().Key("k11").Only(t) }},
	{"requests: too many", calls, func(s shop, t emulator.TB) { s.emu.Requests().Operation("sendEmail").Only(t) }},
	{"requests: none is wanted, with rejected items", func(s shop) {
		must(s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{
			{IdempotencyKey: "k1", TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "alex@example.com"}},
			{IdempotencyKey: "k2", TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: "alex"}},
		}}, segmentflow.WithIdempotencyKey("b1")))(s)
	}, func(s shop, t emulator.TB) { s.emu.Requests().Operation("batchSendEmails").None(t) }},
	{"requests: calls that are gone", func(s shop) {
		for n := range emulator.JournalSize + 2 {
			call(s, s.emu, "GET", fmt.Sprintf("/api/v1/emails/%d", n), "")
		}
	}, func(s shop, t emulator.TB) { s.emu.Requests().Key("k1").None(t) }},
}
