package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const webhooksPage = "/dashboard/webhooks"

// greet sends an email and waits for its webhooks.
func greet(b browser, email string) {
	b.Helper()
	_, err := b.emu.Client().Emails.Send(b.Context(), &segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", "hello"), To: &segmentflow.Recipient{Email: email},
	})
	require.NoError(b, err)
	require.NoError(b, b.emu.Idle(b.Context()))
}

func TestTheLogOfWebhooksSaysHowToTurnThemOn(t *testing.T) {
	b := open(t)
	greet(b, "alex@example.com")
	page := b.page(webhooksPage)
	require.Contains(t, page, "segmentflow-emulator --webhook http://")
	require.Contains(t, page, "emulator.WithWebhook(")
	require.NotContains(t, page, "<table")

	b = open(t, emulator.WithWebhook(emulator.Webhook{Handler: http.NotFoundHandler()}))
	page = b.page(webhooksPage)
	require.Contains(t, page, "Nothing has been posted yet.")
	require.NotContains(t, page, "--webhook http://")
}

func TestAWebhookIsFollowedAndSentAgain(t *testing.T) {
	status := http.StatusBadGateway
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	b := open(t, emulator.WithWebhook(emulator.Webhook{Handler: handler}))
	greet(b, "alex@example.com")
	b.emu.Advance(time.Second)
	list := text(b.page(webhooksPage))
	require.Contains(t, list, "1 s ago email.accepted alex@example.com waiting 1 502 Bad Gateway in 59 s")
	require.Contains(t, list, "now email.delivered alex@example.com pending 0")
	require.Less(t, strings.Index(list, "email.delivered"), strings.Index(list, "email.accepted"))
	require.Contains(t, b.page("/dashboard"), "A webhook is tried again")

	hook := b.emu.Webhooks()[0]
	path := webhooksPage + "/" + hook.ID
	page := b.page(path)
	shown := text(page)
	require.Contains(t, shown, "1 1 s ago 502 Bad Gateway")
	require.Contains(t, shown, "&#34;to&#34;: &#34;alex@example.com&#34;")
	require.Contains(t, page, "/dashboard/find/"+hook.ProfileID)
	require.NotContains(t, page, "Send it again")
	_, page = b.post(path+"/resend", nil)
	require.Contains(t, page, "Only a parked webhook can be sent again; this one is waiting.")

	status = http.StatusOK
	b.emu.Advance(time.Minute)
	require.Contains(t, text(b.page(webhooksPage)), "email.accepted alex@example.com delivered 2 200 OK none")
	_, page = b.get("/dashboard/find?q=" + hook.ID)
	require.Contains(t, page, "<h1>Webhook email.accepted</h1>")

	status = http.StatusTeapot
	greet(b, "bruno@example.com")
	b.emu.Advance(time.Hour)
	parked := b.emu.Webhooks()[2]
	path = webhooksPage + "/" + parked.ID
	page = b.page(path)
	require.Contains(t, page, "parked")
	require.Contains(t, page, "Send it again")
	status = http.StatusOK
	b.emu.Advance(time.Hour) // a later webhook of the Profile was being tried
	_, page = b.post(path+"/resend", nil)
	require.Contains(t, page, "The webhook is sent again.")
	require.NoError(t, b.emu.Idle(t.Context()))
	require.Contains(t, text(b.page(path)), "5 now 200 OK")
}

func TestAWebhookThatDoesNotExistHasNoPage(t *testing.T) {
	b := open(t)
	for _, id := range []string{"x", "11111111-1111-4111-8111-111111111111"} {
		status, _ := b.get(webhooksPage + "/" + id)
		require.Equal(t, 404, status)
		_, page := b.post(webhooksPage+"/"+id+"/resend", nil)
		require.Contains(t, page, "There is no such Webhook.", id)
	}
	status, _ := b.get(webhooksPage + "?before=x")
	require.Equal(t, 400, status)
}

func TestTheListOfWebhooksHasPages(t *testing.T) {
	b := open(t, emulator.WithWebhook(emulator.Webhook{Handler: http.HandlerFunc(
		func(http.ResponseWriter, *http.Request) {})}))
	for i := range 51 {
		greet(b, fmt.Sprintf("p%d@example.com", i))
	}
	first := b.page(webhooksPage)
	require.Equal(t, 50, strings.Count(first, "<tr>\n<td>"))
	require.NotContains(t, first, "p0@example.com")
	_, rest, _ := strings.Cut(first, `href="/dashboard/webhooks?before=`)
	before, _, _ := strings.Cut(rest, `"`)
	require.Contains(t, b.page(webhooksPage+"?before="+before), "p0@example.com")
}

func TestTheLogOfWebhooksShowsNothingOfADeletedProfile(t *testing.T) {
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(`<script>alex@example.com`) })
	b := open(t, emulator.WithWebhook(emulator.Webhook{Handler: handler}))
	greet(b, "alex@example.com")
	hook := b.emu.Webhooks()[0]
	page := b.page(webhooksPage + "/" + hook.ID)
	require.Contains(t, page, "panicked: &lt;script&gt;alex@example.com")
	err := b.emu.Client().Profiles.Delete(t.Context(), hook.ProfileID)
	require.NoError(t, err)
	for _, path := range []string{webhooksPage, webhooksPage + "/" + hook.ID} {
		page := b.page(path)
		require.Contains(t, page, "cancelled")
		require.Contains(t, page, "a deleted Profile")
		require.NotContains(t, page, "alex")
	}
}
