package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// recorder is a TB that records failures and does not end the test.
type recorder struct{ failures []string }

func (w *recorder) Helper()             {}
func (w *recorder) Cleanup(func())      {}
func (w *recorder) Name() string        { return "witness" }
func (w *recorder) Failed() bool        { return len(w.failures) > 0 }
func (w *recorder) Logf(string, ...any) {}
func (w *recorder) Fatalf(format string, args ...any) {
	w.failures = append(w.failures, fmt.Sprintf(format, args...))
}

// failureOf returns the failure text of an assertion that must fail.
func failureOf(t testing.TB, ask func(t emulator.TB)) string {
	t.Helper()
	w := &recorder{}
	ask(w)
	require.Len(t, w.failures, 1, "the assertion must fail once")
	return w.failures[0]
}

func TestTheOutboxIsOldestFirstAndAFilterChangesNoOther(t *testing.T) {
	s := openShop(t)
	for n := range 3 {
		s.send(receipt(s.receipt(), n))
	}
	sendTo(t, s.emu, "password-reset", "Bruno@example.com")
	all := s.emu.Outbox()
	alexs := all.To(" ALEX@example.com ")
	require.Equal(t, []int{4, 3, 1}, []int{all.Count(), alexs.Count(), alexs.Subject("ord_2").Count()})
	require.Equal(t, 3, alexs.Count(), "a filter does not change the outbox it came from")
	var subjects []string
	for _, m := range alexs.All() {
		subjects = append(subjects, m.Subject)
	}
	require.Equal(t, []string{"Your order ord_0", "Your order ord_1", "Your order ord_2"}, subjects)
	require.Equal(t, "Your order ord_2", alexs.Last().Subject)
	require.Equal(t, "Bruno@example.com", all.To("bruno@example.com").Only(t).To[0].Email)
	require.Equal(t, 1, all.Template("password-reset").Count())
	require.Equal(t, 1, all.Template(s.emu.ID("template", "password-reset")).Count())
	require.Nil(t, all.To("nobody@example.com").Last())
	require.Empty(t, all.To("nobody@example.com").All())
	all.To("nobody@example.com").None(t)
}

func TestMessagesAreFoundByTheirCarrier(t *testing.T) {
	s := openShop(t)
	send := s.send(receipt(s.receipt(), 1))
	s.track(trial("Pro", "t1"))
	run := s.onlyRun("trial-onboarding")
	single := s.emu.Outbox().Carrier(emulator.CarrierEmail).Only(t)
	require.Equal(t, emulator.Carrier{Type: "email", ID: send.ID}, single.Carrier)
	require.Equal(t, single.ID, s.emu.Outbox().Carrier(emulator.CarrierEmail, send.ID).Only(t).ID)
	require.Equal(t,
		emulator.Carrier{Type: "journey", ID: run.RunID},
		s.emu.Outbox().Carrier(emulator.CarrierJourney, run.RunID).Only(t).Carrier)
	s.emu.Outbox().Carrier(emulator.CarrierJourney, send.ID).None(t)
	s.emu.Outbox().Carrier(emulator.CarrierBroadcast).None(t)
}

func TestAMessageHasWhatItsRecipientGets(t *testing.T) {
	s := openShop(t)
	send := s.send(receipt(s.receipt(), 1))
	msg := s.emu.Outbox().Only(t)
	require.Equal(t,
		[]string{send.ID, send.ProfileID, "order-receipt"},
		[]string{msg.SendID, msg.ProfileID, msg.Template})
	require.Equal(t, emulator.Address{Email: "shop@acme.example", Name: "Acme Outdoor"}, msg.From)
	require.Equal(t, monday, msg.At)
	require.Equal(t, "<"+msg.ID+"@acme.example>", msg.Headers.Get("Message-ID"))
	require.Contains(t, msg.Headers.Get("Content-Type"), "multipart/alternative")
	require.Empty(t, msg.Headers.Get("List-Unsubscribe"), "only an email to a group has it")
	require.Contains(t, string(msg.Raw()), "Subject: Your order ord_1\r\n")
	require.Equal(t, string(s.emu.Outbox().Only(t).Raw()), string(msg.Raw()), "the bytes are always the same")
	require.Equal(t,
		[]emulator.Link{{"Track your parcel", "https://example.com/t/1"}, {"support", "mailto:support@acme.example"}},
		msg.Links())
	require.Equal(t, "https://example.com/t/1", msg.Link("Track"))
	require.Equal(t, "mailto:support@acme.example", msg.Link("mailto:"))
	require.Empty(t, msg.Link("Unsubscribe"))
}

func TestACodeIsAWordOfItsOwn(t *testing.T) {
	for text, code := range map[string]string{
		"Your code is 482913.":    "482913",
		"(123456) opens the door": "123456",
		"Code: 0042":              "0042",
		"Since 2019 we send codes:\n\n  77123456  \nOK": "77123456",
		"order 2026-03-02 costs 1234.50 EUR":            "",
		"ord_9421, 12,5000 or 123":                      "",
		"123456789 is too long":                         "",
		"https://example.com/reset/123456":              "",
		"":                                              "",
	} {
		require.Equal(t, code, (&emulator.Message{Text: text}).Code(), text)
	}
}

func TestTheLinksOfAPlainTextEmailAreItsURLs(t *testing.T) {
	msg := &emulator.Message{Text: "Go to https://example.com/a?b=1, or (http://example.com/c)."}
	require.Equal(t,
		[]emulator.Link{
			{"https://example.com/a?b=1", "https://example.com/a?b=1"},
			{"http://example.com/c", "http://example.com/c"},
		},
		msg.Links())
}

func TestAMissingMessageIsExplained(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	s.track(trial("Free", "t2"))
	s.send(receipt(s.receipt(), 1))
	s.emu.Advance(time.Minute)
	text := failureOf(t,
		func(w emulator.TB) { s.emu.Outbox().To("chiara@example.com").Template("trial-reminder").Only(w) })
	run := s.onlyRun("trial-onboarding")
	lines := strings.Split(text, "\n")
	require.Equal(t,
		"outbox: no message to chiara@example.com from Template trial-reminder; "+
			"the clock is at 2026-03-02T09:01:00.000Z",
		lines[0])
	require.Equal(t, "sent instead, nearest first:", lines[1])
	require.Contains(t, lines[2],
		`to chiara@example.com  "Welcome to the Pro trial, Chiara"  Template trial-welcome  journey `+run.RunID)
	require.Contains(t, lines[3], "to alex@example.com")
	require.Contains(t, text,
		"run "+run.RunID+" of journey trial-onboarding waits at node wait until 2026-03-05T09:00:00.000Z; "+
			"the clock is at 2026-03-02T09:01:00.000Z; Advance(71h59m)")
	require.Contains(t, text, "journey trial-onboarding skipped event trial.started ")
	require.Contains(t, text, ": filter_mismatch")
}

func TestAnEmailThatWasNotSentIsExplained(t *testing.T) {
	s := openShop(t)
	event := trial("Pro", "t1")
	event.Profile.Email = "bruno@example.com"
	s.track(event)
	text := failureOf(t, func(w emulator.TB) { s.emu.Outbox().To("bruno@example.com").Only(w) })
	require.Contains(t, text, "nothing was sent")
	require.Contains(t, text, "to bruno@example.com, Template trial-welcome: Skipped, unsubscribed")

	bought := trial("Pro", "t1")
	bought.Event, bought.Profile.Email = "plan.purchased", "bruno@example.com"
	s.track(bought)
	text = failureOf(t, func(w emulator.TB) { s.emu.Outbox().To("bruno@example.com").Only(w) })
	require.Contains(t, text, "of journey trial-onboarding exited at node wait: exit_rule:converted")
	require.NotContains(t, text, "still waiting")
}

func TestAMisspeltFilterIsExplained(t *testing.T) {
	s := openShop(t)
	for n := range 20 {
		sendTo(t, s.emu, "order-receipt", fmt.Sprintf("somebody%d@example.com", n))
	}
	s.send(receipt(s.receipt(), 1))
	s.send(&segmentflow.SendEmailParams{
		TemplateID: s.receipt(),
		To:         &segmentflow.Recipient{Email: "later@example.com"},
		CC:         []string{"cc@example.com"},
	})
	text := failureOf(t, func(w emulator.TB) { s.emu.Outbox().To("alxe@example.com").Only(w) })
	require.Contains(t, text, "there is no Profile with the email alxe@example.com")
	require.Contains(t,
		strings.Split(text, "\n")[3], "to alex@example.com",
		"the most similar address comes first")
	require.Contains(t, text, "  … and 18 more")
	require.Less(t, strings.Count(text, "\n"), 15)

	text = failureOf(t, func(w emulator.TB) { s.emu.Outbox().To("cc@example.com").Only(w) })
	require.NotContains(t, text, "panic")
	text = failureOf(t, func(w emulator.TB) { s.emu.Outbox().Template("order-recept").None(w) })
	require.Contains(t, text, `there is no Template "order-recept"; there are `)
	require.Contains(t, text, "order-receipt")
	text = failureOf(t, func(w emulator.TB) { s.emu.Outbox().Carrier("jounrey").None(w) })
	require.Contains(t, text, `there is no carrier type "jounrey"`)
}

func TestAnUnexpectedMessageIsListed(t *testing.T) {
	s := openShop(t)
	for n := range 12 {
		s.send(receipt(s.receipt(), n))
	}
	text := failureOf(t, func(w emulator.TB) { s.emu.Outbox().To("alex@example.com").Only(w) })
	require.Contains(t, text, "outbox: 12 messages to alex@example.com, want one")
	require.Contains(t, text, "ord_11")
	require.NotContains(t, text, `"Your order ord_1"`, "the output is bounded")
	text = failureOf(t, func(w emulator.TB) { s.emu.Outbox().Subject("ord_7").None(w) })
	require.Contains(t, text, `outbox: 1 message with "ord_7" in its subject, want none`)
}

func TestUnsubscribeDoesWhatAMailProgramDoes(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	msg := s.emu.Outbox().Only(t)
	require.Equal(t, "List-Unsubscribe=One-Click", msg.Headers.Get("List-Unsubscribe-Post"))
	link := msg.Link("Unsubscribe")
	require.Equal(t, "<"+link+">", msg.Headers.Get("List-Unsubscribe"))
	require.Contains(t,
		call(t, s.emu, "GET", strings.TrimPrefix(link, "https://emulator.test"), "").body,
		"<button>Unsubscribe</button>")
	require.Empty(t, s.emu.Profile("chiara@example.com").Subscriptions, "GET only shows a page")

	require.NoError(t, s.emu.Unsubscribe(msg))
	require.NoError(t, s.emu.Unsubscribe(msg), "the second call changes nothing")
	require.Equal(t, map[string]string{"offers": "Unsubscribed"}, s.emu.Profile("chiara@example.com").Subscriptions)
	facts := s.emu.Outbox().Only(t).Facts
	require.Equal(t, emulator.Fact{Type: "unsubscribed", At: monday, Source: "one_click"}, facts[len(facts)-1])
	s.emu.Advance(72 * time.Hour)
	s.emu.Outbox().Template("trial-reminder").None(t)

	s.send(receipt(s.receipt(), 1))
	require.ErrorContains(t,
		s.emu.Unsubscribe(s.emu.Outbox().Template("order-receipt").Only(t)), "no List-Unsubscribe header")
	require.ErrorContains(t,
		emulator.Start(t, emulator.WithSeedNumber(2)).Unsubscribe(msg), "404",
		"the link is not from this emulator")
}

func TestUnsubscribeFollowsAPublicURLWithAPath(t *testing.T) {
	for _, address := range []string{"https://shop.test/mail", "https://shop.test/mail/"} {
		s := openShop(t, emulator.WithPublicURL(address))
		s.track(trial("Pro", "t1"))
		msg := s.emu.Outbox().Only(t)
		require.Contains(t, msg.Link("Unsubscribe"), "https://shop.test/mail/u/")
		require.NoError(t, s.emu.Unsubscribe(msg))
	}
}

func TestAClosedEmulatorReportsThatItIsClosed(t *testing.T) {
	s := openShop(t)
	require.NoError(t, s.emu.Close())
	require.Contains(t, failureOf(t, func(w emulator.TB) { s.emu.Outbox().None(w) }), "closed")
	require.Contains(t, failureOf(t, func(w emulator.TB) { s.emu.Outbox().Only(w) }), "closed")
}

// TestTheCountOfTheOutboxIsThatOfItsEmails counts after everything that adds an email, keeps one out or removes one.
func TestTheCountOfTheOutboxIsThatOfItsEmails(t *testing.T) {
	s := openShop(t)
	client, template := s.emu.Client(), s.receipt()
	counts := func(want int) {
		t.Helper()
		require.Len(t, s.emu.Outbox().All(), want)
		require.Equal(t, want, s.emu.Outbox().Count())
	}
	send := func(email string) {
		t.Helper()
		params := receipt(template, 1)
		params.To = &segmentflow.Recipient{Email: email}
		_, err := client.Emails.Send(t.Context(), params)
		require.NoError(t, err)
		s.emu.Advance(time.Minute)
	}
	counts(0)
	send("alex@example.com")
	send("new@example.com")
	send("alex@example.com")
	counts(3)

	require.NoError(t, s.emu.Bounce(s.emu.Outbox().To("new@example.com").Last(), "hard"))
	send("new@example.com")
	counts(3) // it is suppressed
	image, err := s.emu.Snapshot()
	require.NoError(t, err)
	s.deleteProfile("alex@example.com")
	counts(1)
	send("alex@example.com")
	counts(2)
	s.track(trial("Pro", "t1"))
	counts(3)
	s.deleteProfile("new@example.com")
	counts(2)

	require.NoError(t, s.emu.Restore(image))
	counts(3)
	send("bruno@example.com")
	counts(4)
	s.emu.Reset()
	counts(0)
}
