package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAServerReceivesWebhooks(t *testing.T) {
	box := &hookInbox{T: t, secret: "whsec_shop"}
	box.mu.Lock()
	s := openShop(t, emulator.WithWebhook(emulator.Webhook{URL: box.listen(), Secret: "whsec_shop"}))
	box.emu = s.emu
	box.mu.Unlock()
	for i := range 40 {
		params := receipt(s.receipt(), i)
		params.To = &segmentflow.Recipient{Email: fmt.Sprintf("p%d@example.com", i%10)}
		s.send(params)
	}
	s.emu.Advance(time.Minute)
	require.Len(t, box.told(), 80)
	sorted := map[string][]string{}
	for _, got := range box.got {
		sorted[got.Email.To] = append(sorted[got.Email.To], string(got.Type))
	}
	for _, order := range sorted {
		require.Equal(t, append(slices.Repeat([]string{"email.accepted"}, 4),
			slices.Repeat([]string{"email.delivered"}, 4)...), order)
	}
}

func TestAReceiverThatCannotBeReachedIsTriedAgain(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	s := openShop(t, emulator.WithWebhook(emulator.Webhook{URL: server.URL}))
	s.send(receipt(s.receipt(), 1))
	s.emu.Advance(30 * time.Second)
	hook := s.emu.Webhooks()[0]
	require.Equal(t, emulator.WebhookWaiting, hook.State)
	require.Zero(t, hook.Attempts[0].Status)
	require.Contains(t, hook.Attempts[0].Error, "connection refused")
}

func TestARedirectIsNotFollowed(t *testing.T) {
	reached := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached = reached || r.URL.Path == "/elsewhere"
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	s := openShop(t, emulator.WithWebhook(emulator.Webhook{URL: server.URL}))
	s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, 307, s.emu.Webhooks()[0].Attempts[0].Status)
	require.False(t, reached)
}

func TestATLSReceiverSignsItsOwnCertificate(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(server.Close)
	s := openShop(t, emulator.WithWebhook(emulator.Webhook{URL: server.URL}))
	s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted delivered 1"}, s.states())
}

func TestAReceiverThatCannotBeIsRefused(t *testing.T) {
	handler := http.NotFoundHandler()
	for _, test := range []struct {
		hook emulator.Webhook
		want string
	}{
		{emulator.Webhook{}, "neither a URL nor a Handler"},
		{emulator.Webhook{URL: "http://127.0.0.1:1", Handler: handler}, "both a URL and a Handler"},
		{emulator.Webhook{URL: "127.0.0.1:8080"}, "must be absolute"},
		{emulator.Webhook{URL: "ftp://127.0.0.1/"}, "must be absolute"},
		{emulator.Webhook{URL: "http:///hooks"}, "must be absolute"},
		{emulator.Webhook{URL: "http://s3cret.example/hooks"}, "must be localhost or a loopback"},
		{emulator.Webhook{URL: "http://127.0.0.1.s3cret.example/"}, "must be localhost or a loopback"},
		{emulator.Webhook{URL: "http://192.0.2.1/?s3cret"}, "must be localhost or a loopback"},
		{emulator.Webhook{URL: "http://shop:s3cret@127.0.0.1/"}, "no user"},
		{emulator.Webhook{URL: "http://127.0.0.1/#s3cret"}, "no fragment"},
	} {
		_, err := emulator.New(emulator.WithWebhook(test.hook))
		require.ErrorContains(t, err, test.want)
		require.NotContains(t, err.Error(), "s3cret")
	}
	for _, good := range []string{"http://localhost:1/a?b=c", "https://[::1]:2", "http://127.9.9.9/"} {
		emu, err := emulator.New(emulator.WithWebhook(emulator.Webhook{URL: good}))
		require.NoError(t, err)
		require.NoError(t, emu.Close())
	}
}

func TestTheControlPlaneListsWebhooks(t *testing.T) {
	s, box := openHooked(t)
	box.answer = func(event *segmentflow.WebhookEvent) int {
		if event.Type == segmentflow.WebhookEmailAccepted {
			return http.StatusInternalServerError
		}
		return http.StatusOK
	}
	send := s.send(receipt(s.receipt(), 1))
	s.emu.Advance(time.Second)
	page := call(t, s.emu, "GET", "/_emulator/webhooks?limit=1", "").json(t)
	delivered := page["webhooks"].([]any)[0].(map[string]any)
	require.Equal(t, "email.delivered", delivered["type"])
	require.Equal(t, "pending", delivered["state"])
	require.Equal(t, []any{}, delivered["attempts"])
	require.Nil(t, delivered["nextAt"])

	page = call(t, s.emu, "GET", "/_emulator/webhooks?cursor="+page["nextCursor"].(string), "").json(t)
	require.Nil(t, page["nextCursor"])
	accepted := page["webhooks"].([]any)[0].(map[string]any)
	require.Equal(t, "2026-03-02T09:01:00.000Z", accepted["nextAt"])
	require.Equal(t, "2026-03-02T09:00:00.000Z", accepted["createdAt"])
	require.Equal(t, send.ProfileID, accepted["profileId"])
	require.Equal(t, []any{map[string]any{"at": "2026-03-02T09:00:00.000Z", "status": 500.0, "error": nil}},
		accepted["attempts"])
	require.Equal(t, send.ID, accepted["payload"].(map[string]any)["data"].(map[string]any)["sendId"])

	resend := "/_emulator/webhooks/" + accepted["id"].(string) + "/resend"
	require.Equal(t, 409, call(t, s.emu, "POST", resend, "").status)
	require.Equal(t, 404, call(t, s.emu, "POST", "/_emulator/webhooks/none/resend", "").status)
	require.Equal(t, 400, call(t, s.emu, "GET", "/_emulator/webhooks?cursor=x", "").status)
	s.emu.Advance(time.Hour)
	box.answer = nil
	require.Equal(t, 204, call(t, s.emu, "POST", resend, "").status)
	idle(t, s.emu)
	require.Equal(t, []string{"email.accepted delivered 5", "email.delivered delivered 1"}, s.states())

	image, err := s.emu.Snapshot()
	require.NoError(t, err)
	without := openShop(t, emulator.WithImage(image))
	refused := call(t, without.emu, "POST", resend, "")
	require.Equal(t, 409, refused.status)
	require.Contains(t, refused.body, "without a receiver of webhooks")
}
