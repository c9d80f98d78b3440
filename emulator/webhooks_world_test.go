package emulator_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// stuck returns an answer that waits until the test goes on, and a channel that says when it has begun.
func stuck() (answer func(*segmentflow.WebhookEvent) int, reached chan bool, goOn chan bool) {
	reached, goOn = make(chan bool, 10), make(chan bool)
	return func(*segmentflow.WebhookEvent) int {
		reached <- true
		<-goOn
		return http.StatusOK
	}, reached, goOn
}

func TestCloseWaitsForNoReceiver(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	for name, open := range map[string]func(box *hookInbox) emulator.Webhook{
		"in process": func(box *hookInbox) emulator.Webhook { return emulator.Webhook{Handler: box} },
		"a server":   func(box *hookInbox) emulator.Webhook { return emulator.Webhook{URL: box.listen()} },
	} {
		box := &hookInbox{T: t, secret: emulator.DefaultWebhookSecret}
		answer, reached, goOn := stuck()
		box.answer = answer
		hook := open(box)
		s := openShop(t, file, emulator.WithWebhook(hook))
		box.emu = s.emu
		s.send(receipt(s.receipt(), 1))
		<-reached
		begun := time.Now()
		require.NoError(t, s.emu.Close(), name)
		require.Less(t, time.Since(begun), 5*time.Second, name)
		close(goOn)

		again, later := openHooked(t, file)
		idle(t, again.emu)
		require.Equal(t, box.got[0].ID, later.got[0].ID, "it is sent once more, with the same id")
		require.Equal(t, []string{"email.accepted 1"}, later.told(), name)
		again.emu.Reset()
		require.NoError(t, again.emu.Close())
	}
}

func TestALaterProcessGoesOnWithTheTriesOfWebhooks(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	s, box := openHooked(t, file, emulator.WithLogger(slog.New(slog.DiscardHandler)))
	box.answer = func(*segmentflow.WebhookEvent) int { return http.StatusInternalServerError }
	s.send(receipt(s.receipt(), 1))
	s.emu.Advance(30 * time.Second)
	require.Equal(t, []string{"email.accepted waiting 1", "email.delivered pending 0"}, s.states())
	require.NoError(t, s.emu.Close())

	without := openShop(t, file)
	without.send(receipt(without.receipt(), 2))
	without.emu.Advance(time.Hour)
	require.Equal(t, []string{"email.accepted pending 1", "email.delivered pending 0"}, without.states(),
		"without a receiver nothing is posted, and nothing is noted")
	require.NoError(t, without.emu.Close())

	s, box = openHooked(t, file)
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted 2", "email.delivered 1"}, box.told())
	require.Equal(t, []string{"email.accepted delivered 2", "email.delivered delivered 1"}, s.states())
}

func TestAnImageOfAWorldHasItsWebhooks(t *testing.T) {
	s, box := openHooked(t, emulator.WithLogger(slog.New(slog.DiscardHandler)))
	answer, reached, goOn := stuck()
	box.answer = answer
	s.send(receipt(s.receipt(), 1))
	<-reached
	image, err := s.emu.Snapshot() // as if the process were killed now
	require.NoError(t, err)
	close(goOn)

	copied, other := openHooked(t, emulator.WithImage(image))
	idle(t, copied.emu)
	require.Equal(t, []string{"email.accepted 1"}, other.told())

	silent := openShop(t, emulator.WithImage(image))
	silent.emu.Advance(time.Hour)
	require.Equal(t, []string{"email.accepted pending 0"}, silent.states())
	require.NoError(t, silent.emu.Restore(image))
	require.Equal(t, []string{"email.accepted pending 0"}, silent.states())
}

func TestAForkPostsItsOwnWebhooks(t *testing.T) {
	s, box := openHooked(t)
	s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	fork := s.emu.Fork(t)
	fork.Advance(time.Second)
	require.Equal(t, []string{"email.accepted 1"}, box.told()[:1])
	require.Equal(t, emulator.WebhookDelivered, fork.Webhooks()[1].State)
	require.Equal(t, []string{"email.accepted delivered 1"}, s.states())
}

func TestAResetDropsTheWebhooks(t *testing.T) {
	s, box := openHooked(t)
	answer, reached, goOn := stuck()
	box.answer = answer
	s.send(receipt(s.receipt(), 1))
	<-reached
	s.emu.Reset()
	require.Empty(t, s.emu.Webhooks())
	close(goOn)
	s.emu.Advance(time.Hour)
	require.Empty(t, s.emu.Webhooks())

	s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted delivered 1"}, s.states())
}

func TestEachOrganizationHasItsOwnWebhooks(t *testing.T) {
	s, box := openHooked(t)
	const other = "7e6d0000-0000-4000-8000-000000000002"
	require.NoError(t, s.emu.Seed(emulator.Seed{Organizations: []emulator.Seed{{
		Organization:   emulator.SeedOrganization{ID: other, Name: "Other"},
		APIKeys:        []emulator.SeedAPIKey{{Key: "sk_test_other", Scopes: []string{"*"}}},
		Domains:        []emulator.SeedDomain{{Domain: "other.example"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "other", Email: "a@other.example", Default: true}},
		Templates: []emulator.SeedTemplate{{ID: "7e6d0000-0000-4000-8000-000000000003", Key: "other",
			Purpose: "Transactional", Definition: map[string]any{"subject": "Hi", "html": "<p>Hi</p>"}}},
	}}}))
	_, err := s.emu.ClientFor("sk_test_other").Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID: "7e6d0000-0000-4000-8000-000000000003", To: &segmentflow.Recipient{Email: "alex@example.com"}})
	require.NoError(t, err)
	s.send(receipt(s.receipt(), 1))
	s.emu.Advance(time.Second)
	require.Len(t, box.got, 4)
	orgs := map[string]int{}
	for _, got := range box.got {
		orgs[got.OrganizationID]++
	}
	require.Equal(t, map[string]int{other: 2, "0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10": 2}, orgs)
	require.Len(t, s.emu.Webhooks(), 2, "those of the first Organization")
}

func TestABroadcastIsPosted(t *testing.T) {
	s, box := openHooked(t)
	p := press{t, s.emu}
	p.shoppers(600) // more than a batch
	require.NoError(t, s.emu.Human().Approve(p.confirm(p.draft(nil))))
	s.emu.Advance(time.Minute)
	counts, last := map[segmentflow.WebhookType]int{}, map[string]segmentflow.WebhookType{}
	for _, got := range box.got {
		counts[got.Type]++
		require.Equal(t, "broadcast", got.Email.Carrier.Type)
		require.NotEqual(t, segmentflow.WebhookEmailDelivered, last[got.ProfileID])
		last[got.ProfileID] = got.Type
	}
	sent := s.emu.Outbox().Count()
	require.Greater(t, sent, 600)
	require.Equal(t, sent, counts[segmentflow.WebhookEmailAccepted])
	require.Equal(t, sent, counts[segmentflow.WebhookEmailDelivered])
}

func TestALiveClockTriesWebhooksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []time.Duration
		begun := time.Now()
		handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			told = append(told, time.Since(begun))
			if len(told) < 4 {
				w.WriteHeader(http.StatusBadGateway)
			}
		})
		s := openShopAsItIs(t, emulator.WithLiveClock(), emulator.WithWebhook(emulator.Webhook{Handler: handler}))
		s.send(receipt(s.receipt(), 1))
		require.Zero(t, time.Since(begun), "the call does not wait")
		idle(t, s.emu)
		require.Equal(t, time.Second, time.Since(begun))
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, []time.Duration{
			time.Second, 62 * time.Second, 363 * time.Second, 2164 * time.Second, 2165 * time.Second,
		}, told)
		require.Equal(t, []string{"email.accepted delivered 4", "email.delivered delivered 1"}, s.states())
	})
}

func TestAReceiverHasTenSeconds(t *testing.T) {
	for name, opts := range map[string][]emulator.Option{
		"live":   {emulator.WithLiveClock()},
		"frozen": {emulator.WithStartTime(monday)},
	} {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan bool)
			handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				close(ended)
			})
			s := openShopAsItIs(t, append(opts, emulator.WithWebhook(emulator.Webhook{Handler: handler}))...)
			begun := time.Now()
			s.send(receipt(s.receipt(), 1))
			idle(t, s.emu)
			<-ended
			require.Equal(t, 10*time.Second, time.Since(begun), name)
			require.Equal(t, "no answer within 10s", s.emu.Webhooks()[0].Attempts[0].Error, name)
		})
	}
}

// TestAHandlerWhoseGoroutineWaitsForItIsLetGo has a handler that waits for a goroutine, which waits for the handler.
func TestAHandlerWhoseGoroutineWaitsForItIsLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var emu *emulator.Emulator
		waited := make(chan error, 10)
		handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			go func() { waited <- emu.Idle(t.Context()) }()
			if err := <-waited; err != nil {
				t.Error(err)
			}
		})
		s := openShop(t, emulator.WithStartTime(monday), emulator.WithWebhook(emulator.Webhook{Handler: handler}))
		emu = s.emu
		s.send(receipt(s.receipt(), 1))
		idle(t, emu)
		synctest.Wait()
		require.Equal(t, []string{"email.accepted waiting 1"}, s.states())
	})
}

func TestWhatAReceiverAnsweredWhileTheFileWasLockedIsKept(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	other := openElsewhere(t, file)
	execute(t, other, "PRAGMA journal_mode = WAL")
	s, box := openHooked(t, emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	locked, once := make(chan bool), false
	box.answer = func(*segmentflow.WebhookEvent) int {
		if !once {
			once = true
			execute(t, other, "BEGIN IMMEDIATE")
			close(locked)
		}
		return http.StatusOK
	}
	send := s.send(receipt(s.receipt(), 1))
	<-locked
	require.Equal(t, 503, call(t, s.emu, "GET", "/api/v1/emails/"+send.ID, "").status)
	execute(t, other, "ROLLBACK")
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted delivered 1"}, s.states())
	require.Len(t, box.told(), 1)
}

func TestTheWebhooksOfTwoRunsAreEqual(t *testing.T) {
	var runs [2][]string
	for i := range runs {
		s, box := openHooked(t)
		for n := range 30 {
			params := receipt(s.receipt(), n)
			params.To = &segmentflow.Recipient{Email: fmt.Sprintf("p%d@example.com", n%7)}
			s.send(params)
			idle(t, s.emu)
		}
		s.emu.Advance(time.Hour)
		for _, got := range box.got {
			runs[i] = append(runs[i], strings.Join([]string{got.ID, string(got.Type), got.Email.To}, " "))
		}
	}
	require.Len(t, runs[0], 60)
	require.True(t, slices.Equal(runs[0], runs[1]))
}
