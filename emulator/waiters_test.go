package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// trialRun starts the Journey whose runs wait for three days, and returns the id of the run. It lets a minute pass,
// after which nothing else waits.
func trialRun(s shop) string {
	s.Helper()
	s.track(trial("Pro", "t1"))
	s.emu.Advance(time.Minute)
	return s.onlyRun("trial-onboarding").RunID
}

func TestAWaiterReturnsWhatIsFinal(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"a frozen clock":  {emulator.WithStartTime(monday)},
		"a running clock": {},
		"a live clock":    {emulator.WithLiveClock()},
		"real waits":      {emulator.WithRealWaits()},
		"a file":          {emulator.WithDatabase(t.TempDir() + "/world.db")},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShopAsItIs(t, opts...)
			send := must(s.client.Emails.Wait(t.Context(), s.send(receipt(s.receipt(), 1)).ID))(t)
			require.Equal(t, segmentflow.EmailSendStatusSent, send.Status)

			skipped := s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(),
				To:                  &segmentflow.Recipient{Email: "nobody@example.com"},
				SubscriptionGroupID: s.emu.ID("subscriptionGroup", "trail-notes")})
			send = must(s.client.Emails.Wait(t.Context(), skipped.ID))(t)
			require.Equal(t, segmentflow.EmailSendStatusSkipped, send.Status, "no failure is an error")

			run := must(s.client.Journeys.Trigger(t.Context(), "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
				Profile:   segmentflow.TriggerProfile{Email: "bruno@example.com"},
				Variables: map[string]any{"newTier": "gold"}}))(t)
			done := must(s.client.Journeys.WaitRun(t.Context(), run.RunID))(t)
			require.Equal(t, segmentflow.JourneyRunStatusCompleted, done.Status)
		})
	}
}

func TestAWaiterThatNothingDueSatisfiesNamesTheNextDue(t *testing.T) {
	s := openShop(t)
	id := trialRun(s)
	seen, err := s.client.Journeys.WaitRun(t.Context(), id)
	require.EqualError(t, err, "segmentflow: GET /api/v1/public/journeys/runs/{runId}: the wait ended at the status "+
		"running: emulator: nothing that is due now changes what is waited for; the next work is due at "+
		"2026-03-05T09:00:00.000Z, and the clock is at 2026-03-02T09:01:00.000Z; Advance(71h59m) (attempts 2)")
	require.Equal(t, id, seen.RunID, "what was seen last")
	require.Equal(t, segmentflow.JourneyRunStatusRunning, seen.Status)
	require.Equal(t, monday.Add(time.Minute), s.emu.Now(), "a waiter does not move the clock")

	s.emu.Advance(30 * 24 * time.Hour)
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, must(s.client.Journeys.WaitRun(t.Context(), id))(t).Status)
}

func TestAWaiterSeesWhatOthersDoAfterItsPoll(t *testing.T) {
	s := openShop(t)
	id := trialRun(s)
	client := s.emu.Client(segmentflow.WithBackoff(func(poll int) time.Duration {
		if poll == 1 {
			s.emu.Advance(30 * 24 * time.Hour)
		}
		return time.Second
	}))
	run, err := client.Journeys.WaitRun(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, run.Status)
}

func TestAWaiterOfACarrier(t *testing.T) {
	s := openShop(t)
	draft := s.broadcast(s.autumn())
	seen, err := s.client.Broadcasts.Wait(t.Context(), draft.ID)
	require.ErrorContains(t, err, "the wait ended at the status NotStarted: emulator: nothing that is due now changes "+
		"what is waited for, and no work is due later; another call or a person must change it")
	require.Equal(t, draft, seen)

	must(s.client.Broadcasts.Schedule(t.Context(), draft.ID,
		&segmentflow.ScheduleCarrierParams{ScheduledIn: time.Hour}))(t)
	_, err = s.client.Broadcasts.Wait(t.Context(), draft.ID)
	require.ErrorContains(t, err, "Advance(1h)")
	s.emu.Advance(time.Hour)
	s.emu.Advance(time.Minute)
	require.Equal(t, segmentflow.BroadcastStatusSent, must(s.client.Broadcasts.Wait(t.Context(), draft.ID))(t).Status)

	archived := s.broadcast(s.autumn())
	must(s.client.Broadcasts.Archive(t.Context(), archived.ID))(t)
	require.Equal(t, segmentflow.BroadcastStatusArchived,
		must(s.client.Broadcasts.Wait(t.Context(), archived.ID))(t).Status)
}

func TestAWaiterOfAnIssue(t *testing.T) {
	s := openShop(t)
	issue := must(s.client.NewsletterIssues.Create(t.Context(), s.emu.ID("newsletter", "trail-notes"),
		&segmentflow.CreateNewsletterIssueParams{Title: "March"}))(t)
	seen, err := s.client.NewsletterIssues.Wait(t.Context(), issue.ID)
	require.ErrorContains(t, err, "/api/v1/newsletter-issues/{id}: the wait ended at the status NotStarted")
	require.Equal(t, issue.ID, seen.ID)
	must(s.client.NewsletterIssues.Archive(t.Context(), issue.ID))(t)
	must(s.client.NewsletterIssues.Wait(t.Context(), issue.ID))(t)
}

func TestAWaiterOfWhatDoesNotExistEndsAtOnce(t *testing.T) {
	s := openShop(t)
	const nothing = "c0a8f3d2-7a64-4a5b-9e0f-2b6d1c3e4f70"
	send, err := s.client.Emails.Wait(t.Context(), nothing)
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
	require.Nil(t, send)
	_, err = s.client.Journeys.WaitRun(t.Context(), nothing)
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
	_, err = s.client.Broadcasts.Wait(t.Context(), nothing)
	require.ErrorIs(t, err, segmentflow.ErrNotFound)
	require.NoError(t, s.emu.Close())
	_, err = s.client.Emails.Wait(t.Context(), nothing)
	require.ErrorIs(t, err, segmentflow.ErrUnavailable)
}

func TestAWaiterWaitsForAConversationWithTheServer(t *testing.T) {
	post := openPost(t, func(string) string { return "" })
	s := post.shop()
	for i := range 20 {
		send := s.send(receipt(s.receipt(), i))
		require.Equal(t, segmentflow.EmailSendStatusSent, must(s.client.Emails.Wait(t.Context(), send.ID))(t).Status)
	}
	s.emu.Advance(time.Minute)
	post.set(answers("DATA", "451 later"))
	send := s.send(receipt(s.receipt(), 21))
	seen, err := s.client.Emails.Wait(t.Context(), send.ID)
	require.ErrorContains(t, err, "the wait ended at the status Processing: emulator: nothing that is due now")
	require.ErrorContains(t, err, "Advance(1m)")
	require.Equal(t, segmentflow.EmailSendStatusProcessing, seen.Status)

	post.set(answers("CONNECT", silence))
	silent := s.send(receipt(s.receipt(), 22))
	<-post.reached
	ctx, cancel := context.WithCancel(t.Context())
	client := s.emu.Client(segmentflow.WithBackoff(func(int) time.Duration { cancel(); return 0 }))
	_, err = client.Emails.Wait(ctx, silent.ID)
	require.ErrorIs(t, err, context.Canceled)
}

func TestAWaiterUnderARateLimitAndFaultsEnds(t *testing.T) {
	s := openShop(t)
	s.emu.RateLimit("retrieveEmail", 1, time.Hour)
	send := s.send(receipt(s.receipt(), 1))
	for range 5 {
		must(s.client.Emails.Wait(t.Context(), send.ID))(t)
	}
	s.emu.Fail(emulator.Fault{Operation: "retrieveEmail", Times: 2, Status: 503})
	must(s.client.Emails.Wait(t.Context(), send.ID))(t)

	s.emu.Fail(emulator.Fault{Operation: "retrieveJourneyRun", Status: 429})
	_, err := s.client.Journeys.WaitRun(t.Context(), trialRun(s))
	require.ErrorContains(t, err, "the clients have waited 10000 times and no call has succeeded since")
}

func TestAWaiterTakesTheTimeOfABubbleOrOfALiveClock(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"running":    nil,
		"live":       {emulator.WithLiveClock()},
		"real waits": {emulator.WithRealWaits()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := openShopAsItIs(t, opts...)
				s.seedJourneyOf("later", "PT10M")
				s.trackEvent("alex@example.com", "later")
				begun := time.Now()
				run := must(s.client.Journeys.WaitRun(t.Context(), s.onlyRun("later").RunID))(t)
				require.Equal(t, segmentflow.JourneyRunStatusCompleted, run.Status)
				require.GreaterOrEqual(t, time.Since(begun), 10*time.Minute)
				require.WithinDuration(t, *run.CompletedAt, s.emu.Now(), 31*time.Second)
			})
		})
	}
}

func TestAWaiterOnAFrozenClockInABubbleSeesWhatOthersAdvance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openShopAsItIs(t, emulator.WithStartTime(monday))
		id := trialRun(s)
		var others sync.WaitGroup
		others.Go(func() {
			time.Sleep(time.Minute)
			s.emu.Advance(60 * 24 * time.Hour)
		})
		run := must(s.client.Journeys.WaitRun(t.Context(), id))(t)
		require.Equal(t, segmentflow.JourneyRunStatusCompleted, run.Status)
		others.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		draft := s.broadcast(s.autumn())
		seen, err := s.client.Broadcasts.Wait(ctx, draft.ID)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, draft.ID, seen.ID)
	})
}

func TestManyWaitersEndOverASocketToo(t *testing.T) {
	s := openShop(t)
	send, id := s.send(receipt(s.receipt(), 1)), trialRun(s)
	byHand, err := segmentflow.New(s.emu.APIKey(), segmentflow.WithBaseURL(s.emu.URL()))
	require.NoError(t, err)
	ours := s.emu.Client(segmentflow.WithBaseURL(s.emu.URL()), segmentflow.WithHTTPClient(http.DefaultClient))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, client := range []*segmentflow.Client{byHand, ours, s.client} {
				if _, err := client.Emails.Wait(t.Context(), send.ID); err != nil {
					t.Error(err)
				}
			}
			for _, client := range []*segmentflow.Client{ours, s.client} {
				_, err := client.Journeys.WaitRun(t.Context(), id)
				if err == nil || !strings.Contains(err.Error(), "Advance(71h59m)") {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
