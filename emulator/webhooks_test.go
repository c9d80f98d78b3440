package emulator_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// hookInbox is a receiver of webhooks. It checks each with the SDK, keeps it, and answers with what answer returns, or
// with 204 if answer is nil.
type hookInbox struct {
	*testing.T
	secret string
	answer func(event *segmentflow.WebhookEvent) int

	mu  sync.Mutex
	emu *emulator.Emulator
	got []hookGot
}

// hookGot is a webhook that was received, and the attempt.
type hookGot struct {
	segmentflow.WebhookEvent

	attempt string
	at      time.Time
}

func (box *hookInbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	box.mu.Lock()
	defer box.mu.Unlock()
	event, err := segmentflow.ParseWebhook(r, box.secret, box.emu.Now())
	if err != nil || event.ID != r.Header.Get("X-Segmentflow-Webhook-Id") ||
		r.Header.Get("Content-Type") != "application/json" {
		box.Errorf("a webhook with these headers is not valid: %v: %v", r.Header, err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	box.got = append(box.got, hookGot{*event, r.Header.Get("X-Segmentflow-Webhook-Attempt"), box.emu.Now()})
	status := http.StatusNoContent
	if box.answer != nil {
		status = box.answer(event)
	}
	w.WriteHeader(status)
}

// told returns what was received, in words.
func (box *hookInbox) told() (all []string) {
	box.mu.Lock()
	defer box.mu.Unlock()
	for _, got := range box.got {
		all = append(all, string(got.Type)+" "+got.attempt)
	}
	return all
}

// listen starts a server for the receiver and returns its URL.
func (box *hookInbox) listen() string {
	server := httptest.NewServer(box)
	box.Cleanup(server.Close)
	return server.URL + "/hooks?shop=acme"
}

// openHooked opens the shop with a receiver within the process.
func openHooked(t *testing.T, opts ...emulator.Option) (shop, *hookInbox) {
	t.Helper()
	box := &hookInbox{T: t, secret: emulator.DefaultWebhookSecret}
	box.mu.Lock() // a world that exists may post at once
	defer box.mu.Unlock()
	s := openShop(t, append([]emulator.Option{emulator.WithWebhook(emulator.Webhook{Handler: box})}, opts...)...)
	box.emu = s.emu
	return s, box
}

// states returns how far the webhooks have come.
func (s shop) states() (all []string) {
	for _, hook := range s.emu.Webhooks() {
		all = append(all, fmt.Sprintf("%s %s %d", hook.Type, hook.State, len(hook.Attempts)))
	}
	return all
}

func TestFactsOfAnEmailArePosted(t *testing.T) {
	s, box := openHooked(t)
	send := s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted 1"}, box.told())
	s.emu.Advance(time.Minute)
	message := s.emu.Outbox().Only(t)
	require.NoError(t, s.emu.Click(message, "https://example.com/t/1"))
	require.NoError(t, s.emu.Complain(message))
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted 1", "email.delivered 1", "email.clicked 1", "email.complained 1"},
		box.told())

	clicked := box.got[2]
	require.Equal(t, s.emu.Now(), clicked.CreatedAt)
	require.Equal(t, send.ProfileID, clicked.ProfileID)
	require.Equal(t, "0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10", clicked.OrganizationID)
	require.Equal(t, &segmentflow.WebhookEmail{
		SendID: send.ID, MessageID: message.ID, TemplateID: s.receipt(), To: "alex@example.com",
		Carrier: segmentflow.WebhookCarrier{Type: "email", ID: send.ID},
		Detail:  segmentflow.WebhookDetail{URL: "https://example.com/t/1"},
	}, clicked.Email)
	require.Equal(t, monday.Add(time.Second), box.got[1].at, "the clock waits for each webhook")

	hooks := s.emu.Webhooks()
	require.Len(t, hooks, 4)
	require.Equal(t, emulator.WebhookDelivered, hooks[1].State)
	require.Equal(t, []emulator.WebhookAttempt{{At: monday.Add(time.Second), Status: 204}}, hooks[1].Attempts)
	require.Equal(t, box.got[1].ID, hooks[1].ID)
	require.Contains(t, string(hooks[1].Payload), box.got[1].ID)
}

func TestEachWayInWhichAnEmailEndsIsPosted(t *testing.T) {
	s, box := openHooked(t)
	for _, to := range []string{"bounced", "soft-bounced", "delayed", "opened", "suppressed"} {
		params := receipt(s.receipt(), 1)
		params.To = &segmentflow.Recipient{Email: to + "@simulator.test"}
		s.send(params)
	}
	s.emu.Advance(time.Hour)

	found := map[string][]string{}
	for _, got := range box.got {
		found[got.Email.To] = append(found[got.Email.To], string(got.Type)+" "+fmt.Sprint(got.Email.Detail))
	}
	require.Equal(t, map[string][]string{
		"bounced@simulator.test":      {"email.accepted {    }", "email.bounced {hard 5.1.1   }"},
		"soft-bounced@simulator.test": {"email.accepted {    }", "email.bounced {soft 4.2.2   }"},
		"delayed@simulator.test":      {"email.accepted {    }", "email.delayed {    }", "email.delivered {    }"},
		"opened@simulator.test":       {"email.accepted {    }", "email.delivered {    }", "email.opened {    }"},
		"suppressed@simulator.test":   {"email.skipped {    suppressed_manual}"},
	}, found)
}

func TestTheEndOfARunIsPosted(t *testing.T) {
	s, box := openHooked(t)
	s.seedJourneyOf("order.placed", "PT1H")
	s.trackEvent("alex@example.com", "order.placed")
	s.emu.Advance(24 * time.Hour)
	run := s.onlyRun("order.placed")
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, run.Status)
	last := box.got[len(box.got)-1]
	require.Equal(t, segmentflow.WebhookRunCompleted, last.Type)
	require.Equal(t, run.ProfileID, last.ProfileID)
	require.Equal(t, &segmentflow.WebhookRun{
		RunID: run.RunID, JourneyID: run.JourneyID, JourneyKey: "order.placed", Version: 1,
		Status: segmentflow.JourneyRunStatusCompleted,
	}, last.Run)
}

func TestAWebhookIsTriedAgainAfterOneFiveAndThirtyMinutes(t *testing.T) {
	s, box := openHooked(t)
	box.answer = func(*segmentflow.WebhookEvent) int { return http.StatusInternalServerError }
	s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted waiting 1"}, s.states())
	require.Equal(t, monday.Add(time.Minute), s.emu.Webhooks()[0].NextAt)
	for i, wait := range []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute} {
		s.emu.Advance(wait - time.Millisecond)
		require.Len(t, box.told(), i+1)
		s.emu.Advance(time.Millisecond)
		require.Greater(t, len(box.told()), i+1)
	}
	require.Equal(t, []string{"email.accepted 1", "email.accepted 2", "email.accepted 3", "email.accepted 4",
		"email.delivered 1"}, box.told())
}

func TestAParkedWebhookLetsTheNextPass(t *testing.T) {
	s, box := openHooked(t)
	box.answer = func(event *segmentflow.WebhookEvent) int {
		if event.Type == segmentflow.WebhookEmailAccepted {
			return http.StatusFound
		}
		return http.StatusOK
	}
	s.send(receipt(s.receipt(), 1))
	s.emu.Advance(35 * time.Minute)
	require.Equal(t, []string{"email.accepted waiting 3", "email.delivered pending 0"}, s.states())
	s.emu.Advance(time.Hour)
	require.Equal(t, []string{"email.accepted parked 4", "email.delivered delivered 1"}, s.states())
	require.Equal(t, monday.Add(36*time.Minute), box.got[4].at)
	require.Equal(t, monday.Add(time.Second), box.got[4].CreatedAt, "it says when it happened")
	s.emu.Advance(24 * time.Hour)
	require.Len(t, box.told(), 5)

	parked := s.emu.Webhooks()[0].ID
	s.emu.ResendWebhook(parked)
	s.emu.Advance(time.Hour)
	require.Equal(t, []string{"email.accepted parked 8", "email.delivered delivered 1"}, s.states())
	box.answer = nil
	s.emu.ResendWebhook(parked)
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted delivered 9", "email.delivered delivered 1"}, s.states())
	require.Equal(t, "email.accepted 9", box.told()[9])
}

func TestWebhooksOfOnePersonAreInOrder(t *testing.T) {
	s, box := openHooked(t)
	tries := 0
	box.answer = func(event *segmentflow.WebhookEvent) int {
		if event.Email.To == "alex@example.com" && event.Type == segmentflow.WebhookEmailDelivered {
			if tries++; tries < 3 {
				return http.StatusServiceUnavailable
			}
		}
		return http.StatusOK
	}
	s.send(receipt(s.receipt(), 1))
	chiara := receipt(s.receipt(), 2)
	chiara.To = &segmentflow.Recipient{Email: "chiara@example.com"}
	s.send(chiara)
	s.emu.Advance(time.Second)
	for _, message := range s.emu.Outbox().All() {
		require.NoError(t, s.emu.Open(message))
	}
	s.emu.Advance(time.Hour)

	order := map[string][]string{}
	for _, got := range box.got {
		told := fmt.Sprint(got.Type, " ", got.attempt, " ", got.at.Sub(monday))
		order[got.Email.To] = append(order[got.Email.To], told)
	}
	require.Equal(t, map[string][]string{
		"alex@example.com": {
			"email.accepted 1 0s", "email.delivered 1 1s", "email.delivered 2 1m1s", "email.delivered 3 6m1s",
			"email.opened 1 6m1s",
		},
		"chiara@example.com": {"email.accepted 1 0s", "email.delivered 1 1s", "email.opened 1 1s"},
	}, order, "another person's webhooks do not wait")
}

func TestAReceiverMayCallTheEmulator(t *testing.T) {
	s, box := openHooked(t)
	s.seedJourneyOf("order.paid", "PT1H")
	box.answer = func(event *segmentflow.WebhookEvent) int {
		if event.Type != segmentflow.WebhookEmailDelivered {
			return http.StatusOK
		}
		send, err := s.client.Emails.Retrieve(context.Background(), event.Email.SendID)
		if err != nil || send.Status != segmentflow.EmailSendStatusSent {
			t.Errorf("%v, %v", send, err)
		}
		s.trackEvent("alex@example.com", "order.paid")
		return http.StatusOK
	}
	s.send(receipt(s.receipt(), 1))
	s.emu.Advance(2 * time.Hour)
	require.Equal(t, monday.Add(time.Second), s.emu.Events().Name("order.paid").Only(t).OccurredAt)
	require.Equal(t, monday.Add(time.Hour+time.Second), s.onlyRun("order.paid").CompletedAt)
}

func TestNoCallWaitsForTheReceiver(t *testing.T) {
	s, box := openHooked(t)
	reached, goOn := make(chan bool, 1), make(chan bool)
	box.answer = func(*segmentflow.WebhookEvent) int {
		reached <- true
		<-goOn
		return http.StatusOK
	}
	send := s.send(receipt(s.receipt(), 1))
	<-reached
	require.Equal(t, segmentflow.EmailSendStatusSent, s.retrieve(send).Status)
	require.Equal(t, []string{"email.accepted pending 0"}, s.states())

	advanced := s.advance("1m")
	select {
	case <-advanced:
		t.Fatal("the clock does not wait")
	case <-time.After(50 * time.Millisecond):
	}
	require.Equal(t, monday, s.emu.Now())
	close(goOn)
	require.Equal(t, 200, (<-advanced).status)
	require.Equal(t, []string{"email.accepted delivered 1", "email.delivered delivered 1"}, s.states())
}

func TestAHandlerThatWouldWaitForItselfIsRefused(t *testing.T) {
	var emu *emulator.Emulator
	var told []string
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		told = append(told, fmt.Sprint(emu.Idle(context.Background())))
		emu.Advance(time.Hour)
	})
	emu, err := emulator.New(emulator.WithStartTime(monday), emulator.WithWebhook(emulator.Webhook{Handler: handler}))
	require.NoError(t, err)
	defer emu.Close()
	s := shop{t, emu, emu.Client()}
	s.send(&segmentflow.SendEmailParams{
		TemplateID: emu.ID("template", "hello"), To: &segmentflow.Recipient{Email: "alex@example.com"},
	})
	idle(t, emu)
	hook := emu.Webhooks()[0]
	require.Equal(t, emulator.WebhookWaiting, hook.State)
	const refused = "the handler of a webhook has called it"
	require.Contains(t, hook.Attempts[0].Error, "Advance(1h0m0s): invalid_state: The call was refused: "+refused)
	require.Len(t, told, 1)
	require.Contains(t, told[0], refused)
}

func TestAHandlerThatFailsItsTestHasNotTakenTheWebhook(t *testing.T) {
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("Alex\nis gone") })
	s := openShop(t, emulator.WithWebhook(emulator.Webhook{Handler: handler}))
	s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	attempt := s.emu.Webhooks()[0].Attempts[0]
	require.Equal(t, "the handler panicked: Alex", attempt.Error)
	require.Zero(t, attempt.Status)
}

func TestWithoutAReceiverNothingIsPosted(t *testing.T) {
	s := openShop(t)
	s.send(receipt(s.receipt(), 1))
	s.emu.Advance(time.Hour)
	require.Empty(t, s.emu.Webhooks())
}

func TestTheWebhooksOfADeletedProfileAreCancelledAndBlanked(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	s, box := openHooked(t, emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	s.seedJourneyOf("order.placed", "P1D")
	s.trackEvent(zoe, "order.placed")
	params := receipt(s.receipt(), 1)
	params.To = &segmentflow.Recipient{Email: zoe}
	s.send(params)
	idle(t, s.emu)
	box.answer = func(*segmentflow.WebhookEvent) int { panic("no entry for " + zoe) }
	s.emu.Advance(time.Second)
	require.NoError(t, s.emu.Open(s.emu.Outbox().Only(t)))
	require.Contains(t, s.emu.Webhooks()[1].Attempts[0].Error, zoe)
	require.NotEmpty(t, traces(t, file))

	s.api(204, "DELETE", "/profiles/"+s.emu.Profile(zoe).ID, "")
	require.Empty(t, traces(t, file))
	s.emu.Advance(48 * time.Hour)
	require.Equal(t, []string{"email.accepted delivered 1", "email.delivered cancelled 1", "email.opened cancelled 0"},
		s.states())
	require.Len(t, box.told(), 2)
	for _, hook := range s.emu.Webhooks() {
		require.Empty(t, hook.Payload)
		require.Zero(t, hook.NextAt)
	}
}

func TestNothingSensitiveIsPosted(t *testing.T) {
	s, box := openHooked(t)
	params := receipt(s.receipt(), 1)
	params.Data.(map[string]any)["paymentReference"] = "s3cret"
	s.send(params)
	s.emu.Advance(time.Hour)
	require.Len(t, box.told(), 2)
	for _, hook := range s.emu.Webhooks() {
		require.NotContains(t, string(hook.Payload), "s3cret")
		require.NotContains(t, string(hook.Payload), "ord_1", "nor the content of an email")
	}
}
