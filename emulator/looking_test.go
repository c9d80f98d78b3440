package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestSendsAreEmailSendsWhateverBecameOfThem(t *testing.T) {
	s := openShop(t)
	s.seedText(extras)
	sendTo(t, s.emu, "news", "alex@example.com")
	s.send(s.mailTo("suppressed@simulator.test"), segmentflow.WithIdempotencyKey("k1"))
	s.send(&segmentflow.SendEmailParams{
		TemplateID: s.emu.ID("template", "bare"), To: &segmentflow.Recipient{Email: "alex@example.com"},
	})
	s.track(trial("Pro", "t1"))

	all := s.emu.Sends()
	require.Equal(t, 4, all.Count())
	var statuses []segmentflow.EmailSendStatus
	for _, send := range all.All() {
		statuses = append(statuses, send.Status)
	}
	require.Equal(t, []segmentflow.EmailSendStatus{"Sent", "Skipped", "Failed", "Sent"}, statuses)
	require.Equal(t, "trial-welcome", all.Last().Template)
	require.Equal(t, all.Last().ID, all.Carrier(emulator.CarrierJourney).Only(t).ID)
	require.Equal(t, s.emu.Runs("trial-onboarding").Only(t).RunID, all.Last().Carrier.ID)

	skipped := all.Status(segmentflow.EmailSendStatusSkipped).Only(t)
	require.Equal(t, "suppressed_manual", skipped.Reason)
	require.Equal(t, "k1", skipped.IdempotencyKey)
	require.Empty(t, skipped.MessageID)
	require.Equal(t, monday, skipped.CreatedAt)
	require.Equal(t, skipped, all.To(" Suppressed@SIMULATOR.test").Only(t))
	require.Equal(t, skipped, all.Reason("suppressed_manual").Only(t))

	failed := all.Template("bare").Only(t)
	require.Equal(t, "template_render_failed", failed.Reason)
	require.Contains(t, failed.Why, "the subject is empty")
	all.Template("bare").Status(segmentflow.EmailSendStatusSent).None(t)
	news := all.Template("news").To("alex@example.com").Only(t)
	require.Equal(t, s.emu.Outbox().Template("news").Only(t).ID, news.MessageID)
	require.Nil(t, all.To("nobody@example.com").Last())
	require.Nil(t, all.To("nobody@example.com").All(), "as for the outbox")
	require.Nil(t, s.emu.Outbox().To("nobody@example.com").All())
	require.Equal(t, 4, all.Count(), "a condition does not change the question it came from")
}

func TestTheReasonOfARelayedEmailMatchesWithAndWithoutItsCode(t *testing.T) {
	post := openPost(t, func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			return "550 5.1.1 no such user"
		}
		return ""
	})
	emu := openShop(t, emulator.WithSMTP(post.addr)).emu
	sendTo(t, emu, "password-reset", "alex@example.com")
	idle(t, emu)
	send := emu.Sends().Reason("relay_failed").Only(t)
	require.Equal(t, "relay_failed: 550", send.FailureMessage)
	require.Equal(t, "relay_failed", send.Reason)
	emu.Sends().Reason("relay_failed: 550").Only(t)
	emu.Sends().Reason("relay_failed: 551").None(t)
}

func TestRunsAreAQuestion(t *testing.T) {
	s := openShop(t)
	s.seedText(extras)
	s.track(trial("Pro", "t1"))
	s.event("plan.purchased", "chiara@example.com", object{"trialId": "t1"})
	s.track(trial("Pro", "t2"))
	s.event("survey.due", "alex@example.com")

	trials := s.emu.Runs("trial-onboarding")
	require.Equal(t, 2, trials.Count())
	require.Equal(t, 3, s.emu.Runs("").Count())
	first, last := trials.All()[0], trials.Last()
	require.Equal(t, segmentflow.JourneyRunStatusExited, first.Status)
	require.Equal(t, last.RunID, trials.Status(segmentflow.JourneyRunStatusRunning).Only(t).RunID)
	require.Equal(t, s.emu.Run(first.RunID), first)
	for _, ref := range []string{" Chiara@example.com ", s.emu.ID("profile", "chiara@example.com"), "cus_125"} {
		require.Equal(t, 2, trials.Profile(ref).Count(), ref)
		require.Zero(t, s.emu.Runs("split").Profile(ref).Count(), ref)
	}
	trials.Profile("nobody@example.com").None(t)
	require.Equal(t, 2, s.emu.Runs(first.JourneyID).Version(1).Count())
	require.Equal(t, 2, s.emu.Runs(strings.ToUpper(first.JourneyID)).Count())
}

func TestTheRunsOfADeletedProfileAreFoundByItsID(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	id := s.emu.ID("profile", "chiara@example.com")
	require.NoError(t, s.client.Profiles.Delete(s.Context(), id))
	run := s.emu.Runs("trial-onboarding").Profile(id).Only(t)
	require.Equal(t, "profile_deleted", run.Reason)
	require.Empty(t, run.Email)
	s.emu.Runs("trial-onboarding").Profile("chiara@example.com").None(t)
	s.emu.Profiles().Email("chiara@example.com").None(t)
}

func TestEventsAreAQuestion(t *testing.T) {
	s := openShop(t)
	before := s.emu.Events().Count()
	s.event("cart.filled", "alex@example.com", object{"items": 2})
	s.track(&segmentflow.TrackEventParams{
		Event: "cart.filled", Profile: segmentflow.ProfileIdentity{ExternalID: "cus_125"}, ReferenceID: "r1",
	})
	carts := s.emu.Events().Name("cart.filled")
	require.Equal(t, []int{2, 2 + before}, []int{carts.Count(), s.emu.Events().Count()})
	require.Equal(t, "alex@example.com", carts.All()[0].Email)
	require.Equal(t, "chiara@example.com", carts.Last().Email)
	require.Equal(t, carts.Last(), s.emu.Events().Last())
	require.Equal(t, *carts.Last(), carts.Reference("r1").Only(t))
	require.Equal(t, *carts.Last(), s.emu.Events().Profile("cus_125").Reference("r1").Only(t))
	require.Equal(t, s.emu.Event(carts.All()[0].EventID), carts.Profile("ALEX@example.com").Only(t))
	carts.Profile("nobody@example.com").None(t)
	s.emu.Events().Name("cart.fild").None(t)
}

func TestProfilesAreAQuestion(t *testing.T) {
	s := openShop(t)
	s.seedText(extras)
	s.emu.Advance(time.Second)
	s.event("seen", "new@example.com")
	s.seedText(`
profiles:
  - {email: new@example.com, externalId: cus_9, properties: {tier: gold, seats: 3, vip: true, tags: [a, b],
     "a/b": {c: 1}}, subscriptions: {offers: Unsubscribed}}
`)
	all := s.emu.Profiles()
	require.Equal(t, len(all.All()), all.Count())
	require.Equal(t, "new@example.com", all.Last().Email)
	for name, one := range map[string]emulator.Profiles{
		"email":        all.Email(" NEW@example.com"),
		"externalId":   all.ExternalID("cus_9"),
		"number":       all.Property("seats", 3),
		"float":        all.Property("seats", 3.0),
		"boolean":      all.Property("vip", true),
		"list":         all.Property("tags", []string{"a", "b"}),
		"object":       all.Property("a/b", map[string]int{"c": 1}),
		"several":      all.Property("vip", true).Property("tier", "gold"),
		"unsubscribed": all.Email("new@example.com").Unsubscribed("offers"),
		"segment":      all.Property("vip", true).InSegment("vip"),
		"segment's id": all.Property("vip", true).InSegment(s.emu.ID("segment", "vip")),
	} {
		require.Equal(t, s.emu.Profile("new@example.com"), one.Only(t), name)
	}
	for name, none := range map[string]emulator.Profiles{
		"another value":   all.Property("seats", "x"),
		"part of a list":  all.Property("tags", "a"),
		"both":            all.Property("vip", true).Property("tier", "silver"),
		"subscribed":      all.Email("new@example.com").Subscribed("offers"),
		"no such profile": all.Email("nobody@example.com"),
	} {
		require.Zero(t, none.Count(), name)
		require.Empty(t, none.All(), name)
		require.Nil(t, none.Last(), name)
		none.None(t)
	}
	require.Equal(t, all.Count()-1, all.Property("vip", nil).Count())

	vips := all.Property("vip", true)
	gold, silver := vips.Property("tier", "gold"), vips.Property("tier", "silver")
	require.Equal(t, []int{1, 1, 0}, []int{vips.Count(), gold.Count(), silver.Count()})
}

// verbs are what all questions have.
type verbs interface {
	Count() int
	None(t emulator.TB)
}

// wrongQuestions are questions that ask for what does not exist, by how their failures begin.
var wrongQuestions = map[string]func(*emulator.Emulator) verbs{
	`sends: there is no Template "nws"; there are news, `: func(e *emulator.Emulator) verbs {
		return e.Sends().Template("nws")
	},
	`sends: there is no carrier type "jounrey"; there are journey, `: func(e *emulator.Emulator) verbs {
		return e.Sends().Carrier("jounrey")
	},
	`sends: there is no broadcast carrier "nope"; there are none`: func(e *emulator.Emulator) verbs {
		return e.Sends().Carrier(emulator.CarrierBroadcast, "nope")
	},
	`sends: there is no EmailSend status "skipped"; there are Skipped, `: func(e *emulator.Emulator) verbs {
		return e.Sends().Status("skipped")
	},
	`sends: there is no reason of an EmailSend "unsubscribd"; there are unsubscr`: func(e *emulator.Emulator) verbs {
		return e.Sends().Reason("unsubscribd")
	},
	`runs: there is no Journey "trial-onbording"; there are trial-onboarding, `: func(e *emulator.Emulator) verbs {
		return e.Runs("trial-onbording")
	},
	`runs: there is no run status "Completed"; there are completed, `: func(e *emulator.Emulator) verbs {
		return e.Runs("split").Status("Completed")
	},
	`runs: there is no version of Journey split "2"; there is only 1`: func(e *emulator.Emulator) verbs {
		return e.Runs("split").Version(2)
	},
	`runs: there is no version of Journey split "-1"; there is only 1`: func(e *emulator.Emulator) verbs {
		return e.Runs("split").Version(-1)
	},
	`profiles: there is no SubscriptionGroup "ofers"; there are offers`: func(e *emulator.Emulator) verbs {
		return e.Profiles().Subscribed("ofers")
	},
	`profiles: there is no SubscriptionGroup ""; there are `: func(e *emulator.Emulator) verbs {
		return e.Profiles().Unsubscribed("")
	},
	`profiles: there is no Segment "vipp"; there are vip, `: func(e *emulator.Emulator) verbs {
		return e.Profiles().InSegment("vipp")
	},
	`profiles: the value of Property("x") is no JSON: `: func(e *emulator.Emulator) verbs {
		return e.Profiles().Property("x", func() {})
	},
	`requests: there is no operation "sendMail"; there are sendEmail, `: func(e *emulator.Emulator) verbs {
		return e.Requests().Operation("sendMail")
	},
	`requests: there is no error code "notfound"; there are not_found, `: func(e *emulator.Emulator) verbs {
		return e.Requests().Code("notfound")
	},
	`requests: there is no HTTP status 42; `: func(e *emulator.Emulator) verbs {
		return e.Requests().Status(42)
	},
}

func TestAMistakeInAQuestionIsNoEmptyAnswer(t *testing.T) {
	s := openShop(t)
	s.seedText(extras)
	for want, ask := range wrongQuestions {
		require.Contains(t, failureOf(t, ask(s.emu).None), want)
		w := &recorder{}
		require.Zero(t, ask(s.emu.For(w)).Count())
		require.Len(t, w.failures, 1, want)
		require.Contains(t, w.failures[0], "emulator: "+want)
	}
}

func TestQuestionsAfterClose(t *testing.T) {
	s := openShop(t)
	s.send(receipt(s.receipt(), 1))
	require.NoError(t, s.emu.Close())
	require.Equal(t, "sendEmail", s.emu.Requests().Only(t).Operation, "the journal outlives the world")
	const closed = "unavailable: The emulator is closed: use it before Close and before its test ends."
	require.Equal(t, "sends: "+closed, failureOf(t, s.emu.Sends().None))
	w := &recorder{}
	require.Empty(t, s.emu.For(w).Runs("").All())
	require.Equal(t, []string{"emulator: runs: " + closed}, w.failures)
}

func TestQuestionsNeedATest(t *testing.T) {
	emu := emulator.Start(t)
	for _, ask := range []func(){
		func() { emu.Sends().Only(nil) }, func() { emu.Requests().None(nil) }, func() { emu.Runs("").Only(nil) },
	} {
		require.Panics(t, ask)
	}
	outside, err := emulator.New()
	require.NoError(t, err)
	defer outside.Close()
	require.PanicsWithValue(t, `emulator: runs: there is no Journey "x"; there are none`,
		func() { outside.Runs("x").Count() })
	outside.Sends().None(t)
}
