package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const hostile = `"><script>alert(1)</script>` + "\u202e\u200b"

// confirm makes a Broadcast with a name and asks for its confirmation.
func (b browser) confirm(name string) (confirmation string) {
	b.Helper()
	client := b.emu.Client()
	made, err := client.Broadcasts.Create(b.Context(), &segmentflow.CreateBroadcastParams{
		Name:                name,
		SegmentID:           b.emu.ID("segment", "gold"),
		TemplateID:          b.emu.ID("template", "autumn-sale"),
		SubscriptionGroupID: b.emu.ID("subscriptionGroup", "offers"),
	})
	require.NoError(b, err)
	asked, err := client.Broadcasts.CreateConfirmation(b.Context(), made.ID)
	require.NoError(b, err)
	return asked.ConfirmationID
}

// trial tracks the event that starts the Journey trial-onboarding, whose first node sends an email.
func (b browser) trial(email string) string {
	b.Helper()
	tracked, err := b.emu.Client().Events.Track(b.Context(), &segmentflow.TrackEventParams{
		Event:   "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: email},
		Data:    map[string]any{"plan": "Pro", "trialId": email},
	})
	require.NoError(b, err)
	return tracked.EventID
}

func (b browser) receipt(email, key string) {
	b.Helper()
	_, err := b.emu.Client().Emails.Send(b.Context(), &segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: email},
	}, segmentflow.WithIdempotencyKey(key))
	require.NoError(b, err)
}

func TestTheOverviewShowsWhatThereIsAndWhatIsNext(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.trial("alex@example.com")
	id := b.confirm(hostile + strings.Repeat("x", 150))
	_, err := b.emu.Client().Templates.Retrieve(t.Context(), b.emu.ID("segment", "gold"))
	require.Error(t, err)

	page := b.page("/dashboard")
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, page, `href="/dashboard/confirmations/`+id+`"`)
	require.Contains(t, page, "/dashboard/requests/req_")
	seen := text(page)
	require.Contains(t, seen, "Acme Outdoor Time 2026-03-02 12:00:00 UTC Time stands still.")
	require.Contains(t, seen, "Broadcast 1 in 15 min", "the recipients and the expiry are in two columns")
	require.Contains(t, seen, "1 email Sent 4 Profiles 3 UserEvents")
	require.Contains(t, seen, "1 run under way 1 open confirmation")
	require.Contains(t, page, `<a href="/dashboard/runs?status=underway"><strong>1</strong>`)
	require.Contains(t, seen, "in 3 days A run goes on at wait: trial-onboarding of alex@example.com, running")
	run := b.emu.Runs("trial-onboarding").All()[0]
	require.Contains(t, page, `href="/dashboard/runs/`+run.RunID+`"`)
	require.Contains(t, seen, "retrieveTemplate 404 not_found")
}

func TestTheOverviewShowsEmailsThatWereSkipped(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	require.NoError(t, b.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{
		{Email: "alex@example.com", Suppressed: "manual"}}}))
	b.receipt("alex@example.com", "order-7")
	send := b.emu.Sends().To("alex@example.com").Only(t)
	page := b.page("/dashboard")
	require.Contains(t, page, `href="/dashboard/mail/`+send.ID+`"`)
	require.Contains(t, text(page), "Skipped the address is blocked now")
	require.Contains(t, page, `href="/dashboard/mail?status=Skipped"`)
}

func TestAnEmptyOverviewTeachesTheFirstCall(t *testing.T) {
	seen := text(open(t).page("/dashboard"))
	for _, text := range []string{"client.Emails.Send", "/api/v1/events", "CreateConfirmation", "Nothing is due later.",
		"No call was refused, and no email was skipped."} {
		require.Contains(t, seen, text)
	}
}

func TestTheRootLeadsToTheDashboard(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	require.Equal(t, b.page("/"), b.page("/dashboard"))
	response, _ := b.do("POST", "/", nil)
	require.Equal(t, 404, response.StatusCode)
	response, _ = b.do("GET", "/nothing", nil)
	require.Equal(t, 404, response.StatusCode)
}

func TestTheTimeBarMovesTheClock(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.trial("alex@example.com")
	for _, c := range []struct{ field, value, want string }{
		{"by", "next", "It is now 2026-03-02 12:00:01 UTC. 1 task ran."},
		{"by", "1h", "It is now 2026-03-02 13:00:01 UTC. 0 tasks ran."},
		{"to", "2026-03-05T12:00", "It is now 2026-03-05 12:00:00 UTC. 1 task ran."},
		{"by", "1d", "It is now 2026-03-06 12:00:00 UTC."},
		{"by", "7d", "It is now 2026-03-13 12:00:00 UTC."},
		{"to", " 2026-03-14 09:30:15 UTC ", "It is now 2026-03-14 09:30:15 UTC."},
		{"to", "2026-03-15T01:00:00+02:00", "It is now 2026-03-14 23:00:00 UTC."},
		{"to", "2026-03-15T00:00:00.5Z", "It is now 2026-03-15 00:00:00 UTC."},
		{"to", "2026-03-16", "It is now 2026-03-16 00:00:00 UTC."},
		{"to", "2026-03-16T00:00", "It is now 2026-03-16 00:00:00 UTC. 0 tasks ran."},
	} {
		_, page := b.post("/dashboard/advance", map[string][]string{c.field: {c.value}})
		require.Contains(t, text(page), c.want, c)
	}
}

func TestTheTimeBarRefusesWhatItCannotDo(t *testing.T) {
	b := open(t)
	for _, c := range []struct{ by, to, want string }{
		{"", "2026-03-02T11:59:59", "2026-03-02 11:59:59 UTC is before now, 2026-03-02 12:00:00 UTC"},
		{"", "12026-03-02T09:00", "ends with the year 9999"},
		{"", "+12026-03-02T09:00", "ends with the year 9999"},
		{"", "tomorrow", "&#34;tomorrow&#34; is not a date and a time"},
		{"", "2026-02-30T09:00", "is not a date and a time"},
		{"", hostile + strings.Repeat("x", 10_000), "is not a date and a time"},
		{"", "", "Say to which time."},
		{"next", "", "Nothing is due later."},
		{"1y", "", "must be 1h, 1d, 7d or next"},
		{"-1h", "", "must be 1h, 1d, 7d or next"},
		{"1h", "2026-03-03T09:00", "not both"},
	} {
		_, page := b.post("/dashboard/advance", map[string][]string{"by": {c.by}, "to": {c.to}})
		require.Contains(t, page, `role="alert"`, c)
		require.Contains(t, page, c.want, c)
		require.Less(t, len(page), 20_000)
		require.Equal(t, noon, b.emu.Now(), c)
	}
	b.emu.AdvanceTo(time.Date(9999, 12, 31, 23, 30, 0, 0, time.UTC))
	_, page := b.post("/dashboard/advance", map[string][]string{"by": {"1h"}})
	require.Contains(t, page, "ends with the year 9999")
}

func TestTheTimeBarReturnsToItsPage(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	for back, want := range map[string]string{
		"/dashboard/find?q=nobody":       "/dashboard/find?q=nobody",
		"":                               "/dashboard",
		"https://evil.test/dashboard":    "/dashboard",
		"//evil.test/dashboard":          "/dashboard",
		"/\\evil.test/dashboard":         "/dashboard",
		"/dashboards":                    "/dashboard",
		"/dashboard/../login":            "/dashboard",
		"/api/v1/emails":                 "/dashboard",
		"javascript:alert(1)":            "/dashboard",
		"/dashboard/%zz":                 "/dashboard",
		"/dashboard/find?q=a%26b&before": "/dashboard/find?q=a%26b&before",
	} {
		form := map[string][]string{"by": {"1h"}, "back": {back}, "csrf": {b.csrf()}}
		response, page := b.do("POST", "/dashboard/advance", form)
		require.Equal(t, want, response.Request.URL.RequestURI(), back)
		require.Contains(t, page, "It is now", back)
	}
	_, page := b.get("/dashboard/find?q=nobody")
	require.Contains(t, page, `name="back" value="/dashboard/find?q=nobody"`)
}

func TestAClockThatRunsSaysSo(t *testing.T) {
	require.Contains(t, text(open(t, emulator.WithLiveClock()).page("/dashboard")), "work runs when it is due")
	running := signedOut(t)
	running.emu = emulator.Start(t)
	running.client.Transport = running.emu.Transport()
	running.page(strings.TrimPrefix(running.emu.LoginURL(), origin))
	require.Contains(t, text(running.page("/dashboard")), "due work runs with the next call")
}

func TestTheOverviewIsShortWhenMuchIsDue(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	for i := range 30 {
		b.trial(fmt.Sprintf("p%d@example.com", i))
	}
	require.Equal(t, 20, strings.Count(b.page("/dashboard"), "A run goes on")+
		strings.Count(b.page("/dashboard"), "An email is delivered"))
}
