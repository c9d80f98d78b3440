package emulator_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// waitCase is a wait that ends with its context. TestReports compares the text of its error.
type waitCase struct {
	name    string
	provoke func(s shop)
	wait    func(s shop) error
}

func awaitRun(journey, email string) func(s shop) error {
	return func(s shop) error {
		_, err := s.emu.AwaitRun(ended(s.T), journey, email)
		return err
	}
}

func awaitEvent(name string) func(s shop) error {
	return func(s shop) error {
		_, err := s.emu.AwaitEvent(ended(s.T), name)
		return err
	}
}

func awaitEmail(ask func(emulator.Outbox) emulator.Outbox) func(s shop) error {
	return func(s shop) error {
		_, err := ask(s.emu.Outbox()).Await(ended(s.T))
		return err
	}
}

var waitCases = []waitCase{
	{"a wait for an email, while a run waits", func(s shop) { s.track(trial("Pro", "t1")) },
		awaitEmail(of("trial-reminder"))},
	{"a wait for an email, while nothing happens", func(shop) {}, awaitEmail(to("alex@example.com"))},
	{"a wait for a run, after a misspelt event", func(s shop) {
		s.event("trial.startd", "chiara@example.com")
	}, awaitRun("trial-onboarding", "chiara@example.com")},
	{"a wait for a run of a paused Journey", func(s shop) {
		s.event("cart.left", "alex@example.com")
	}, awaitRun("paused", "alex@example.com")},
	{"a wait for a run that a filter does not let in", func(s shop) {
		s.track(trial("Free", "t1"))
		s.event("plan.ending", "chiara@example.com")
	}, awaitRun("trial-onboarding", "chiara@example.com")},
	{"a wait for a run of a Segment, of anybody", func(shop) {}, awaitRun("vips", "")},
	{"a wait for a run, after a refused call", func(s shop) {
		_, err := s.client.Journeys.Trigger(s.Context(), "renewal", &segmentflow.TriggerJourneyParams{
			Profile: segmentflow.TriggerProfile{Email: "alex@example.com"},
		})
		require.Error(s, err)
	}, awaitRun("renewal", "alex@example.com")},
	{"a wait for an event with a misspelt name", func(s shop) {
		s.event("trial.startd", "chiara@example.com")
		s.event("page.viewed", "alex@example.com")
	}, awaitEvent("trial.stated")},
	{"a wait for an event that a Journey knows", func(shop) {}, awaitEvent("invoice.paid")},
	{"a wait for an event, after a refused call", func(s shop) {
		_, err := s.client.Events.Track(s.Context(), &segmentflow.TrackEventParams{Event: "x"})
		require.Error(s, err)
	}, awaitEvent("invoice.paid")},
}

// waitReports returns the texts of waitCases.
func waitReports(t *testing.T) string {
	var all strings.Builder
	for _, c := range waitCases {
		s := openShop(t)
		s.seedText(extras)
		c.provoke(s)
		err := c.wait(s)
		require.ErrorIs(t, err, context.Canceled, c.name)
		text := plain(err.Error())
		require.LessOrEqual(t, strings.Count(text, "\n")+1, 28, c.name)
		fmt.Fprintf(&all, "== %s\n%s\n\n", c.name, text)
	}
	return all.String()
}

func TestAnExplanationOfAWaitIsThatOfOnly(t *testing.T) {
	s := openShop(t)
	s.track(trial("Pro", "t1"))
	s.emu.Advance(time.Minute)
	outbox := s.emu.Outbox().Template("trial-reminder")
	_, err := outbox.Await(ended(t))
	require.Equal(t, failureOf(t, func(w emulator.TB) { outbox.Only(w) })+
		"\nthe next task is due at 2026-03-05T09:00:00.000Z: emu.Advance(71*time.Hour + 59*time.Minute)"+
		"\nthe wait ended: context canceled", err.Error())
}

// TestWhateverSendsAnEmailWakesWhoWaitsForIt sends through each way that there is.
func TestWhateverSendsAnEmailWakesWhoWaitsForIt(t *testing.T) {
	for name, way := range map[string]func(s shop){
		emulator.CarrierEmail: func(s shop) { s.send(s.mailTo("Alex@example.com")) },
		"a batch": func(s shop) {
			must(s.client.Emails.BatchSend(s.Context(), &segmentflow.BatchSendParams{
				Items: []segmentflow.BatchSendItem{{
					IdempotencyKey: "k",
					TemplateID:     s.emu.ID("template", "news"),
					To:             &segmentflow.Recipient{Email: "alex@example.com"},
				}},
			}))(s)
		},
		emulator.CarrierJourney: func(s shop) { s.event("plan.ending", "alex@example.com") },
		emulator.CarrierBroadcast: func(s shop) {
			require.NoError(s, s.emu.Human().Approve(s.confirm(s.sale())))
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := openShop(t, emulator.WithPatience(96*time.Hour))
			s.seedText(extras)
			got := make(chan *emulator.Message)
			go func() { got <- s.emu.Outbox().To("alex@example.com").Eventually(t) }()
			synctest.Wait()
			way(s)
			var others sync.WaitGroup
			others.Go(func() { s.emu.Advance(48 * time.Hour) })
			msg := <-got
			others.Wait()
			require.Equal(t, s.emu.Outbox().To("alex@example.com").All()[0].ID, msg.ID, name)
			synctest.Wait() // for Advance, which needs an open emulator
		})
	}
}

// timed is a test with a timeout.
type timed struct {
	recorder
	at time.Time
}

func (t timed) Deadline() (deadline time.Time, ok bool) { return t.at, !t.at.IsZero() }

func TestAWaitWithoutDeadlineEndsBeforeTheTestTimesOut(t *testing.T) {
	s := openShop(t)
	soon := s.emu.For(&timed{at: time.Now().Add(time.Second)})
	_, err := soon.AwaitRun(t.Context(), "trial-onboarding", "chiara@example.com")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no run of journey trial-onboarding")
	require.ErrorContains(t, err, "the wait ended: go test times out in a second; pass a context that ends earlier")
	_, err = soon.AwaitRun(ended(t), "trial-onboarding", "chiara@example.com")
	require.ErrorIs(t, err, context.Canceled)

	ctx, cancel := context.WithDeadline(t.Context(), time.Now())
	defer cancel()
	_, err = s.emu.For(&timed{}).AwaitEvent(ctx, "x")
	require.ErrorContains(t, err, "the wait ended: context deadline exceeded")
}
