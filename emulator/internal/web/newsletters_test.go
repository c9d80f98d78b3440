package web_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestANewsletterHasItsSubscribersAndIssues(t *testing.T) {
	c := openCampaign(t, []emulator.SeedProfile{{
		Email:         "bounces@example.com",
		Subscriptions: map[string]string{"trail-notes": "Subscribed"},
		Suppressed:    "bounce",
	}})
	id := c.emu.ID("newsletter", "trail-notes")
	page := c.page("/dashboard/newsletters")
	c.has(page, "Trail Notes Trail Notes newsletter every second Thursday shop@acme.example")
	require.Contains(t, page, `href="/dashboard/newsletters/`+id+`"`)

	page = c.page("/dashboard/newsletters/trail-notes")
	c.has(page, "2 subscribers; 1 would get an Issue now.", "1 person: the address bounces", "every second Thursday",
		"Acme Outdoor <shop@acme.example>", "only those who have subscribed", "There is no Issue here.",
		"Template trail-notes-issue",
		`client.NewsletterIssues.Create(ctx, "`+id+`"`)

	made, err := c.client.NewsletterIssues.Create(t.Context(), id,
		&segmentflow.CreateNewsletterIssueParams{Title: "Short days"})
	require.NoError(t, err)
	home := "/dashboard/issues/" + made.ID
	page = c.page("/dashboard/newsletters/" + id)
	c.has(page, "Short days no. 1 draft")
	require.Contains(t, page, `href="`+home+`"`)

	page = c.page(home)
	c.has(page, "draft NewsletterIssue no. 1 of Trail Notes", "1 of 2 get this email",
		"everyone in the subscription group", "client.NewsletterIssues.CreateConfirmation")
	require.Contains(t, page, `href="/dashboard/newsletters/`+id+`"`)
	_, page = c.post(home+"/review", nil)
	path := strings.TrimSuffix(regexpFind(t, `action="(/dashboard/confirmations/[^"]+)/approve"`, page), "/approve")
	_, page = c.post(path+"/approve", acks(page))
	c.has(page, "The NewsletterIssue is Sent", "Audience 2 = 1 eligible + 1 suppressed_bounce")
	require.Contains(t, page, `href="`+home+`"`)
	c.has(c.page(home), "sent NewsletterIssue", "Eligible 1 = ")
	c.emu.Outbox().To("alex@example.com").Only(t)
}

func TestNewslettersThatAreMissing(t *testing.T) {
	b := open(t)
	require.Contains(t, text(b.page("/dashboard/newsletters")), "There is no Newsletter here.")
	status, _ := b.get("/dashboard/newsletters?before=x")
	require.Equal(t, 400, status)
	c := openCampaign(t, nil)
	for _, id := range []string{"none", c.emu.ID("segment", "gold")} {
		status, _ := c.get("/dashboard/newsletters/" + id)
		require.Equal(t, 404, status)
	}
	status, _ = c.get("/dashboard/newsletters/" + c.emu.ID("newsletter", "trail-notes") + "?before=x")
	require.Equal(t, 400, status)
}
